"""Checks that no two requests of a hand-over folder are the same.

    no_question_twice.py FOLDER LEAST
"""
import glob
import sys

requests = [open(path, encoding="utf-8").read() for path in sorted(glob.glob(sys.argv[1] + "/*.request.json"))]
assert len(requests) >= int(sys.argv[2]), f"only {len(requests)} requests"
assert len(set(requests)) == len(requests), "a question was asked twice"
print(len(requests), "questions, none twice")
