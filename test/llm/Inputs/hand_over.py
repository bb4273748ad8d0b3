#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a command with the built-in planner and coder in the model's place.

    hand_over.py FOLDER COMMAND...

Requests go through the hand-over endpoint (python/qimeng/chat_endpoint.py) to
FOLDER, where qimeng-play-model answers them.
"""
import os
import subprocess
import sys
import time

folder, command = sys.argv[1], sys.argv[2:]
here = os.path.dirname(os.path.abspath(__file__))
endpoint = os.path.join(here, "..", "..", "..", "python", "qimeng", "chat_endpoint.py")
os.makedirs(folder, exist_ok=True)
player = subprocess.Popen(["qimeng-play-model", folder])
while not os.path.exists(os.path.join(folder, "author.json")) and player.poll() is None:
    time.sleep(0.01)
server = subprocess.Popen(
    [sys.executable, endpoint, "--hand-over", folder, "--until-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
)
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
