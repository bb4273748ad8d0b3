#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kills a session at given moments, and counts what the model is asked.

    killed.py FOLDER MOMENTS COMMAND...

The built-in planner and coder answer for the model. A moment is `kept:N`, as soon as the Nth answer
is in the cache (FOLDER/llm-cache), whatever the session does then; or `asked:N`, when the Nth
question waits for its answer. After each the same command is given again. No question whose answer
was kept may be asked again; what was asked but not kept when the session was killed, is.
"""
import json
import pathlib
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import sessions  # noqa: E402
from sessions import chat_endpoint  # noqa: E402


class Model:
    def __init__(self, player):
        self.player = player
        self.lock = threading.Lock()
        self.asked, self.answered = [], []
        self.silent_at = None  # a question's number that gets no answer
        self.waiting = threading.Event()

    def answer(self, request):
        with self.lock:
            body = json.dumps(request.body, sort_keys=True)
            self.asked.append(body)
            if len(self.answered) + 1 == self.silent_at:
                self.waiting.set()
                return {"fault": "silent", "seconds": 60}
            text = self.player.answer(request.body)
            self.answered.append(body)
            return {"text": text, "author": self.player.author}


def main():
    folder, moments, command = pathlib.Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3:]
    (folder / "player").mkdir(parents=True)
    player = sessions.Player(folder / "player")
    model = Model(player)
    server = chat_endpoint.Server(0, model, None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {**sessions.environment_for(folder / "home"), "QIMENG_LLM_MODEL": "built-in",
                   "QIMENG_LLM_BASE_URL": f"http://127.0.0.1:{server.server_address[1]}/v1"}
    kills = lost = 0
    try:
        for moment in [*moments, "end"]:
            what, _, number = moment.partition(":")
            model.silent_at = int(number) if what == "asked" else None
            model.waiting.clear()
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if what == "end":
                output = process.communicate(timeout=300)[0]
                print(output)
                assert process.returncode == 0, process.returncode
                break
            limit = time.monotonic() + 120
            while not (model.waiting.is_set() if what == "asked" else
                       sum(1 for _ in (folder / "llm-cache").glob("*/*.json")) >= int(number)):
                assert process.poll() is None, f"it ended before {moment}: {process.communicate()[0]}"
                assert time.monotonic() < limit, f"{moment} did not come"
                time.sleep(0.001)
            process.kill()
            process.communicate()
            kills += 1
            # Answers that were on their way died with the session that had asked.
            time.sleep(0.3)
            with model.lock:
                kept = sum(1 for _ in (folder / "llm-cache").glob("*/*.json"))
                assert len(model.answered) - kept <= 1, "more than the answer on its way was lost"
                lost += len(model.answered) - kept
                del model.answered[kept:]
    finally:
        player.stop()
        server.shutdown()
    assert len(set(model.answered)) == len(model.answered), "an answer that was kept was asked for again"
    twice = len(model.asked) - len(set(model.asked))
    waiting = sum(moment.startswith("asked") for moment in moments)
    assert twice <= waiting + lost, f"{twice} questions were asked twice, {waiting + lost} had waited or were lost"
    assert len(set(model.asked)) == len(model.answered), "a question was left unanswered"
    print(f"{kills} kills, {len(model.answered)} answers kept, none asked for again; {lost} lost on their way")


if __name__ == "__main__":
    main()
