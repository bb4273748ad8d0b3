# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Records a session of sessions.json anew: record.py NAME HAND_OVER KIND AUTHOR VERSION

What a script answered it answers again: it is wrong on purpose, whatever the question.
Everything else is asked of AUTHOR, by the files of the folder HAND_OVER (see
python/qimeng/chat_endpoint.py). The transcript keeps questions as hashes and subjects."""
import json
import os
import pathlib
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[2] / "python"))
from qimeng import chat_endpoint, llm_sessions  # noqa: E402


class Answers:
    """The script's, in their places, and the author's."""

    def __init__(self, transcript, hand_over):
        self.hand_over = hand_over
        replies = [line["reply"] for _, line in llm_sessions.read_lines(transcript)] if transcript.exists() else []
        self.script = {number: reply for number, reply in enumerate(replies) if reply["author"]["kind"] == "script"}
        self.count = 0

    def answer(self, request):
        number, self.count = self.count, self.count + 1
        if number in self.script:
            reply = self.script[number]
            return {"text": reply["text"], "author": {"kind": "script", "name": reply["author"]["name"]}}
        return self.hand_over.answer(request)


def main():
    name, folder, kind, author, version = sys.argv[1:]
    session = next(session for session in json.loads((HERE / "sessions.json").read_text()) if session["name"] == name)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "author.json").write_text(json.dumps({"kind": kind, "name": author, "version": version}))
    transcript = HERE / f"{name}.jsonl"
    server = chat_endpoint.Server(0, Answers(transcript, chat_endpoint.HandOver(str(folder))), None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {**os.environ, "QIMENG_LLM_MODEL": "hand-over", "QIMENG_LLM_CACHE": "none", "QIMENG_LLM_IDLE_SECONDS": "86400",
                   "QIMENG_LLM_TOTAL_SECONDS": "86400", "QIMENG_LLM_BASE_URL": f"http://127.0.0.1:{server.server_address[1]}/v1"}
    command = ["qimeng-tune", "--describe", session["sentence"], "--describe-only", "-o", str(folder / "out"),
               f"--store={folder}/trials.db", f"--llm-record={folder}/talk.jsonl"]
    if "like" in session:
        command += ["--like", session["like"]]
    code = subprocess.run(command, env=environment, check=False).returncode
    if code != session["code"]:
        sys.exit(f"{name}: ended with {code}, expected {session['code']}; {transcript} is as it was")
    lines = []
    for _, line in llm_sessions.read_lines(folder / "talk.jsonl"):
        del line["request"]
        lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    transcript.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
