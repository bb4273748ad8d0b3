"""Checks that no two requests of a hand-over folder are the same.

    no_question_twice.py FOLDER LEAST [KILLS]

A session that was killed KILLS times may ask again what was on its way then: the
last question before and the first one after.
"""
import glob
import sys

requests = [open(path, encoding="utf-8").read() for path in sorted(glob.glob(sys.argv[1] + "/*.request.json"))]
kills = int(sys.argv[3]) if len(sys.argv) > 3 else 0
asked = []
for request in requests:
    if kills and asked and request == asked[-1]:
        kills -= 1
    else:
        asked.append(request)
assert len(asked) >= int(sys.argv[2]), f"only {len(asked)} requests"
assert len(set(asked)) == len(asked), "a question was asked twice"
print(len(asked), "questions, none twice")
