#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Language models as planner and coder, against the built-in pair: what their answers are worth.

    python3 -m qimeng.bench_llm PROGRAMS... --profile NAME [--profile NAME] --output DIR
    python3 -m qimeng.bench_llm --replay SESSIONS... --output DIR

Each program (a tensor program, as for qimeng-tune) is tuned once by the built-in pair and once by
each profile of the model settings (docs/how-to/language-models.md), with the same budget, seed,
architecture and device, in one run. What was asked and answered is recorded. A run that was broken
off goes on where it was: neither trials nor questions are repeated.

With --replay the sessions (folders with a session.json, such as a run leaves in DIR/sessions, or
test/llm/sessions) are run from their transcripts; nobody is asked, and the built-in pair is tuned
beside them.

DIR gets language-models.md, .json and .html: for each model, and for each of its actions, how many
answers were read, applied, verified and accepted, at first try and after repair; questions asked
again, and those that the built-in pair answered instead; tokens and money; and how fast the kernels
are against the built-in pair's.
"""

import argparse
import collections
import datetime
import html
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qimeng.llm_sessions import STAGES, Fault, Session, actions_of, best_time, gain_of, steps_of  # noqa: E402

# The search that the built-in planner makes, where a model's ranks its moves.
COUNTERPART = {"llm": "rules", "llm-beam": "beam", "llm-evolutionary": "evolutionary"}


# === Running ==============================================================


def run_tune(tool, program, output, options, environment=None):
    command = [tool, str(program), f"--store={output}/trials.db", "-o", str(output), "--quiet", *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    except OSError as error:
        raise Fault(f"{tool}: cannot be run: {error.strerror}; build it, or name it with --tool") from None
    if done.returncode:
        raise Fault(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")


def forget(folder, names):
    """Leaves of a session's output what is read again."""
    for entry in folder.iterdir():
        if entry.name in names:
            continue
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


KEPT = ("session.json", "transcript.jsonl", "trials.jsonl", "model.json", "recipe.mlir", "report.html")


def start(folder, facts):
    """Makes the folder of a session; one that is there must be of the same session."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "session.json"
    if path.exists() and read_facts(folder)[1] != facts:
        raise Fault(f"{folder} holds another session; name another --output, or remove it")
    path.write_text(json.dumps(facts, indent=1) + "\n")


def live(arguments):
    """Runs the sessions, and gives those of models with the built-in pair's beside them."""
    common = [f"--budget={arguments.budget}", f"--seed={arguments.seed}", f"--device={arguments.device}"]
    if arguments.arch:
        common.append(f"--arch={arguments.arch}")
    pairs = []
    for program in arguments.programs:
        base = arguments.output / "sessions" / f"{program.stem}@built-in"
        options = [*common, f"--planner={COUNTERPART[arguments.planner]}"]
        facts = {"program": os.path.relpath(program, base), "options": options}
        start(base, facts)
        if not (base / "trials.jsonl").exists():
            print(f"{program.stem}: built-in", flush=True)
            run_tune(arguments.tool, program, base, options)
            forget(base, KEPT)
        builtin = Session(base.name, base, facts, None)
        for profile in arguments.profile:
            folder = arguments.output / "sessions" / f"{program.stem}@{profile or 'environment'}"
            options = [*common, f"--planner={arguments.planner}", "--coder=llm", f"--llm-samples={arguments.samples}"]
            facts = {"program": os.path.relpath(program, folder), "options": options, "profile": profile}
            transcript = folder / "transcript.jsonl"
            start(folder, facts)
            if not (folder / "trials.jsonl").exists():
                print(f"{program.stem}: {profile or 'the model of the environment'}", flush=True)
                named = [f"--llm-profile={profile}"] if profile else []
                run_tune(arguments.tool, program, folder, [*options, *named, f"--llm-record={transcript}"])
                forget(folder, KEPT)
            if not transcript.exists():
                raise Fault(f"{folder}: the model answered nothing; {folder}/report.html says why")
            pairs.append((Session(folder.name, folder, facts, transcript), builtin))
    return pairs


def read_facts(path):
    folder = path if path.is_dir() else path.parent
    file = folder / "session.json"
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Fault(f"{file}: cannot be read: {error}; --replay takes folders of sessions, which have one") from None
    for name, kind in (("program", str), ("options", list)):
        if not isinstance(facts, dict) or not isinstance(facts.get(name), kind):
            raise Fault(f"{file}: \"{name}\" is missing")
    return folder, facts


def replay(arguments):
    """Runs recorded sessions anew in a folder that goes away."""
    pairs, known = [], {}
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("QIMENG_LLM_") and not name.endswith("_API_KEY")}
        environment["XDG_CONFIG_HOME"] = str(place / "settings")
        for number, path in enumerate(arguments.replay):
            folder, facts = read_facts(path)
            program, transcript = (folder / facts["program"]).resolve(), folder / "transcript.jsonl"
            if not transcript.exists():
                if str(folder).endswith("@built-in"):
                    continue
                raise Fault(f"{transcript}: there is no such file")
            options = list(facts["options"])
            if not any(option.startswith("--device=") for option in options):
                options.append("--device=none")
            output = place / str(number)
            print(folder.name, flush=True)
            run_tune(arguments.tool, program, output, [*options, f"--llm-replay={transcript}"], environment)
            session = Session(folder.name, output, facts, transcript)
            if session.model.get("unrecorded"):
                raise Fault(f"{transcript}: holds no answer to {session.model['unrecorded']} of the session's questions; "
                            "record it again")
            builtin = []
            for option in options:
                name, _, value = option.partition("=")
                if name == "--planner":
                    builtin.append(f"--planner={COUNTERPART.get(value, value)}")
                elif not name.startswith(("--llm-", "--coder", "--prompts")):
                    builtin.append(option)
            key = (str(program), *builtin)
            if key not in known:
                other = place / f"{number}-built-in"
                run_tune(arguments.tool, program, other, builtin, environment)
                known[key] = Session(folder.name, other, facts, None)
            pairs.append((session, known[key]))
    return pairs


# === Counting =============================================================


def rate(part, whole):
    return round(part / whole, 4) if whole else None


def mean(ratios):
    """The geometric one, of those that are known."""
    known = [ratio for ratio in ratios if ratio]
    return round(math.exp(sum(map(math.log, known)) / len(known)), 3) if known else None


def costs(answers):
    return {"tokens in": sum(answer.prompt_tokens for answer in answers),
            "tokens out": sum(answer.answer_tokens for answer in answers),
            "dollars": round(sum(answer.dollars for answer in answers), 4)}


def count_chains(chains):
    """Of questions to a coder, each with its repetitions."""
    total = len(chains)
    tried = [[link[0] for link in chain] for chain in chains]

    def reached(answers, stage):
        return any(answer.stage in STAGES and STAGES.index(answer.stage) >= STAGES.index(stage) for answer in answers)

    row = {"questions": total, "asked again": sum(len(answers) - 1 for answers in tried),
           "untried": sum(answers[-1].stage == "untried" for answers in tried),
           "given up": sum(not reached(answers, "verified") and answers[-1].stage != "untried" for answers in tried)}
    for stage in STAGES[1:]:
        row[f"{stage} at first"] = rate(sum(reached(answers[:1], stage) for answers in tried), total - row["untried"])
        row[f"{stage} in the end"] = rate(sum(reached(answers, stage) for answers in tried), total - row["untried"])
    return row


def author_name(author):
    """Without the version, which has a column of its own."""
    return author[1] if author[0] == "model" else f"{author[1]} ({author[0]})"


def author_text(author):
    return author_name(author) + (f", version {author[2]}" if author[2] else "")


def model_rows(pairs):
    """One for each author, over all sessions."""
    answers, chains, useless = collections.defaultdict(list), collections.defaultdict(list), collections.Counter()
    sessions = collections.defaultdict(set)
    for session, _ in pairs:
        for answer in session.answers:
            answers[answer.author].append(answer)
            sessions[answer.author].add(id(session))
            useless[answer.author] += answer.position in session.useless_rankings
        for chain in session.chains:
            # Who answers is the same for a whole question, but in sessions where a script hands over.
            for author in {link[0].author for link in chain}:
                chains[author].append([link for link in chain if link[0].author == author])
    rows = []
    for author in sorted(answers, key=lambda author: (author[0] != "model", author)):
        mine = answers[author]
        rankings = [answer for answer in mine if answer.purpose == "planner"]
        row = {"model": author_name(author), "version": author[2], "kind": author[0], "sessions": len(sessions[author]),
               "from": min(answer.date for answer in mine), "to": max(answer.date for answer in mine),
               "answers": len(mine), "rankings": len(rankings),
               "rankings of use": rate(len(rankings) - useless[author], len(rankings)),
               **count_chains(chains[author]), **costs(mine)}
        alone = [(session, builtin) for session, builtin in pairs if session.authors == [author]]
        ratios = [ratio for ratio in (speed_against(*pair) for pair in alone) if ratio]
        row["sessions alone"] = len(ratios)
        row["speed"] = mean(ratios)
        rows.append(row)
    return rows


def speed_against(session, builtin):
    """How many times as fast as the built-in pair's best."""
    mine, theirs = best_time(session.trials), best_time(builtin.trials)
    return theirs / mine if mine and theirs else None


def action_rows(pairs):
    """One for each author and action."""
    chains = collections.defaultdict(list)
    for session, _ in pairs:
        for chain in session.chains:
            for author in {link[0].author for link in chain}:
                chains[author, chain[0][0].action].append([link for link in chain if link[0].author == author])
    order = sorted(chains, key=lambda key: (key[0][0] != "model", key))
    rows = []
    for author, action in order:
        mine = chains[author, action]
        answers = [answer for chain in mine for link in chain for answer in link]
        rows.append({"model": author_name(author), "version": author[2], "action": action, **count_chains(mine), **costs(answers),
                     "gain": mean(chain[-1][0].gain for chain in mine)})
    return rows


def move_rows(pairs):
    """What became of moves, by their first action: of the models' planners, and of the built-in one."""
    counts, gains = collections.defaultdict(collections.Counter), collections.defaultdict(list)
    seen = set()
    for session, builtin in pairs:
        who = ", ".join(sorted({author_text(answer.author) for answer in session.answers if answer.purpose == "planner"}))
        sides = [(who, session)]
        if id(builtin) not in seen:
            seen.add(id(builtin))
            sides.append(("built-in pair, beside", builtin))
        for name, side in sides:
            for trial in side.trials:
                for action in actions_of(trial)[:1]:
                    count = counts[name, action]
                    count["trials"] += 1
                    count["verified"] += trial["status"] == "verified"
                    count["accepted"] += bool(trial["accepted"])
                    gains[name, action].append(gain_of(trial, side.trials))
    return [{"planner": name, "action": action, "trials": count["trials"], "verified": rate(count["verified"], count["trials"]),
             "accepted": rate(count["accepted"], count["trials"]), "gain": mean(gains[name, action])}
            for (name, action), count in sorted(counts.items())]


def session_rows(pairs):
    rows = []
    for session, builtin in pairs:
        mine, theirs = best_time(session.trials), best_time(builtin.trials)
        measured = any("measured_us" in trial for trial in session.trials)
        # Steps that a model was asked for and the built-in coder carried out.
        asked = {chain[0][0].step for chain in session.chains}
        fell = sum("built-in" in trial["coder"] and not asked.isdisjoint(steps_of(trial)) for trial in session.trials)
        rows.append({"session": session.name, "program": pathlib.PurePath(session.facts["program"]).stem,
                     "answered by": ", ".join(map(author_text, session.authors)),
                     "trials": len(session.trials), "answers": len(session.answers), "reworded": session.model.get("reworded", 0),
                     "useless": len(session.useless), "fallbacks": fell,
                     "tokens": sum(answer.prompt_tokens + answer.answer_tokens for answer in session.answers),
                     "best us": mine and round(mine, 2), "built-in us": theirs and round(theirs, 2),
                     "speed": mine and theirs and round(theirs / mine, 3), "times": "measured" if measured else "predicted"})
    return rows


# === Showing ==============================================================

MODEL_COLUMNS = ["model", "version", "sessions", "from", "to", "answers", "rankings", "rankings of use", "questions", "asked again",
                 "parsed at first", "verified at first", "accepted at first", "verified in the end", "accepted in the end",
                 "given up", "tokens in", "tokens out", "dollars", "sessions alone", "speed"]
ACTION_COLUMNS = ["model", "version", "action", "questions", "asked again", "untried", "given up", "parsed at first", "applied at first",
                  "verified at first", "accepted at first", "parsed in the end", "applied in the end", "verified in the end",
                  "accepted in the end", "tokens in", "tokens out", "dollars", "gain"]
TABLES = [
    ("models", "Models", MODEL_COLUMNS,
     "A question to a coder is a step to carry out; a wrong answer goes back with what was wrong, and the question is "
     "asked again, up to three times. Rates are of questions, those apart that were never tried because another answer "
     "led to the same recipe. `given up`: the built-in coder, or the next move, took over. `speed`: the built-in pair's "
     "best time over the session's, as the geometric mean of the sessions that this author answered alone."),
    ("actions", "Actions", ACTION_COLUMNS, "What came of the coder's answers, by the action that was asked for. `gain`: the time before over the time after, as the "
     "geometric mean of the moves that passed every check, whether they were kept or not."),
    ("moves", "Moves", ["planner", "action", "trials", "verified", "accepted", "gain"],
     "What came of the planner's choices, by the first action of each move."),
    ("sessions", "Sessions", ["session", "program", "answered by", "trials", "answers", "reworded", "useless", "fallbacks", "tokens",
                              "best us", "built-in us", "speed", "times"],
     "`reworded`: answers that were given to an earlier wording of the question. `useless`: answers that named nothing on the list, or that came to nothing after all repairs. `fallbacks`: trials "
     "that the built-in coder made where the model had been asked."),
]


def show(column, value):
    if value is None:
        return ""
    if isinstance(value, float):
        digits = {"best us": 2, "built-in us": 2, "speed": 3, "gain": 3, "dollars": 4}.get(column)
        return f"{100 * value:.0f} %" if digits is None else f"{value:.{digits}f}"
    return str(value)


def markdown(facts, tables):
    lines = ["# Language models as planner and coder", "", facts["about"], "",
             ", ".join(f"{name} {value}" for name, value in facts.items() if name != "about"), ""]
    for name, title, columns, about in TABLES:
        text = [columns] + [[show(column, row.get(column)) for column in columns] for row in tables[name]]
        widths = [max(len(line[i]) for line in text) for i in range(len(columns))]
        lines += [f"## {title}", "", about, ""]
        for number, line in enumerate(text):
            lines.append("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")
            if number == 0:
                lines.append("|" + "|".join("-" * (width + 2) for width in widths) + "|")
        lines.append("")
    return "\n".join(lines)


STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #fff; --line: #d4d4d4; --bar: #b8d3f2; --dim: #666 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #161616; --line: #3a3a3a; --bar: #27496d; --dim: #9a9a9a } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2em auto; max-width: 82em; padding: 0 1em }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px }
th, td { text-align: left; padding: .25em .7em; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap }
td.n { text-align: right } td.r { text-align: right; background: linear-gradient(to right, var(--bar) var(--part), transparent var(--part)) }
p { max-width: 50em } .dim { color: var(--dim) }
"""


def page(facts, tables):
    out = ["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
           '<meta name="viewport" content="width=device-width, initial-scale=1">',
           f"<title>Language models as planner and coder</title><style>{STYLE}</style></head><body>",
           "<h1>Language models as planner and coder</h1>", f"<p>{html.escape(facts['about'])}</p>",
           '<p class="dim">' + html.escape(", ".join(f"{n} {v}" for n, v in facts.items() if n != "about")) + "</p>"]
    for name, title, columns, about in TABLES:
        out += [f"<h2>{title}</h2>", f"<p>{html.escape(about).replace('`', '')}</p>", '<div class="scroll"><table><thead><tr>']
        out += [f'<th scope="col">{html.escape(column)}</th>' for column in columns] + ["</tr></thead><tbody>"]
        for row in tables[name]:
            cells = []
            for column in columns:
                value = row.get(column)
                text = html.escape(show(column, value))
                if text.endswith(" %"):
                    cells.append(f'<td class="r" style="--part: {100 * value:.0f}%">{text}</td>')
                elif isinstance(value, (int, float)):
                    cells.append(f'<td class="n">{text}</td>')
                else:
                    cells.append(f"<td>{text}</td>")
            out.append("<tr>" + "".join(cells) + "</tr>")
        out.append("</tbody></table></div>")
    return "\n".join(out) + "\n</body></html>\n"


def write(output, facts, tables):
    output.mkdir(parents=True, exist_ok=True)
    for suffix, text in (("md", markdown(facts, tables)), ("html", page(facts, tables)),
                         ("json", json.dumps({"facts": facts, **tables}, indent=1, ensure_ascii=False) + "\n")):
        aside = output / f".language-models.{suffix}"
        aside.write_text(text, encoding="utf-8")
        aside.replace(output / f"language-models.{suffix}")


def existing(text):
    path = pathlib.Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no {text}")
    return path


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="qimeng.bench_llm", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", type=existing, help="tensor programs, as for qimeng-tune")
    parser.add_argument("--profile", action="append", metavar="NAME",
                        help="of the model settings; several are compared (default: the environment's model)")
    parser.add_argument("--replay", nargs="+", type=existing, metavar="SESSION", help="recorded sessions in place of a model")
    parser.add_argument("--output", type=pathlib.Path, required=True, metavar="DIR", help="folder for the tables and the sessions")
    parser.add_argument("--tool", default="qimeng-tune", help="qimeng-tune (default: the one on PATH)")
    parser.add_argument("--planner", choices=sorted(COUNTERPART), default="llm", help="the search (default: llm)")
    parser.add_argument("--budget", type=int, default=24, help="trials of a session (default: 24)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=1, help="answers to each question (default: 1)")
    parser.add_argument("--arch", help="architecture, such as sm_90a (default: the device's)")
    parser.add_argument("--device", default="auto", help="auto, none (times are predicted) or a number (default: auto)")
    arguments = parser.parse_args(arguments)
    if bool(arguments.programs) == bool(arguments.replay):
        parser.error("name programs to tune, or sessions with --replay" + (", not both" if arguments.replay else ""))
    if arguments.replay and arguments.profile:
        parser.error("--replay asks nobody, so there is no --profile to it")
    if len({program.stem for program in arguments.programs}) < len(arguments.programs):
        parser.error("two programs have the same name; the tables could not tell them apart")
    arguments.profile = arguments.profile or [""]
    try:
        pairs = replay(arguments) if arguments.replay else live(arguments)
        if not pairs:
            raise Fault("there is no session with a transcript")
        facts = {"about": ("Recorded sessions, replayed: who answered stands with each. Answers of a script are wrong on "
                           "purpose, to show what becomes of them; they measure no model."
                           if arguments.replay else
                           "Each program was tuned by the built-in planner and coder, and by each model, with the same "
                           "budget, seed and device."),
                 "made": datetime.date.today().isoformat(), "sessions": len(pairs),
                 "questions": sum(len(session.answers) for session, _ in pairs)}
        if arguments.programs:
            facts.update({"budget": arguments.budget, "seed": arguments.seed, "planner": arguments.planner,
                          "device": pairs[0][0].trials[0].get("device", "") or "none",
                          "arch": pairs[0][0].trials[0].get("arch", "")})
        facts["times"] = "measured" if all(row["times"] == "measured" for row in session_rows(pairs)) else "predicted"
        tables = {"models": model_rows(pairs), "actions": action_rows(pairs), "moves": move_rows(pairs),
                  "sessions": session_rows(pairs)}
        write(arguments.output, facts, tables)
    except Fault as fault:
        print(f"qimeng.bench_llm: {fault}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"qimeng.bench_llm: {error.filename}: {error.strerror}", file=sys.stderr)
        return 3
    print(f"The tables are in {arguments.output}: language-models.md, .json, .html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
