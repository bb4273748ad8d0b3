#!/usr/bin/env python3
"""Times compiled programs against PyTorch's libraries on one GPU, both sides in one run.

    python3 python/qimeng/benchmark.py PROGRAMS --tune=qimeng-tune --output docs/benchmarks

finds a program for each case below on this GPU and measures it, within --total-seconds.
Without --tune, PROGRAMS holds program folders (as qimeng-tune writes them under
out/program) named after the cases: PROGRAMS/<case> or, for variants,
PROGRAMS/<case>@<variant>. --dry-run shows what would be run.

Each case is tuned in a process of its own and then measured in another, with a time limit
each: what dies or hangs loses its row only, which says so. Tables are written anew after each
case. Searches keep their trials in PROGRAMS/trials.db: the same command, given again,
goes on where it was. Where the log of a search lies beside a program (tuning/trials.jsonl),
its first correct kernel, its gain, its trials, those that were cut off as much too slow and
the trial that was best are in the table.

Protocol: CUDA events around each call on the
caller's stream; the L2 is flushed before each; our call, PyTorch's eager and compiled one
(torch.compile, where it works), the peers and a copy of
equal traffic take turns in random order in one process; medians of --repeats
calls after a warm-up; inputs change addresses between calls; outputs are poisoned
with NaN, and checked against float64 before and after timing. A result passes when its
error is at most twice the error of PyTorch's own (eager, same precision), plus one
rounding of the output type.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import random
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError:  # enough for --help, --dry-run and tuning
    torch = F = None

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qimeng import runtime


def gelu(x):
    return F.gelu(x)


def rmsnorm(x, weight):
    return F.rms_norm(x, (x.shape[1],), weight, 1e-5)


def layernorm(x, weight, bias):
    return F.layer_norm(x, (x.shape[1],), weight, bias, 1e-5)


def chain5(x):
    return torch.maximum(torch.tanh(2 * x + 1) - x, torch.zeros((), dtype=x.dtype, device=x.device))


class Case:
    """One comparison: shapes of the inputs, what they mean, and the floor to hold them to."""

    def __init__(self, name, element, shapes, function, peers=None, flops=0, bound="copy", bar=0.8):
        self.name, self.element, self.shapes, self.function = name, element, shapes, function
        self.peers = peers or {}
        self.flops, self.bound, self.bar = flops, bound, bar

    @property
    def dtype(self):
        return getattr(torch, {"bf16": "bfloat16", "f16": "float16", "f32": "float32"}[self.element])


N = 4096
GEMM = [(N, N), (N, N), (N,)]
CASES = [
    Case(f"gemm_bias_gelu_{element}_4096", element, GEMM, lambda a, b, c: gelu(a @ b + c),
         {"cublas": lambda a, b, c: a @ b}, 2 * N**3, "cublas", 0.9)
    for element in ("bf16", "f16")
] + [
    Case("gemm_bias_gelu_bf16_4096_nk", "bf16", GEMM, lambda a, b, c: gelu(a @ b.T + c),
         {"cublas": lambda a, b, c: a @ b.T}, 2 * N**3, "cublas", 0.9)
] + [
    Case(f"{kind}_bf16_{rows}x{columns}", "bf16", [(rows, columns)] + [(columns,)] * extra, function)
    for kind, extra, function in (("softmax", 0, lambda x: torch.softmax(x, 1)),
                                  ("layernorm", 2, layernorm), ("rmsnorm", 1, rmsnorm))
    for rows, columns in ((65536, 1024), (8192, 16384))
] + [Case("elementwise5_f32", "f32", [(8192, 8192)], chain5, bar=0.95)]


def draw(case, seed, scale=1.0):
    generator = torch.Generator("cuda").manual_seed(seed)
    return [(torch.randn(shape, generator=generator, device="cuda") * scale).to(case.dtype) for shape in case.shapes]


def relative_error(result, exact):
    return ((result.double() - exact).norm() / exact.norm()).item()


def check(case, program, seed, scale):
    """(error, eager's error, passed) of one draw; raises when an input is modified."""
    inputs = draw(case, seed, scale)
    kept = [tensor.clone() for tensor in inputs]
    outputs = [torch.full(shape, float("nan"), dtype=case.dtype, device="cuda") for _, _, shape in program.outputs]
    program(*inputs, *outputs, stream=torch.cuda.current_stream())
    torch.cuda.synchronize()
    for tensor, copy in zip(inputs, kept):
        if not torch.equal(tensor, copy):
            raise RuntimeError(f"{case.name}: an input was modified")
    exact = case.function(*[tensor.double() for tensor in inputs])
    eager = relative_error(case.function(*inputs), exact)
    error = relative_error(outputs[0], exact)
    rounding = torch.finfo(case.dtype).eps / 2
    return error, eager, error <= 2 * eager + rounding  # NaN never passes


def compiled(case, sets):
    """torch.compile of the case's function, ready and right, or why there is none."""
    try:
        function = torch.compile(case.function, dynamic=False)
        for inputs in sets:
            result = function(*inputs)
        torch.cuda.synchronize()
        exact = case.function(*[tensor.double() for tensor in sets[-1]])
        error = relative_error(result, exact)
        if not error <= 0.1:
            return None, f"torch.compile is wrong by {error:.2g}"
        return function, None
    except Exception as error:  # without Triton or a C compiler, for example
        lines = str(error).strip().splitlines() or [""]
        return None, f"no torch.compile: {type(error).__name__}: {lines[0][:200]}"


def measure(case, program, repeats, seed, with_compile):
    """Median microseconds of each contender, all interleaved."""
    sets = [draw(case, seed + i) for i in range(3)]
    outputs = [[torch.empty(shape, dtype=case.dtype, device="cuda") for _, _, shape in program.outputs] for _ in sets]
    traffic = sum(t.numel() * t.element_size() for t in sets[0] + outputs[0])
    source = torch.empty(traffic // 2, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    flush = torch.empty(128 << 20, dtype=torch.uint8, device="cuda")
    stream = torch.cuda.current_stream()
    contenders = {"ours": lambda i: program(*sets[i], *outputs[i], stream=stream),
                  "eager": lambda i: case.function(*sets[i]),
                  "copy": lambda i: target.copy_(source)}
    for name, peer in case.peers.items():
        contenders[name] = lambda i, peer=peer: peer(*sets[i])
    note = None
    if with_compile:
        function, note = compiled(case, sets)
        if function:
            contenders["compile"] = lambda i: function(*sets[i])
    times = {name: [] for name in contenders}
    host = []
    for round_number in range(repeats + 3):
        order = list(contenders)
        random.shuffle(order)
        for position, name in enumerate(["copy"] + order):  # the first after a wait reads falsely
            flush.zero_()
            begin, end = torch.cuda.Event(True), torch.cuda.Event(True)
            begin.record()
            entered = time.perf_counter()
            contenders[name](round_number % len(sets))
            spent = time.perf_counter() - entered
            end.record()
            if position and round_number >= 3:
                times[name].append((begin, end))
                if name == "ours":
                    host.append(spent)
        torch.cuda.synchronize()
    medians = {name: statistics.median(b.elapsed_time(e) * 1e3 for b, e in pairs) for name, pairs in times.items()}
    exact = case.function(*[tensor.double() for tensor in sets[0]])
    late = relative_error(outputs[0][0], exact)
    return medians, traffic, statistics.median(host) * 1e6, late, note


def run(case, folder, repeats, with_compile):
    program = runtime.Program(folder)
    row = {"case": folder.name}
    checks = [check(case, program, seed, scale) for seed, scale in
              ((1, 1.0), (2, 1.0), (3, 3.0), (4, 0.01), (5, -1.0))]
    row["error"] = max(error for error, _, _ in checks)
    row["eager_error"] = max(eager for _, eager, _ in checks)
    row["correct"] = all(passed for _, _, passed in checks)
    medians, traffic, host, late, note = measure(case, program, repeats, 100, with_compile)
    if note:
        row["note"] = note
    row["correct"] = row["correct"] and late <= 2 * row["eager_error"] + torch.finfo(case.dtype).eps / 2
    row.update({f"{name}_us": round(value, 2) for name, value in medians.items()})
    row["host_us"] = round(host, 1)
    row["GBps"] = round(traffic / medians["ours"] / 1e3)
    row["copy_GBps"] = round(traffic / medians["copy"] / 1e3)
    if case.flops:
        row["TFLOPs"] = round(case.flops / medians["ours"] / 1e6, 1)
    row["against"] = case.bound
    row["ratio"] = round(medians[case.bound] / medians["ours"], 3)
    row["bar"] = case.bar
    row["met"] = row["correct"] and row["ratio"] >= case.bar
    return row


COLUMNS = ["case", "correct", "ours_us", "eager_us", "compile_us", "against", "ratio", "bar", "met", "TFLOPs", "GBps",
           "copy_GBps", "error", "eager_error", "host_us", "first_us", "gain", "trials", "cut_off", "best_trial", "tuning_s"]


def table(rows):
    text = [COLUMNS] + [[f"{row[c]:.2e}" if c in row and c.endswith("error") else str(row.get(c, "")) for c in COLUMNS]
                        for row in rows]
    widths = [max(len(line[i]) for line in text) for i in range(len(COLUMNS))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths)) + " |" for line in text]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    notes = [f"- {row['case']}: {' '.join(row['note'].split())}" for row in rows if row.get("note")]
    return "\n".join(lines + [""] * bool(notes) + notes)


def tuning_command(case, arguments, seconds):
    folder = arguments.programs / case.name / "tuning"
    return [arguments.tune, str(arguments.examples / f"{case.name}.mlir"), f"--budget={arguments.budget}", "--device=0",
            f"--time-limit={max(1, round(seconds))}", f"--store={arguments.programs / 'trials.db'}", "--plain",
            *shlex.split(arguments.tune_options), "-o", str(folder)]


def run_limited(command, seconds):
    """(exit code or None for a time-out, the last of its messages). Takes its children along."""
    try:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
                                   start_new_session=True)
    except OSError as error:
        return 127, str(error)
    try:
        _, messages = process.communicate(timeout=seconds)
        return process.returncode, messages
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return None, process.communicate()[1] or ""


def tune(case, arguments, seconds):
    """Tunes the case's example on this GPU into its folder; a row about the search. Without a
    result the row has a note, and no program is left, not even an older one."""
    folder = arguments.programs / case.name
    output = folder / "tuning"
    shutil.rmtree(folder, ignore_errors=True)
    output.mkdir(parents=True)
    begun = time.monotonic()
    code, messages = run_limited(tuning_command(case, arguments, seconds), seconds + GRACE)
    if code is None:  # one that hung has its finished trials in the store: what is best among them
        code, more = run_limited(tuning_command(case, arguments, 1), GRACE)
        messages += more
    row = {"case": case.name, "tuning_s": round(time.monotonic() - begun, 1)}
    row.update(read_log(output / "trials.jsonl"))
    if code != 0:
        ended = f"did not end within {round(seconds + GRACE)} s" if code is None else \
            f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        lines = [line for line in messages.splitlines() if line.strip()]
        row["note"] = f"{pathlib.Path(arguments.tune).name} {ended}: {' '.join(lines[-2:])[-400:]}"
    elif not (output / "program" / "program.json").exists():
        row["note"] = f"{pathlib.Path(arguments.tune).name} found no program"
    else:
        for file in (output / "program").iterdir():
            shutil.copy(file, folder / file.name)
    return row


def read_log(path):
    """search_facts() of a trial log; nothing where there is none. Half a last line is left out."""
    trials = []
    for line in path.read_text(errors="replace").splitlines() if path.exists() else []:
        try:
            trials.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return search_facts(trials) if trials else {}


def search_facts(trials):
    """How far the search came from its first correct kernel, as it measured itself."""
    facts = {"trials": len(trials), "cut_off": sum(bool(trial.get("cut_off")) for trial in trials)}
    times = [(trial["measured_us"], trial["step"]) for trial in trials
             if trial.get("status") == "verified" and trial.get("measured_us")]
    if not times:
        return facts
    first, (best, step) = times[0][0], min(times)
    return {**facts, "first_us": round(first, 2), "tuned_us": round(best, 2), "gain": round(first / best, 1),
            "best_trial": step}


def run_apart(case, folder, arguments, seconds):
    """run() in a process of its own: a hang or a fault loses that row only."""
    context = multiprocessing.get_context("fork")  # this process does not touch the GPU before
    receiver, sender = context.Pipe(duplex=False)

    def child():
        os.setsid()
        try:
            sender.send(run(case, folder, arguments.repeats, not arguments.no_compile))
        except Exception as error:  # reported by the parent as this row's result
            sender.send({"case": folder.name, "correct": False, "met": False, "note": str(error)})

    process = context.Process(target=child)
    process.start()
    sender.close()
    row = {"case": folder.name, "correct": False, "met": False, "note": f"no result within {round(seconds)} s"}
    if receiver.poll(seconds):
        try:
            row = receiver.recv()
        except EOFError:
            row["note"] = "the measuring process died"
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    process.join()
    return row


def describe_device():
    """In a process of its own, as the one that forks may not touch the GPU."""
    code = ("import json, torch; device = torch.cuda.get_device_properties(0); "
            "print(json.dumps({'device': device.name, 'torch': torch.__version__, 'cuda': torch.version.cuda}))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else {"device": "unknown"}


def write_tables(arguments, facts, rows):
    text = table(rows)
    if arguments.output:
        arguments.output.mkdir(parents=True, exist_ok=True)
        head = "# Kernels against PyTorch's libraries\n\n" + __doc__.split("\n\n", 1)[1].strip() + "\n\n"
        head += ", ".join(f"{key} {value}" for key, value in facts.items()) + "\n\n"
        for name, content in (("kernels.json", json.dumps({"facts": facts, "rows": rows}, indent=1) + "\n"),
                              ("kernels.md", head + text + "\n")):
            (arguments.output / f".{name}.new").write_text(content)
            os.replace(arguments.output / f".{name}.new", arguments.output / name)
    return text


GRACE = 20  # seconds that a search may take beyond its limit, to compile and write its result
MEASURING = 15  # seconds kept free for measuring a case


class Clock:
    """Shares what is left of the total time among the cases left."""

    def __init__(self, total, cases):
        self.end, self.cases = time.monotonic() + total, cases

    def left(self):
        return self.end - time.monotonic()

    def for_tuning(self, most):
        return min(most, self.left() / max(1, self.cases) - MEASURING)

    def for_measuring(self, most):
        return max(5.0, min(most, self.left()))


def parse_arguments(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, help="folder for kernels.json and kernels.md")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--only", help="cases whose names hold this text")
    parser.add_argument("--tune", metavar="TOOL", help="qimeng-tune, to make the programs first")
    parser.add_argument("--tune-options", default="", help="further options of it, as one text")
    parser.add_argument("--tune-seconds", type=float, default=30, help="time limit of a search (default 30)")
    parser.add_argument("--budget", type=int, default=64, help="trials of a search (default 64)")
    parser.add_argument("--seconds", type=float, default=60, help="time limit of measuring a case (default 60)")
    parser.add_argument("--total-seconds", type=float, default=600,
                        help="time for everything; searches are shortened to keep to it (default 600)")
    parser.add_argument("--examples", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2] / "docs/examples")
    parser.add_argument("--no-compile", action="store_true", help="leave out torch.compile")
    parser.add_argument("--dry-run", action="store_true", help="show what would be run")
    return parser.parse_args(words)


def folders_of(case, arguments):
    """What is to be measured of a case: one folder when it was tuned, else all variants."""
    if arguments.tune:
        found = [arguments.programs / case.name]
    else:
        found = sorted(path.parent for path in arguments.programs.glob("*/program.json")
                       if path.parent.name.split("@")[0] == case.name)
    return [folder for folder in found if (folder / "program.json").exists()]


def main(words=None):
    arguments = parse_arguments(words)
    cases = [case for case in CASES if not arguments.only or arguments.only in case.name or not arguments.tune]
    missing = [case.name for case in cases if arguments.tune and not (arguments.examples / f"{case.name}.mlir").exists()]
    if missing:
        print(f"{arguments.examples} has no example for {', '.join(missing)}; name its folder with --examples", file=sys.stderr)
        return 2
    clock = Clock(arguments.total_seconds, len(cases))
    if arguments.dry_run:
        for case in cases:
            if arguments.tune:
                print(shlex.join(tuning_command(case, arguments, clock.for_tuning(arguments.tune_seconds))))
            for folder in [arguments.programs / case.name] if arguments.tune else folders_of(case, arguments):
                print(f"measure {folder.name} within {arguments.seconds:g} s")
        return 0
    if torch is None:
        print("this Python has no PyTorch, against which the programs are measured", file=sys.stderr)
        return 3
    try:  # before the searches, whose results it is to run
        runtime.load_library()
    except runtime.Error as error:
        print(error, file=sys.stderr)
        return 3
    facts = {**describe_device(), "date": time.strftime("%Y-%m-%d"), "repeats": arguments.repeats}
    begun = time.monotonic()
    rows = []
    for case in cases:
        search = {}
        if arguments.tune:
            search = tune(case, arguments, max(1.0, clock.for_tuning(arguments.tune_seconds)))
            print(search, flush=True)
        found = [folder for folder in folders_of(case, arguments)
                 if arguments.tune or not arguments.only or arguments.only in folder.name]
        for folder in found:
            row = run_apart(case, folder, arguments, clock.for_measuring(arguments.seconds))
            row.update(search if arguments.tune else read_log(folder / "tuning" / "trials.jsonl"))
            rows.append(row)
        if arguments.tune and not found:
            rows.append({"correct": False, "met": False, **search})
        clock.cases -= 1
        facts["seconds"] = round(time.monotonic() - begun)
        text = write_tables(arguments, facts, rows)
        if rows and (found or arguments.tune):
            print({key: value for key, value in rows[-1].items() if value != ""}, flush=True)
    print(text)
    return 0 if rows and all(row["met"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
