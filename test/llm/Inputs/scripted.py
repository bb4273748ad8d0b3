#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a command with a model that answers as a script says.

    scripted.py SCRIPT COMMAND...

SCRIPT: lines for python/qimeng/chat_endpoint.py --script.
"""
import os
import subprocess
import sys

script, command = sys.argv[1], sys.argv[2:]
here = os.path.dirname(os.path.abspath(__file__))
endpoint = os.path.join(here, "..", "..", "..", "python", "qimeng", "chat_endpoint.py")
server = subprocess.Popen(
    [sys.executable, endpoint, "--script", script, "--until-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
)
try:
    address = server.stdout.readline().strip()
    environment = dict(os.environ, QIMENG_LLM_BASE_URL=address, QIMENG_LLM_MODEL="scripted", QIMENG_LLM_RETRIES="0")
    sys.exit(subprocess.run(command, env=environment).returncode)
finally:
    server.stdin.close()
    server.wait(timeout=60)
