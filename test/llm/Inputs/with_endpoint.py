#!/usr/bin/env python3
"""with_endpoint.py [ENDPOINT OPTIONS] -- COMMAND...: runs COMMAND with settings that lead to a chat endpoint."""

import os
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
endpoint = os.path.join(here, "..", "..", "..", "python", "qimeng", "chat_endpoint.py")
split = sys.argv.index("--")
server = subprocess.Popen([sys.executable, endpoint, "--until-eof", *sys.argv[1:split]], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True)
address = server.stdout.readline().strip()
try:
    if not address:
        sys.exit(server.wait())
    defaults = {"QIMENG_LLM_BASE_URL": address, "QIMENG_LLM_MODEL": "test-model", "QIMENG_LLM_CACHE": "none"}
    sys.exit(subprocess.run(sys.argv[split + 1 :], env={**defaults, **os.environ}).returncode)
finally:
    server.stdin.close()
    server.wait()
