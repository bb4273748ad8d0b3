#!/usr/bin/env python3
"""Times compiled programs against PyTorch's libraries on one GPU, both sides in one run.

    python3 python/qimeng/benchmark.py PROGRAMS --output docs/benchmarks

PROGRAMS holds program folders (as qimeng-tune writes them under out/program) named
after the cases below: PROGRAMS/<case> or, for variants, PROGRAMS/<case>@<variant>. With
--tune=qimeng-tune they are found first: each case's example is tuned on this GPU. Where the
log of a search lies beside a program (tuning/trials.jsonl), its first correct kernel,
its gain and its number of trials are in the table, too. Protocol: CUDA events around each call on the
caller's stream; the L2 is flushed before each; our call, the peers and a copy of
equal traffic take turns in random order in one process; medians of --repeats
calls after a warm-up; inputs change addresses between calls; outputs are poisoned
with NaN, and checked against float64 before and after timing. A result passes when its
error is at most twice the error of PyTorch's own (eager, same precision), plus one
rounding of the output type.
"""

import argparse
import json
import multiprocessing
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from qimeng.runtime import Program  # noqa: E402


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

    def __init__(self, name, dtype, shapes, function, peers=None, flops=0, bound="copy", bar=0.8):
        self.name, self.dtype, self.shapes, self.function = name, dtype, shapes, function
        self.peers = peers or {}
        self.flops, self.bound, self.bar = flops, bound, bar


N = 4096
GEMM = [(N, N), (N, N), (N,)]
CASES = [
    Case(f"gemm_bias_gelu_{short}_4096", dtype, GEMM, lambda a, b, c: gelu(a @ b + c),
         {"cublas": lambda a, b, c: a @ b}, 2 * N**3, "cublas", 0.9)
    for short, dtype in (("bf16", torch.bfloat16), ("f16", torch.float16))
] + [
    Case("gemm_bias_gelu_bf16_4096_nk", torch.bfloat16, GEMM, lambda a, b, c: gelu(a @ b.T + c),
         {"cublas": lambda a, b, c: a @ b.T}, 2 * N**3, "cublas", 0.9)
] + [
    Case(f"{kind}_bf16_{rows}x{columns}", torch.bfloat16, [(rows, columns)] + [(columns,)] * extra, function)
    for kind, extra, function in (("softmax", 0, lambda x: torch.softmax(x, 1)),
                                  ("layernorm", 2, layernorm), ("rmsnorm", 1, rmsnorm))
    for rows, columns in ((65536, 1024), (8192, 16384))
] + [Case("elementwise5_f32", torch.float32, [(8192, 8192)], chain5, bar=0.95)]


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


def measure(case, program, repeats, seed):
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
    return medians, traffic, statistics.median(host) * 1e6, late


def run(case, folder, repeats):
    program = Program(folder)
    row = {"case": folder.name}
    checks = [check(case, program, seed, scale) for seed, scale in
              ((1, 1.0), (2, 1.0), (3, 3.0), (4, 0.01), (5, -1.0))]
    row["error"] = max(error for error, _, _ in checks)
    row["eager_error"] = max(eager for _, eager, _ in checks)
    row["correct"] = all(passed for _, _, passed in checks)
    medians, traffic, host, late = measure(case, program, repeats, 100)
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


def table(rows):
    columns = ["case", "correct", "ours_us", "eager_us", "against", "ratio", "bar", "met", "TFLOPs", "GBps", "copy_GBps",
               "error", "eager_error", "host_us", "first_us", "gain", "trials", "tuning_s"]
    text = [columns] + [[f"{row[c]:.2e}" if c in row and c.endswith("error") else str(row.get(c, "")) for c in columns]
                        for row in rows]
    widths = [max(len(line[i]) for line in text) for i in range(len(columns))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths)) + " |" for line in text]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def tune(case, tool, examples, budget, folder):
    """Tunes the case's example on this GPU into `folder`; a row about the search."""
    command = [tool, str(examples / f"{case.name}.mlir"), f"--budget={budget}", "--device=0", "-o", str(folder / "tuning")]
    begun = time.time()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"note": f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}"}
    shutil.rmtree(folder / "program", ignore_errors=True)
    for file in (folder / "tuning" / "program").iterdir():
        shutil.copy(file, folder / file.name)
    trials = [json.loads(line) for line in (folder / "tuning" / "trials.jsonl").read_text().splitlines()]
    return {"tuning_s": round(time.time() - begun, 1), **search_facts(trials)}


def search_facts(trials):
    """How far the search came from its first correct kernel, as it measured itself."""
    times = [trial["measured_us"] for trial in trials
             if trial.get("status") == "verified" and trial.get("measured_us")]
    if not times:
        return {"trials": len(trials)}
    return {"trials": len(trials), "first_us": round(times[0], 2), "tuned_us": round(min(times), 2),
            "gain": round(times[0] / min(times), 1)}


def run_apart(case, folder, repeats, seconds):
    """run() in a process of its own: a hang or a fault loses that row only."""
    context = multiprocessing.get_context("fork")  # this process never touches the GPU
    receiver, sender = context.Pipe(duplex=False)

    def child():
        try:
            sender.send(run(case, folder, repeats))
        except Exception as error:  # reported by the parent as this row's result
            sender.send({"case": folder.name, "correct": False, "met": False, "note": str(error)})

    process = context.Process(target=child, daemon=True)
    process.start()
    row = {"case": folder.name, "correct": False, "met": False, "note": f"no result within {seconds} s"}
    if receiver.poll(seconds):
        try:
            row = receiver.recv()
        except EOFError:
            row["note"] = "the process died"
    process.kill()
    process.join()
    return row


def describe_device():
    device = torch.cuda.get_device_properties(0)
    return {"device": device.name, "torch": torch.__version__, "cuda": torch.version.cuda}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, help="folder for kernels.json and kernels.md")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--only", help="cases whose names hold this text")
    parser.add_argument("--seconds", type=float, default=60, help="time limit of a case")
    parser.add_argument("--tune", metavar="TOOL", help="qimeng-tune, to make the programs first")
    parser.add_argument("--examples", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2] / "docs/examples")
    parser.add_argument("--budget", type=int, default=64, help="trials of a search")
    arguments = parser.parse_args()
    rows, searches = [], {}
    for case in CASES if arguments.tune else []:
        if not arguments.only or arguments.only in case.name:
            folder = arguments.programs / case.name
            folder.mkdir(parents=True, exist_ok=True)
            searches[case.name] = tune(case, arguments.tune, arguments.examples, arguments.budget, folder)
            print(case.name, searches[case.name], flush=True)
    found = sorted(path.parent for path in arguments.programs.glob("*/program.json"))
    for case, folder in [(case, folder) for case in CASES for folder in found if folder.name.split("@")[0] == case.name]:
        if arguments.only and arguments.only not in folder.name:
            continue
        row = run_apart(case, folder, arguments.repeats, arguments.seconds)
        log = folder / "tuning" / "trials.jsonl"
        if folder.name not in searches and log.exists():
            searches[folder.name] = search_facts([json.loads(line) for line in log.read_text().splitlines()])
        row.update(searches.get(folder.name, {}))
        print({key: value for key, value in row.items() if value != ""}, flush=True)
        rows.append(row)
    text = table(rows)
    print(text)
    if arguments.output:
        arguments.output.mkdir(parents=True, exist_ok=True)
        facts = describe_device()
        facts.update({"date": time.strftime("%Y-%m-%d"), "repeats": arguments.repeats})
        (arguments.output / "kernels.json").write_text(json.dumps({"facts": facts, "rows": rows}, indent=1) + "\n")
        head = "# Kernels against PyTorch's libraries\n\n" + __doc__.split("\n\n", 2)[2].strip() + "\n\n"
        head += ", ".join(f"{key} {value}" for key, value in facts.items()) + "\n\n"
        (arguments.output / "kernels.md").write_text(head + text + "\n")
    return 0 if rows and all(row["met"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
