"""Tunes every shipped example for one architecture with a few trials, and asks of what was found
that its kernels assemble, without spills and without a word of the assembler (serialized products,
C75xx). Prints one line per example; exits with 1 when one has neither.

usage: examples.py EXAMPLES ARCHITECTURE FOLDER"""

import pathlib
import re
import subprocess
import sys

examples, architecture, folder = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
folder.mkdir(parents=True)
failures = 0
for example in sorted(examples.glob("*.mlir")):
    out = folder / example.stem
    tune = subprocess.run(["qimeng-tune", example, f"--arch={architecture}", "--budget=4", "--device=none", "--quiet",
                           f"--store={folder}/trials.db", "-o", out], capture_output=True, text=True)
    # Once more, for the assembler's report on what was left behind.
    again = subprocess.run(["qimeng-translate", out / "kernels.mlir", f"--arch={architecture}", "--to=program", "--report",
                            "-o", folder / f"{example.stem}-program"], capture_output=True, text=True)
    said = tune.stderr + again.stderr
    kernels = re.findall(r"^(\w+): \d+ registers, .* (\d+) \+ (\d+) bytes spill stores \+ loads$", again.stderr, re.M)
    cubins = [path for path in out.glob("*.cubin") if path.read_bytes()[:4] == b"\x7fELF"]
    good = (tune.returncode == 0 and again.returncode == 0 and kernels and len(cubins) == len(kernels)
            and all(stores == loads == "0" for _, stores, loads in kernels) and not re.search(r"C75\d\d|warning", said))
    failures += not good
    print(f"{'ok' if good else 'FAILED'} {example.stem}: {len(kernels)} kernels" + ("" if good else "\n" + said), flush=True)
sys.exit(failures > 0)
