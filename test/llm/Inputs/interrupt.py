"""Ends a session by ctrl-C while it waits for a model's answer.

    interrupt.py COMMAND...
"""
import signal
import subprocess
import sys
import time

process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
lines = []
for line in process.stdout:
    lines.append(line)
    if "[" in line and "accepted" in line:
        break
time.sleep(1)
assert process.poll() is None, "it did not wait for the model"
process.send_signal(signal.SIGINT)
began = time.monotonic()
rest = process.communicate(timeout=60)[0]
print("".join(lines) + rest)
assert process.returncode == 0, process.returncode
assert time.monotonic() - began < 30, "it took too long to end"
print("ended in time")
