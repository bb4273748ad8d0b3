#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a command with the built-in planner and coder in the model's place.

    hand_over.py FOLDER COMMAND...

Requests go through the hand-over endpoint (python/qimeng/chat_endpoint.py) to
FOLDER, where qimeng-play-model answers them.
"""
import json
import os
import subprocess
import sys

folder, command = sys.argv[1], sys.argv[2:]
here = os.path.dirname(os.path.abspath(__file__))
endpoint = os.path.join(here, "..", "..", "..", "python", "qimeng", "chat_endpoint.py")
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "author.json"), "w", encoding="utf-8") as file:
    json.dump({"kind": "built-in", "name": "qimeng rules and coder"}, file)
server = subprocess.Popen(
    [sys.executable, endpoint, "--hand-over", folder, "--until-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
)
player = subprocess.Popen(["qimeng-play-model", folder])
try:
    address = server.stdout.readline().strip()
    environment = dict(os.environ, QIMENG_LLM_BASE_URL=address, QIMENG_LLM_MODEL="hand-over")
    sys.exit(subprocess.run(command, env=environment).returncode)
finally:
    with open(os.path.join(folder, "stop"), "w", encoding="utf-8"):
        pass
    player.wait(timeout=60)
    server.stdin.close()
    server.wait(timeout=60)
