#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tuning sessions whose model fails in every way that a server can.

    session_faults.py PROGRAM FOLDER [NAME..]

The model first gives a good answer, which is accepted; then it fails. Each session
must end with 0, say what was wrong, keep the accepted step, and have a kernel that
qimeng-verify accepts. The key is in no file, output, store, cache, transcript or
dump of memory. Prints a line for each.
"""
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid

here = os.path.dirname(os.path.abspath(__file__))
endpoint = os.path.join(here, "..", "..", "..", "python", "qimeng", "chat_endpoint.py")

# What the model says before it fails: its tiles are of nobody else.
SIZES = "[16, 128]"
GOOD = [
    {"text": '{"ranked": ["tile @matmul"]}', "match": "What may be done now", "usage": [100, 10]},
    {"text": f"```mlir\ntransform.qimeng.tile @matmul sizes = {SIZES} reduce = [16] warps = 4 in %root : "
             "!transform.any_op\n```", "match": "## Action", "usage": [100, 10]},
]
OVER = r"The language model is not asked any more \(%s\)"

# Name: lines of the script after the good ones, what the session says, and more
# settings. None: it says nothing, since the model recovers.
FAULTS = {
    "500": ([{"status": 500, "error": "out of order"}], OVER % "server failed", {}),
    "500-with-key": ([{"status": 500, "error": "no such key: {key}"}], r"no such key: \[key\]", {}),
    "503-once": ([{"status": 503, "times": 1}, {"text": "no", "times": 0}], None, {"RETRIES": "1"}),
    "429-once": ([{"status": 429, "retry_after": "1", "times": 1}, {"text": "no", "times": 0}], None,
                 {"RETRIES": "1"}),
    "429": ([{"status": 429, "retry_after": "0"}], OVER % "rate limited", {"RETRIES": "1"}),
    "429-for-long": ([{"status": 429, "retry_after": "50"}], OVER % "rate limited", {"RETRIES": "3"}),
    "401": ([{"status": 401, "error": "wrong key {key}"}], OVER % "wrong settings", {}),
    "404": ([{"status": 404, "error": "no such model"}], OVER % "wrong settings", {}),
    "400": ([{"status": 400, "error": "I do not like {key}"}], OVER % "request rejected", {}),
    "redirect": ([{"status": 307, "location": "ELSEWHERE"}], OVER % "request rejected", {}),
    "slow-drip": ([{"fault": "drip", "seconds": 0.05}], OVER % "timed out", {"TOTAL_SECONDS": "4"}),
    "silent": ([{"fault": "silent", "seconds": 30}], OVER % "timed out", {"IDLE_SECONDS": "2"}),
    "close": ([{"fault": "close"}], OVER % "unreachable", {}),
    "cut": ([{"fault": "cut"}], OVER % "unreachable", {}),
    "bad-json": ([{"fault": "bad-json"}], OVER % "malformed answer", {}),
    "bad-utf8": ([{"fault": "bad-utf8"}], OVER % "malformed answer", {}),
    "deep-json": ([{"fault": "deep-json"}], OVER % "malformed answer", {"MAX_ANSWER_BYTES": "1000000"}),
    "wrong-schema": ([{"fault": "wrong-schema"}], OVER % "malformed answer", {}),
    "oversized": ([{"fault": "oversized", "bytes": 100000000}], OVER % "answer too large", {}),
    "endless-headers": ([{"fault": "headers"}], OVER % "answer too large", {}),
    "key-echo": ([{"text": 'The key is {key}. {"ranked": [{"label": "{key}", "reason": "{key}"}]}'}],
                 r"got no answer of use to \d+ questions?", {}),
    "key-in-a-kernel": ([{"text": '```mlir\n// {key}\nqimeng.kernel @matmul(%{key}: index) attributes {a = "{key}"} {\n'
                                  '}\n```'}], r"got no answer of use to \d+ questions?", {}),
}
# Without a good answer: no request ever arrives.
UNSAFE = {
    "certificate-of-nobody": (["--tls"], OVER % "no secure connection", False),
    "certificate-of-another-host": (["--tls", "--tls-host", "example.com"], OVER % "no secure connection", True),
    "nobody-there": (None, OVER % "unreachable", False),
}


class Server:
    def __init__(self, folder, lines, arguments=(), log="log.jsonl"):
        script = os.path.join(folder, "script.jsonl")
        with open(script, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        self.log = os.path.join(folder, log)
        self.process = subprocess.Popen(
            [sys.executable, endpoint, "--script", script, "--log", self.log, "--until-eof", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        self.certificate = self.process.stdout.readline().strip() if "--tls" in arguments else ""
        if not self.address:
            raise SystemExit("the endpoint does not start")

    def requests(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def find_key(folder, key):
    """Files that hold the key, also as JSON or UTF-16 would write it."""
    forms = [key.encode(), key.encode("utf-16-le"), key.encode().hex().encode()]
    for path in glob.glob(os.path.join(folder, "**"), recursive=True, include_hidden=True):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                data = file.read()
            if any(form in data for form in forms):
                yield path


def settings_of(address, key, more):
    settings = {"BASE_URL": address, "MODEL": "scripted", "KEY": key, "RETRIES": "0", "IDLE_SECONDS": "20",
                "CONNECT_SECONDS": "10", "TOTAL_SECONDS": "20", "MAX_ANSWER_BYTES": "65536", **more}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QIMENG_LLM_")}
    return {**environment, **{"QIMENG_LLM_" + name: value for name, value in settings.items()}}


def command_of(program, work):
    return ["qimeng-tune", program, "--arch=sm_90a", "--device=none", "--ptx", "--plain", "--planner=llm", "--coder=llm",
            "--llm-rank=text", "--budget=8", f"--llm-record={work}/talk.jsonl", f"--store={work}/trials.db", "-o",
            f"{work}/out"]


def run_session(program, work, environment):
    began = time.monotonic()
    done = subprocess.run(command_of(program, work), env=environment, cwd=work, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="surrogateescape", timeout=120)
    said = done.stdout + done.stderr
    with open(os.path.join(work, "said.txt"), "w", errors="surrogateescape") as file:
        file.write(said)
    check(done.returncode == 0, f"exit code {done.returncode}: {said[-2000:]}")
    check("internal fault" not in said, said)
    return said, time.monotonic() - began


def check_result(program, work, accepted):
    with open(f"{work}/out/trials.jsonl", encoding="utf-8") as file:
        trials = [json.loads(line) for line in file]
    verified = [trial for trial in trials if trial["status"] in ("verified", "best", "accepted")]
    check(verified, "no trial was verified")
    best = min(trial["predicted_us"] for trial in verified)
    if accepted:
        ours = [trial for trial in verified if "llm" in trial["coder"] and SIZES in trial["recipe"]]
        check(ours, "the accepted step is lost")
        with open(f"{work}/trials.db", "rb") as file:
            check(SIZES.encode() in file.read(), "the accepted step is not in the store")
        check(best <= ours[0]["predicted_us"], "what is kept is slower than what was accepted")
    done = subprocess.run(["qimeng-verify", program, f"{work}/out/kernels.mlir"], capture_output=True, text=True)
    check(done.returncode == 0, "the result does not verify: " + done.stderr)


def start(root, name):
    work = os.path.join(root, name)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    return work, "sk-" + uuid.uuid4().hex


def run_fault(program, root, name):
    work, key = start(root, name)
    lines, said, more = FAULTS[name]
    elsewhere = None
    lines = [{"times": 0, **line} for line in lines]
    if any(line.get("location") == "ELSEWHERE" for line in lines):
        os.makedirs(f"{work}/elsewhere")
        elsewhere = Server(f"{work}/elsewhere", [{"text": "thank you for the key {key}", "times": 0}])
        for line in lines:
            line["location"] = elsewhere.address + "/chat/completions"
    server = Server(work, GOOD + lines)
    try:
        text, seconds = run_session(program, work, settings_of(server.address, key, more))
        requests = server.requests()
        digest = hashlib.sha256(key.encode()).hexdigest()
        check(len(requests) > len(GOOD), f"{len(requests)} requests")
        check(all(request["key_sha256"] == digest for request in requests), "the key did not arrive")
        if elsewhere:
            check(not elsewhere.requests(), "the redirection was followed")
    finally:
        server.stop()
        if elsewhere:
            elsewhere.stop()
    if said:
        check(re.search(said, text), f"expected /{said}/ in:\n{text}")
    else:
        check("not asked any more" not in text, text)
    check_result(program, work, accepted=True)
    return work, key, seconds, len(requests)


def run_unsafe(program, root, name):
    work, key = start(root, name)
    arguments, said, trusted = UNSAFE[name]
    more, server = {}, None
    address = "http://127.0.0.1:9/v1"
    if arguments:
        server = Server(work, GOOD, arguments)
        address = server.address
        if trusted:
            more["CA_FILE"] = server.certificate
    try:
        text, seconds = run_session(program, work, settings_of(address, key, more))
        check(not (server and server.requests()), "a request was sent")
    finally:
        if server:
            server.stop()
    check(re.search(said, text), f"expected /{said}/ in:\n{text}")
    check_result(program, work, accepted=False)
    return work, key, seconds, 0


def read_memory(process):
    """All mappings, and whether a core dump leaves them out (the flag dd)."""
    with open(f"/proc/{process}/smaps", encoding="utf-8") as file:
        lines = file.read().split("\n")
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        where = None
        for line in lines:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
            if match:
                where = [int(part, 16) for part in match.groups()]
            elif re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                where = None
            elif line.startswith("VmFlags:") and where:
                try:
                    memory.seek(where[0])
                    yield memory.read(where[1] - where[0]), " dd" in line
                except (OSError, OverflowError, ValueError):
                    pass  # [vvar] and the like


def run_dump(program, root, name, from_file):
    """While it waits for an answer, a dump of its memory is made."""
    work, key = start(root, name)
    server = Server(work, GOOD + [{"fault": "silent", "seconds": 30, "times": 0}])
    environment = settings_of(server.address, key, {})
    if from_file:
        del environment["QIMENG_LLM_KEY"]
        os.makedirs(os.path.join(root, "settings"), exist_ok=True)
        config = os.path.join(root, "settings", name + ".json")
        with open(os.open(config, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({"default": "x", "profiles": {"x": {"key": key}}}, file)
        environment["QIMENG_LLM_CONFIG"] = config
    process = subprocess.Popen(command_of(program, work), env=environment, cwd=work, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    began = time.monotonic()
    core = ""
    try:
        while len(server.requests()) <= len(GOOD):
            check(process.poll() is None and time.monotonic() - began < 60, "it does not ask")
            time.sleep(0.05)
        size, found = 0, False
        for block, left_out in read_memory(process.pid):
            size += len(block)
            here_too = key.encode() in block
            found |= here_too
            check(left_out or not here_too, "the key is in memory that core dumps hold")
        check(found, f"the key is nowhere in {size} bytes of memory, so this test shows nothing")
        if shutil.which("gcore"):
            made = subprocess.run(["gcore", "-o", f"{work}/core", str(process.pid)], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=120)
            core = f"{work}/core.{process.pid}"
            check(made.returncode != 0 or os.path.exists(core), made.stderr)
    finally:
        process.kill()
        process.wait()
        server.stop()
    has_core = bool(core) and os.path.exists(core)
    leaks = list(find_key(work, key))
    check(not leaks, f"the key is in {leaks}")
    if has_core:
        os.remove(core)
    return work, key, time.monotonic() - began, size >> 20


def main():
    program, root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    names = sys.argv[3:]
    jobs = [(name, run_fault) for name in FAULTS] + [(name, run_unsafe) for name in UNSAFE]
    jobs += [("dump-key-of-environment", lambda *job: run_dump(*job, False)),
             ("dump-key-of-file", lambda *job: run_dump(*job, True))]

    def judge(job):
        name, run = job
        try:
            work, key, seconds, count = run(program, root, name)
            leaks = list(find_key(work, key))
            check(not leaks, f"the key is in {leaks}")
        except AssertionError as error:
            return f"{name}: WRONG: {error}"
        what = f"{count} MB of memory" if name.startswith("dump") else f"{count} requests"
        return f"{name}: right, {what}, {seconds:.1f} s"

    wrong = 0
    # Most of the time is waiting.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for line in pool.map(judge, [job for job in jobs if not names or job[0] in names]):
            wrong += " WRONG: " in line
            print(line, flush=True)
    print(f"{wrong} sessions are wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
