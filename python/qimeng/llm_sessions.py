# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads what tuning sessions with a language model leave, and says what became of every answer.

A session's folder holds transcript.jsonl (questions and answers, as --llm-record writes
them), trials.jsonl and model.json (as qimeng-tune leaves them in its output folder).

An answer of a coder comes as far as one of STAGES:

  unreadable  no code in it, or code that is not valid IR
  parsed      read, and refused before anything was tried: not legal, not what was asked
              for, other operands, beyond a limit
  applied     carried out and tried, and refused by a check, or did not compile
  verified    passed every check
  accepted    and the search kept it

or it is "untried": nothing speaks against it, and there is no trial of its own.
"""

import json
import re

# Authors who are not the same without their version.
VERSIONED = ("model", "built-in")

STAGES = ("unreadable", "parsed", "applied", "verified", "accepted")

# How the reasons begin where the answer was not read.
UNREADABLE = re.compile(
    r"(?:^|: )the answer (?:holds neither|holds no|ends inside|has \d+|is longer|is empty)|do not parse|"
    r"(?:^|[:;] )line \d+(?:, column \d+)?: (?!'[\w.]+' is not of )|"
    r"(?:^|: )it was cut off")


class Fault(Exception):
    """What is wrong with a file, for the person who gave it."""


def read_lines(path):
    """The JSON objects of a .jsonl file, each with its line's number."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise Fault(f"{path}: cannot be read: {error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise Fault(f"{path}:{number}: not JSON: {error}") from None
        if not isinstance(value, dict):
            raise Fault(f"{path}:{number}: expected a JSON object")
        yield number, value


class Answer:
    """One line of a transcript. `position` counts answers from 1; `refusal` is why the answer before it,
    to the same question, was refused. For a coder, `stage` and `why` say what became of it."""

    def __init__(self, where, position, line):
        self.position = position
        self.purpose = line.get("purpose", "")
        self.subject = line.get("subject") or {}
        self.refusal = line.get("refusal", "")
        self.scores = "scores" in line
        reply = line.get("reply", {})
        if "author" not in (line["scores"] if self.scores else reply) or not self.scores and "text" not in reply:
            raise Fault(f"{where}: an answer lacks its text or its author")
        self.text = reply.get("text", "")
        author = line["scores"]["author"] if self.scores else reply["author"]
        self.author = (author.get("kind", ""), author.get("name", ""), author.get("version", ""))
        if self.author[0] in VERSIONED and not self.author[2]:
            raise Fault(f"{where}: an author of kind {self.author[0]!r} lacks its \"version\"; where nobody knows it, that is "
                        "\"not reported\"")
        self.date = author.get("date", "")
        self.prompt_tokens = reply.get("prompt_tokens", 0)
        self.answer_tokens = reply.get("answer_tokens", 0)
        self.dollars = reply.get("dollars", 0.0)
        self.stage, self.why, self.gain = "", "", None
        if self.purpose == "coder" and not {"action", "program", "refused"} <= set(self.subject):
            raise Fault(f"{where}: a coder's question lacks its subject (action, program, refused); record the session "
                        "anew")

    @property
    def step(self):
        return self.subject.get("action", "")

    @property
    def action(self):
        return self.step.split(" ", 1)[0]

    @property
    def sample(self):
        return int(self.subject.get("sample", "0"))

    @property
    def refused(self):
        """How many answers to the same question were refused before."""
        return int(self.subject.get("refused", "0"))


def read_transcript(path):
    return [Answer(f"{path}:{number}", position, line) for position, (number, line) in enumerate(read_lines(path), 1)]


def read_trials(path):
    trials = []
    for number, trial in read_lines(path):
        for name in ("action", "coder", "attempt", "status", "phase", "accepted", "diagnostics", "recipe"):
            if name not in trial:
                raise Fault(f"{path}:{number}: the trial lacks \"{name}\"; it is of an older version, tune again")
        trials.append(trial)
    return trials


def steps_of(trial):
    """The steps of a trial's move, without its reason."""
    return re.sub(r" \([^()]*(?:\([^()]*\)[^()]*)*\)$", "", trial["action"]).split("; ")


def actions_of(trial):
    """The macro actions of a trial's move, each once; none for the first kernel."""
    found = []
    for step in steps_of(trial):
        word = re.match(r"([a-z_]+) @", step)
        if word and word[1] not in found:
            found.append(word[1])
    return found


def time_of(trial):
    """Microseconds, measured where there was a device; None unless verified."""
    if trial["status"] != "verified":
        return None
    return trial.get("measured_us", trial.get("predicted_us"))


def gain_of(trial, trials):
    """How many times as fast as the trial that it goes on from; None where one of them has no time."""
    parent = next((other for other in trials if other.get("id") == trial.get("parent")), None)
    before, after = parent and time_of(parent), time_of(trial)
    return before / after if before and after else None


def best_time(trials):
    return min((time for time in map(time_of, trials) if time), default=None)


def plain(text):
    """For comparing reasons, which prompts quote on one line and cut."""
    return re.sub(r"[\s?]+", " ", text).strip().removesuffix("...").strip()


def is_same_reason(diagnostics, refusal):
    whole, part = plain(diagnostics), plain(refusal)
    size = min(len(whole), len(part), 120)
    return size > 0 and whole[:size] == part[:size]


def stage_of_refusal(why):
    return "unreadable" if UNREADABLE.search(why) else "parsed"


def chains_of(answers):
    """A coder's answers to one question and to its repetitions with what was wrong, in order; several samples of one
    request are one link."""
    chains, open_chains = [], {}
    for answer in answers:
        if answer.purpose != "coder":
            continue
        key = (answer.step, answer.subject["program"])
        chain = open_chains.get(key)
        if chain and answer.refused == chain[-1][-1].refused and answer.sample not in [one.sample for one in chain[-1]]:
            chain[-1].append(answer)
        elif chain and answer.refused > chain[-1][-1].refused:
            chain.append([answer])
        else:
            open_chains[key] = [[answer]]
            chains.append(open_chains[key])
    return chains


def judge(answers, trials, useless):
    """Sets `stage` and `why` of every coder's answer. `useless`: of model.json. Gives the chains."""
    after = {entry["after"]: entry["why"] for entry in useless if entry.get("who") == "coder"}
    # Trials that hold a model's answer to a step, in order; each holds one link of a chain.
    left = {}
    for trial in trials:
        if "llm" in trial["coder"].split(", "):
            for step in steps_of(trial):
                left.setdefault(step, []).append(trial)
    chains = chains_of(answers)
    for chain in chains:
        for link, following in zip(chain, chain[1:] + [None]):
            waiting = left.get(link[0].step, [])
            why = following[0].refusal if following else after.get(link[-1].position, "")
            gain = None
            trial = waiting[0] if waiting else None
            tried = trial and trial["status"] != "verified" and is_same_reason(trial["diagnostics"], why)
            if why and not tried:
                stage = stage_of_refusal(why)
                if not following and trial and trial["status"] == "refused" and trial["phase"] == "code":
                    waiting.pop(0)  # with nobody to fall back on
            elif not trial:
                stage, why = "untried", "another answer led to the same recipe, or the session ended"
            else:
                waiting.pop(0)
                why = "" if trial["status"] == "verified" else trial["diagnostics"]
                gain = gain_of(trial, trials)
                if trial["status"] == "verified":
                    stage = "accepted" if trial["accepted"] else "verified"
                else:
                    # Not applied: found out when the search applied it.
                    applied = trial["phase"] != "code"
                    stage = "applied" if applied else stage_of_refusal(why)
            for answer in link:
                answer.stage, answer.why, answer.gain = stage, why, gain
    return chains


class Session:
    """All of a folder. `facts` is its session.json."""

    def __init__(self, name, folder, facts, transcript):
        self.name, self.facts = name, facts
        self.answers = read_transcript(transcript) if transcript else []
        self.trials = read_trials(folder / "trials.jsonl")
        self.model = {}
        log = folder / "model.json"
        if log.exists():
            try:
                self.model = json.loads(log.read_text(encoding="utf-8"))
            except ValueError as error:
                raise Fault(f"{log}: not JSON: {error}") from None
        self.useless = self.model.get("useless", [])
        self.chains = judge(self.answers, self.trials, self.useless)

    @property
    def authors(self):
        return sorted({answer.author for answer in self.answers})

    @property
    def useless_rankings(self):
        """Positions of a planner's answers that named nothing on the list."""
        return {entry["after"] for entry in self.useless if entry.get("who") == "planner"}
