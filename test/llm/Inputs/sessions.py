#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recorded sessions: folders of test/llm/sessions with a session.json.

  sessions.py replay FOLDER OUTPUT     runs the session from its transcript, and compares all that
                                       is known of its end: outcome.txt and recipe.mlir
  sessions.py record FOLDERS...        asks again, and writes those files; without FOLDERS, all
                                       that have answers.md. Recorded again, an answer of a
                                       program keeps its date where its text is the same
  sessions.py play FOLDER HAND_OVER KIND NAME VERSION
                                       records a session that a person or a model answers, by the
                                       files of the folder HAND_OVER (see chat_endpoint.py)
  sessions.py outcome FOLDERS...       replays, and writes outcome.txt and recipe.mlir only
  sessions.py coverage FOLDER          whether the sessions there cover what they must

session.json has "about" (what the session shows), "program" (a file, relative to the folder) and
"options" (of qimeng-tune). answers.md has the answers of the script: each stands under a heading
`## planner`, `## scores` (log-probabilities of labels, as JSON) or `## coder STEP`, and is given
once to such a question, in order. What it has no answer to is answered by the built-in planner and coder (qimeng-play-model). Every line
of transcript.jsonl says who answered.
"""

import collections
import difflib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "python"))
from qimeng import chat_endpoint, llm_sessions  # noqa: E402


def environment_for(home):
    """Nothing of the user's: settings, keys, caches."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("QIMENG_LLM_") and not name.endswith("_API_KEY")}
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        kept.pop(name, None)
    return {**kept, "HOME": str(home), "NO_COLOR": "1"}


def tune(folder, output, options, environment):
    facts = json.loads((folder / "session.json").read_text())
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    program = (folder / facts["program"]).resolve()
    command = ["qimeng-tune", str(program), "--device=none", f"--store={output}/trials.db", "-o", str(output / "out"),
               "--quiet", *facts["options"], *options]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr}{done.stdout}")
    return llm_sessions.Session(folder.name, output / "out", facts, None)


# === What a session came to ===============================================


def shorten(text, size=200):
    # Numbers that were computed depend on the machine in their last digits.
    line = re.sub(r"-?\d+\.\d+(e[-+]?\d+)?", "N", " ".join(text.split()))
    return line if len(line) <= size else line[: size - 2] + ".."


def outcome_of(session, output):
    """All that is to stay the same, but for times, which the cost model may come to see otherwise."""
    report = (output / "out" / "report.html").read_text()
    ended = re.search(r"<dt>Ended by</dt><dd>([^<]*)", report)
    lines = []
    for answer in session.answers:
        about = "" if answer.purpose == "planner" else f" {answer.step}"
        line = f"answer {answer.position} by {answer.author[0]} to {answer.purpose}{about}"
        if answer.purpose == "coder":
            line += f": {answer.stage}" + (f": {shorten(answer.why)}" if answer.why else "")
        elif answer.position in session.useless_rankings:
            line += ": useless"
        lines.append(line)
    for trial in session.trials:
        state = "accepted" if trial["accepted"] else trial["status"]
        line = f"trial {trial['step']} {state}, coder {trial['coder']}, attempt {trial['attempt']}: {shorten(trial['action'], 100)}"
        if trial["status"] != "verified":
            line += f": {trial['phase']}: {shorten(trial['diagnostics'])}"
        lines.append(line)
    log = session.model
    lines.append(f"ended by {ended[1] if ended else 'what?'}; {log['reused']} answers reused, {log['requests']} questions asked, "
                 f"{log['unrecorded']} unrecorded")
    return "\n".join(lines) + "\n"


def replayed(folder, output):
    """(session, outcome) of a replay; the faults that no session may have end the program."""
    transcript = folder / "transcript.jsonl"
    (output.parent).mkdir(parents=True, exist_ok=True)
    session = tune(folder, output, [f"--llm-replay={transcript}"], environment_for(output / "home"))
    session = llm_sessions.Session(folder.name, output / "out", session.facts, transcript)
    if session.model["unrecorded"]:
        sys.exit(f"{folder.name}: {session.model['unrecorded']} questions are not in the transcript: "
                 f"{session.useless}; record it again (sessions.py record {folder})")
    replies = sum(not answer.scores for answer in session.answers)
    if session.model["reused"] != replies:
        sys.exit(f"{folder.name}: {session.model['reused']} of the {replies} recorded answers were asked for")
    if session.model["requests"]:
        sys.exit(f"{folder.name}: somebody was asked")
    for trial in session.trials:
        if trial["accepted"] and trial["status"] != "verified":
            sys.exit(f"{folder.name}: trial {trial['step']} is accepted, and {trial['status']}")
    return session, outcome_of(session, output)


def replay(folder, output):
    _, outcome = replayed(folder, output)
    for name, found in (("outcome.txt", outcome), ("recipe.mlir", (output / "out/recipe.mlir").read_text())):
        expected = (folder / name).read_text()
        if found != expected:
            sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), found.splitlines(True),
                                                       str(folder / name), "replayed"))
            sys.exit(f"{folder.name}: {name} differs")


TEST = """RUN: rm -rf %t
RUN: python3 %S/../../Inputs/sessions.py replay %S %t
"""


def write_outcome(folder):
    (folder / "replay.test").write_text(TEST)
    with tempfile.TemporaryDirectory() as place:
        output = pathlib.Path(place) / "run"
        _, outcome = replayed(folder, output)
        (folder / "outcome.txt").write_text(outcome)
        shutil.copy(output / "out/recipe.mlir", folder / "recipe.mlir")
    print(f"=== {folder.name}\n{outcome}", end="", flush=True)


# === Recording ============================================================


class Player:
    """The built-in planner and coder in a model's place."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.process = subprocess.Popen(["qimeng-play-model", str(folder)])
        self.author = json.loads(self.await_text(self.folder / "author.json"))
        self.count = 0

    def await_text(self, path):
        while not path.exists() or not path.read_text():
            if self.process.poll() is not None:
                raise SystemExit("qimeng-play-model ended")
            threading.Event().wait(0.01)
        return path.read_text()

    def answer(self, body):
        self.count += 1
        stem = self.folder / f"{self.count:04d}"
        chat_endpoint.write_aside(f"{stem}.request.json", json.dumps(body))
        return self.await_text(pathlib.Path(f"{stem}.answer.md"))

    def stop(self):
        (self.folder / "stop").touch()
        self.process.wait()


class Answers:
    """Of answers.md; else the player's."""

    def __init__(self, path, player):
        self.player = player
        self.sections = collections.defaultdict(list)
        for part in re.split(r"^## ", path.read_text(), flags=re.M)[1:]:
            heading, _, text = part.partition("\n")
            self.sections[heading.strip()].append(text.strip("\n") + "\n")

    def answer(self, request):
        user = request.body["messages"][-1]["content"]
        step = re.search(r"^## Action\n\n`+\n(.*)\n`+$", user, re.M)
        heading = f"coder {step[1]}" if step else "scores" if request.body.get("logprobs") else "planner"
        if heading == "scores":
            scores = json.loads(self.sections[heading].pop(0)) if self.sections.get(heading) else {}
            if not scores:
                return {"text": "?"}
            return {"logprobs": scores, "author": {"kind": "script", "name": "answers.md"}}
        if self.sections.get(heading):
            return {"text": self.sections[heading].pop(0), "author": {"kind": "script", "name": "answers.md"}}
        return {"text": self.player.answer(request.body), "author": self.player.author}

    def unused(self):
        return [f"{heading}: {text}" for heading, texts in self.sections.items() for text in texts]


def keep(transcript, recorded):
    """Writes the recorded lines without what was sent, whose hash stays. What a program answers again keeps its date."""
    dates = {}
    if transcript.exists():
        for _, line in llm_sessions.read_lines(transcript):
            if "reply" in line:
                dates[line["hash"], line["reply"]["text"]] = line["reply"]["author"]["date"]
    with open(transcript, "w", encoding="utf-8") as file:
        for _, line in llm_sessions.read_lines(recorded):
            del line["request"]
            if "reply" in line and line["reply"]["author"]["kind"] in ("built-in", "script"):
                author = line["reply"]["author"]
                author["date"] = dates.get((line["hash"], line["reply"]["text"]), author["date"])
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def record(folder):
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        (place / "player").mkdir()
        player = Player(place / "player")
        answers = Answers(folder / "answers.md", player)
        server = chat_endpoint.Server(0, answers, None)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {**environment_for(place / "home"), "QIMENG_LLM_MODEL": "recorded", "QIMENG_LLM_CACHE": "none",
                       "QIMENG_LLM_BASE_URL": f"http://127.0.0.1:{server.server_address[1]}/v1"}
        try:
            tune(folder, place / "run", [f"--llm-record={place}/talk.jsonl"], environment)
        finally:
            player.stop()
            server.shutdown()
        if answers.unused():
            print(f"{folder.name}: nobody asked for these answers: {answers.unused()}", file=sys.stderr)
        keep(folder / "transcript.jsonl", place / "talk.jsonl")
    write_outcome(folder)


def play(folder, hand_over, kind, name, version):
    hand_over.mkdir(parents=True, exist_ok=True)
    author = {"kind": kind, "name": name, "version": version}
    (hand_over / "author.json").write_text(json.dumps(author))
    server = subprocess.Popen([sys.executable, str(ROOT / "python/qimeng/chat_endpoint.py"), "--hand-over", str(hand_over),
                               "--until-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    environment = {**environment_for(hand_over / "home"), "QIMENG_LLM_MODEL": "hand-over",
                   "QIMENG_LLM_CACHE": str(hand_over / "cache"), "QIMENG_LLM_IDLE_SECONDS": "86400",
                   "QIMENG_LLM_TOTAL_SECONDS": "86400", "QIMENG_LLM_BASE_URL": server.stdout.readline().strip()}
    try:
        tune(folder, hand_over / "run", [f"--llm-record={hand_over}/talk.jsonl"], environment)
    finally:
        server.stdin.close()
        server.wait()
    keep(folder / "transcript.jsonl", hand_over / "talk.jsonl")
    write_outcome(folder)


# === All of them ==========================================================


def folders_in(root):
    return sorted(path.parent for path in root.glob("*/session.json"))


# Every way in which an answer can be wrong, and how the refusal speaks of it.
WRONG = {
    "prose only": r"unreadable: the answer holds neither",
    "code in another language": r"its blocks are in: python",
    "several answers in one": r"blocks that could be meant",
    "cut off": r"ends inside a fenced block",
    "steps that do not parse": r"transform ops do not parse: line",
    "an action that does not exist": r"'transform.qimeng.\w+' is unknown",
    "a kernel that does not parse": r"unreadable: rewrite .*line \d+, column \d+: expected",
    "a kernel that breaks a verifier's rule": r"is both read and written",
    "another signature": r"the operands must stay",
    "another kernel's name": r"the text must be of @",
    "more than one kernel": r"must be one qimeng.kernel and nothing else",
    "an operation that is not allowed": r"is not of affine, arith",
    "another kernel than was asked about": r"other kernels must stay as they are",
    "a loop that does not end": r"iterations in one program",
    "a read out of bounds": r"check 3 \(bounds\): reads elements",
    "an element that is not written": r"check 3 \(writes\): .* never written",
    "an element that is written twice": r"check 3 \(writes\): .* written twice",
    "a channel that fills up": r"check 3 \(channels\): waits forever: put",
    "a channel that stays empty": r"check 3 \(channels\): waits forever: take",
    "a tile that is used after its release": r"check 3 \(channels\): uses slot",
    "wrong numbers": r"output 0 differs",
    "too many registers": r"registers a thread for its tiles",
    "too much shared memory": r"bytes of shared memory",
    "an instruction that the target lacks": r"sm_80 has no",
    "an illegal parameter": r"must hold powers of two",
    "an illegal action": r"cannot overlap",
    "something else than was asked for": r"what was asked for .* does not hold",
    "a label that is not on the list": r"to planner: useless",
}


def coverage(root):
    """Whether there are enough sessions, of every kind; all that is missing is said."""
    missing = []

    def need(holds, what):
        if not holds:
            missing.append(what)

    folders = folders_in(root)
    outcomes = "".join((folder / "outcome.txt").read_text() for folder in folders)
    recipes = "".join((folder / "recipe.mlir").read_text() for folder in folders)
    programs = {json.loads((folder / "session.json").read_text())["program"] for folder in folders}
    need(len(folders) >= 30, f"30 sessions; there are {len(folders)}")
    need(len(programs) >= 10, f"10 programs; there are {len(programs)}")
    reference = (ROOT / "docs/reference/actions.md").read_text()
    actions = re.findall(r"^### `transform\.qimeng\.(\w+)`", reference, re.M)
    need(len(actions) >= 12, "actions in docs/reference/actions.md")
    for action in actions:
        answered = re.search(rf"to coder {action} @.*: (verified|accepted)$", outcomes, re.M)
        need(answered or f"transform.qimeng.{action} @" in recipes, f"a session where {action} is verified")
        need(re.search(rf"answer \d+ by .* to coder {action} @", outcomes), f"a session where the coder is asked for {action}")
    for name, pattern in WRONG.items():
        need(re.search(pattern, outcomes), f"an answer that is wrong: {name}")
    need(re.search(r"coder built-in, attempt \d+: (?!small tiles)", outcomes), "a session that falls back on the built-in coder")
    kinds = collections.Counter()
    for folder in folders:
        answers = llm_sessions.read_transcript(folder / "transcript.jsonl")
        found = {answer.author[0] for answer in answers}
        kinds.update(found)
        for answer in answers:
            need(all(answer.author[:2]) and re.fullmatch(r"\d{4}-\d\d-\d\d", answer.date), f"an author in {folder.name}")
        need(found <= {"script", "built-in"} or not (folder / "answers.md").exists(),
             f"{folder.name}: answers of a script or of the built-in pair alone, as answers.md is there")
        need((folder / "transcript.jsonl").stat().st_size < 100_000, f"a smaller transcript in {folder.name}")
        need((folder / "replay.test").exists(), f"a test in {folder.name}")
    for kind, least in (("model", 8), ("built-in", 8), ("script", 8)):
        need(kinds[kind] >= least, f"{least} sessions with answers of a {kind}; there are {kinds[kind]}")
    if missing:
        sys.exit("missing:\n  " + "\n  ".join(missing))
    print(f"{len(folders)} sessions, {len(programs)} programs, {len(actions)} actions, {len(WRONG)} ways to be wrong")


def main():
    command, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    paths = [pathlib.Path(argument).resolve() for argument in arguments]
    if command == "replay" and len(paths) == 2:
        replay(*paths)
    elif command == "record":
        for folder in paths or [folder for folder in folders_in(HERE.parent / "sessions") if (folder / "answers.md").exists()]:
            record(folder)
    elif command == "play" and len(arguments) == 5:
        play(paths[0], paths[1], *arguments[2:])
    elif command == "outcome":
        for folder in paths:
            write_outcome(folder)
    elif command == "coverage" and len(paths) == 1:
        coverage(paths[0])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main()
    except llm_sessions.Fault as fault:
        sys.exit(str(fault))
