# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The benchmark script around its measurements: searches that die, logs, tables, time."""

import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import textwrap
import time
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
from qimeng import benchmark  # noqa: E402

# What qimeng-tune does, and what may happen to it, by the case.
TOOL = """\
    #!{python}
    import json, os, pathlib, signal, sys, time
    program, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[-1])
    case = program.stem
    log = [{{"step": 0, "status": "verified", "measured_us": 5800.0}},
           {{"step": 1, "status": "refused"}},
           {{"step": 2, "status": "verified", "measured_us": 190.0}},
           {{"step": 3, "status": "verified", "measured_us": 9000.0, "cut_off": True, "samples": 3}}]
    if case.startswith("layernorm"):
        (output / "trials.jsonl").write_text(json.dumps(log[0]) + "\\n" + json.dumps(log[2])[:20])
        os.kill(os.getpid(), signal.SIGSEGV)
    hung = output.parent.parent / f"{{case}}-hung"
    if case == "rmsnorm_bf16_65536x1024" or case.startswith("rmsnorm") and not hung.exists():
        hung.touch()
        print("working", flush=True)
        time.sleep(60)
    if case.startswith("elementwise"):
        print("progress\\nqimeng-tune: error: no candidate was right", file=sys.stderr)
        sys.exit(1)
    (output / "program").mkdir()
    (output / "program" / "program.json").write_text("{{}}")
    (output / "trials.jsonl").write_text("".join(json.dumps(trial) + "\\n" for trial in log))
"""


def fake_run_apart(case, folder, arguments, seconds):
    assert (folder / "program.json").exists()
    return {"case": folder.name, "correct": True, "met": True, "ours_us": 190.5, "eager_us": 240.0, "compile_us": 200.25,
            "error": 1e-3, "eager_error": 2e-3}


class Benchmark(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.tool = self.folder / "fake-tune"
        self.tool.write_text(textwrap.dedent(TOOL).format(python=sys.executable))
        self.tool.chmod(0o755)
        for name, value in (("run_apart", fake_run_apart), ("torch", object()), ("GRACE", 0.5),
                            ("describe_device", lambda: {"device": "Fake GPU"})):
            patch = mock.patch.object(benchmark, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        patch = mock.patch.object(benchmark.runtime, "load_library")
        patch.start()
        self.addCleanup(patch.stop)

    def run_script(self, *words):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            code = benchmark.main([str(self.folder / "programs"), *map(str, words)])
        return code, output.getvalue()

    def test_every_case_has_an_example(self):
        self.assertEqual(len(benchmark.CASES), 10)
        code, text = self.run_script("--tune", self.tool, "--dry-run")
        self.assertEqual(code, 0)
        self.assertEqual(text.count("--device=0"), 10)
        self.assertFalse((self.folder / "programs").exists())
        self.assertEqual(self.run_script("--tune", self.tool, "--dry-run", "--only=softmax")[1].count("--device=0"), 2)

    def test_a_search_that_dies_loses_its_row_only(self):
        tables = self.folder / "tables"
        begun = time.monotonic()
        code, _ = self.run_script("--tune", self.tool, "--output", tables, "--tune-seconds=1", "--total-seconds=300")
        self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(code, 1)
        rows = {row["case"]: row for row in json.loads((tables / "kernels.json").read_text())["rows"]}
        self.assertEqual(set(rows), {case.name for case in benchmark.CASES})
        good = rows["softmax_bf16_8192x16384"]
        self.assertEqual((good["first_us"], good["tuned_us"], good["gain"]), (5800.0, 190.0, 30.5))
        self.assertEqual((good["trials"], good["cut_off"], good["best_trial"]), (4, 1, 2))
        self.assertEqual((good["ours_us"], good["compile_us"], good["met"]), (190.5, 200.25, True))
        killed = rows["layernorm_bf16_8192x16384"]
        self.assertIn("was ended by signal 11", killed["note"])
        self.assertEqual((killed["met"], killed["trials"], killed["first_us"]), (False, 1, 5800.0))
        self.assertNotIn("ours_us", killed)
        self.assertIn("did not end within 2 s", rows["rmsnorm_bf16_65536x1024"]["note"])
        asked_again = rows["rmsnorm_bf16_8192x16384"]
        self.assertEqual((asked_again["gain"], asked_again["met"]), (30.5, True))
        self.assertIn("ended with 1: progress qimeng-tune: error: no candidate was right", rows["elementwise5_f32"]["note"])
        text = (tables / "kernels.md").read_text()
        self.assertIn("device Fake GPU", text)
        self.assertEqual(text.count("\n| softmax"), 2)
        self.assertIn("\n- elementwise5_f32: fake-tune ended with 1", text)
        self.assertEqual(set(os.listdir(tables)), {"kernels.json", "kernels.md"})

    def test_no_older_program_stands_in_for_a_failed_search(self):
        old = self.folder / "programs" / "elementwise5_f32"
        old.mkdir(parents=True)
        (old / "program.json").write_text("{}")
        self.run_script("--tune", self.tool, "--only=elementwise5", "--output", self.folder / "tables")
        self.assertFalse((old / "program.json").exists())
        (row,) = json.loads((self.folder / "tables" / "kernels.json").read_text())["rows"]
        self.assertFalse(row["met"])

    def test_without_tuning_all_variants_are_measured(self):
        for name in ("softmax_bf16_8192x16384", "softmax_bf16_8192x16384@rows", "other"):
            folder = self.folder / "programs" / name
            (folder / "tuning").mkdir(parents=True)
            (folder / "program.json").write_text("{}")
        log = self.folder / "programs" / "softmax_bf16_8192x16384" / "tuning" / "trials.jsonl"
        log.write_text(json.dumps({"step": 0, "status": "verified", "measured_us": 100.0}) + "\n")
        code, _ = self.run_script("--output", self.folder / "tables")
        self.assertEqual(code, 0)
        rows = json.loads((self.folder / "tables" / "kernels.json").read_text())["rows"]
        self.assertEqual([row["case"] for row in rows], ["softmax_bf16_8192x16384", "softmax_bf16_8192x16384@rows"])
        self.assertEqual([row.get("trials") for row in rows], [1, None])

    def test_missing_things_are_said(self):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(self.run_script("--tune", self.tool, "--examples", self.folder)[0], 2)
            with mock.patch.object(benchmark, "torch", None):
                self.assertEqual(self.run_script("--tune", self.tool)[0], 3)
            benchmark.runtime.load_library.side_effect = benchmark.runtime.Error("cannot load the library")
            self.assertEqual(self.run_script("--tune", self.tool)[0], 3)
        self.assertIn("has no example for gemm_bias_gelu_bf16_4096", said.getvalue())
        self.assertIn("no PyTorch", said.getvalue())
        self.assertIn("cannot load the library", said.getvalue())
        self.assertFalse((self.folder / "programs").exists())
        code, message = benchmark.run_limited([str(self.folder / "nothing")], 1)
        self.assertEqual(code, 127)
        self.assertIn("nothing", message)

    def test_searches_share_the_time(self):
        clock = benchmark.Clock(420, 10)
        self.assertAlmostEqual(clock.for_tuning(100), 42 - benchmark.MEASURING, delta=1)
        self.assertEqual(clock.for_tuning(20), 20)
        clock.cases = 1
        self.assertEqual(clock.for_tuning(30), 30)
        self.assertEqual(benchmark.Clock(1, 1).for_measuring(60), 5)

    def test_facts_of_a_search_without_a_right_candidate(self):
        self.assertEqual(benchmark.search_facts([{"step": 0, "status": "failed"}]), {"trials": 1, "cut_off": 0})


if __name__ == "__main__":
    unittest.main()
