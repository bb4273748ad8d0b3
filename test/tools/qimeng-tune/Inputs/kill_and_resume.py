"""Kills a session with SIGKILL after some trials, starts it again, and checks that
every trial that was finished stays as it was.

    kill_and_resume.py STORE BUDGET COMMAND...
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time

store, budget, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]


def trials():
    if not os.path.exists(store):
        return []
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)
    try:
        return connection.execute(
            "SELECT id, recipe_key, created_ms FROM trial ORDER BY id").fetchall()
    except sqlite3.OperationalError:  # the tables are not there yet
        return []
    finally:
        connection.close()


finished = []
for wanted in (2, 5):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.time() + 300
    while len(trials()) < wanted and process.poll() is None and time.time() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    now = trials()
    assert len(now) >= wanted, f"only {len(now)} trials"
    assert now[: len(finished)] == finished, "finished trials changed"
    finished = now
    print(f"killed after at least {wanted} trials")

output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
now = trials()
assert now[: len(finished)] == finished, "finished trials changed"
keys = [key for _, key, _ in now]
assert len(set(keys)) == len(keys), "a trial was repeated"
assert len(now) == budget, f"{len(now)} trials"
print("resumed; no trial was repeated")
print(output)
