"""Prints a trial log without what differs between equal sessions: times of the clock."""

import json
import sys

with open(sys.argv[1]) as log:
    for line in log:
        trial = json.loads(line)
        for name in ("wall_seconds", "measure_seconds", "created", "id", "parent"):
            trial.pop(name, None)
        print(json.dumps(trial, sort_keys=True))
