#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kills a session at given moments, and counts what the model is asked.

    killed.py FOLDER SAMPLES MOMENTS COMMAND...

The built-in planner and coder answer for the model, a little late. A moment is `asked:N`, when the
Nth question of all waits for its answer; `writing:N`, when a part of that answer was sent; or `kept:N`, as soon
as the Nth answer is in the cache (FOLDER/llm-cache), whatever the session does then. After each kill the
same command is given again. SAMPLES is the session's --llm-samples: so many answers it wants to a question
(probabilities it wants once), and the model never sees it once more. In the end the command is given with
--llm-ask-again, which asks for what was lost.
"""
import collections
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
        self.asked = []
        self.late_at, self.fault = None, None  # a question's number, and what becomes of its answer
        self.waiting = threading.Event()

    def answer(self, request):
        with self.lock:
            self.asked.append(request.raw)
            late = self.late_at is not None and len(self.asked) >= self.late_at
            reply = {"text": self.player.answer(request.body), "author": self.player.author, "delay": 0.02}
        if late:
            reply.update(self.fault)
            self.waiting.set()
        return reply

    def repeated(self, samples):
        """How many requests there were beyond those that the session wants."""
        wants = {raw: 1 if json.loads(raw).get("logprobs") else samples for raw in self.asked}
        return sum(max(0, count - wants[raw]) for raw, count in collections.Counter(self.asked).items())


FAULTS = {"asked": {"fault": "silent", "seconds": 60}, "writing": {"fault": "drip", "seconds": 0.5}, "kept": {}}


def main():
    folder, samples, moments, command = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split(","), sys.argv[4:]
    (folder / "player").mkdir(parents=True)
    player = sessions.Player(folder / "player")
    model = Model(player)
    server = chat_endpoint.Server(0, model, None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {**sessions.environment_for(folder / "home"), "QIMENG_LLM_MODEL": "built-in",
                   "QIMENG_LLM_BASE_URL": f"http://127.0.0.1:{server.server_address[1]}/v1"}

    def start(*options):
        return subprocess.Popen([*command, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def kept():
        return sum(1 for _ in (folder / "llm-cache").glob("*/*.json"))

    def finish(*options):
        process = start(*options)
        output = process.communicate(timeout=300)[0]
        assert process.returncode == 0, f"{process.returncode}: {output}"
        return output

    try:
        for moment in moments:
            what, _, number = moment.partition(":")
            model.late_at, model.fault = None if what == "kept" else int(number), FAULTS[what]
            model.waiting.clear()
            process = start()
            limit = time.monotonic() + 120
            while not (kept() >= int(number) if what == "kept" else model.waiting.is_set()):
                assert process.poll() is None, f"it ended before {moment}: {process.communicate()[0]}"
                assert time.monotonic() < limit, f"{moment} did not come"
                time.sleep(0.001)
            time.sleep(0.7 if what == "writing" else 0)
            process.kill()
            assert process.wait() == -9, f"it had ended before {moment}"
            process.stdout.close()
        model.late_at = None
        print(finish())
        assert model.repeated(samples) == 0, f"{model.repeated(samples)} questions were asked again"
        lost = len(model.asked) - kept()
        print(f"{len(moments)} kills, {len(model.asked)} questions, {kept()} answers kept, {lost} lost, none asked again")
        assert "is lost" not in finish("--llm-ask-again")
        again = model.repeated(samples)
        assert 0 < again <= lost, f"{lost} answers were lost, {again} questions were asked again"
        print("asked again when told to")
    finally:
        player.stop()
        server.shutdown()


if __name__ == "__main__":
    main()
