# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Replays the sessions of sessions.json: replay.py FOLDER FIRST END

Runs qimeng-tune --describe-only with each transcript, and looks at its exit code, at
what it shows ("shows", in this order), at its error ("error"), and at program.mlir
("file": after a good end; there must be none after a bad one)."""
import json
import os
import pathlib
import re
import subprocess
import sys


def in_order(text, parts):
    for part in parts:
        at = text.find(part)
        if at < 0:
            return part
        text = text[at + len(part) :]
    return None


def replay(session, here, folder):
    output = folder / session["name"]
    command = ["qimeng-tune", "--describe", session["sentence"], "--describe-only", "-o", str(output),
               f"--store={folder}/trials.db", f"--llm-replay={here / (session['name'] + '.jsonl')}"]
    if "like" in session:
        command += ["--like", session["like"]]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    shown = re.sub("  +", "    ", run.stdout)
    # Columns are for people.
    squeeze = lambda text: " ".join(text.split())
    wrong = []
    if run.returncode != session["code"]:
        wrong.append(f"exit code {run.returncode}, expected {session['code']}")
    for what, text, parts in (("output", shown, session.get("shows", [])), ("error", run.stderr, session.get("error", []))):
        missing = in_order(squeeze(text), [squeeze(part) for part in parts])
        if missing:
            wrong.append(f"the {what} lacks '{missing}'")
    program = output / "program.mlir"
    if session["code"] == 0:
        text = program.read_text() if program.exists() else "//\n\n"
        header = text[: text.index("\n\n")]
        missing = in_order(header, session.get("file", []))
        if missing:
            wrong.append(f"program.mlir lacks '{missing}'")
        # What is kept is what was shown, and parses.
        body = text[len(header) + 2 :]
        if body not in run.stdout:
            wrong.append("program.mlir holds another program than was shown")
        if "Whether this is what the sentence means" not in header or any(not line.startswith("//") for line in header.split("\n")):
            wrong.append("program.mlir lacks its header")
        wrong += ["qimeng-opt refuses program.mlir"] if subprocess.run(["qimeng-opt", str(program), "-o", os.devnull], check=False).returncode else []
    elif program.exists():
        wrong.append("a refused program was written")
    left = [name for name in os.listdir(output) if name != "program.mlir"]
    if left:
        wrong.append(f"left behind: {left}")
    for reason in wrong:
        print(f"{session['name']}: {reason}\n{run.stdout}{run.stderr}")
    return not wrong


def main():
    here, folder = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])
    sessions = json.loads((here / "sessions.json").read_text())[int(sys.argv[2]) : int(sys.argv[3])]
    right = sum(replay(session, here, folder) for session in sessions)
    print(f"{right} of {len(sessions)} sessions end as they should")
    sys.exit(right != len(sessions))


if __name__ == "__main__":
    main()
