"""Runs the commands of a page: its ```sh blocks, in order, in one folder.

A block marked `sh refused` must end with exit code 1; one marked `sh assembler` is
run where cubins can be made. Variables that a block exports are lost after it;
PATH is the test's own.
"""

import os
import re
import subprocess
import sys

page, folder = sys.argv[1:]
blocks = re.findall(r"^```sh *(\w*)\n(.*?)^```$", open(page).read(), re.M | re.S)
if not blocks:
    sys.exit(f"{page} has no command")
for mark, commands in blocks:
    if mark == "assembler" and os.environ.get("QIMENG_PTXAS") == "none":
        continue
    print(f"$ {commands}", end="", flush=True)
    code = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT
    ).returncode
    if code != (1 if mark == "refused" else 0):
        sys.exit(f"exit code {code}")
