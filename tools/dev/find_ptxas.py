#!/usr/bin/env python3
"""Prints the ptxas that QiMeng uses where NVIDIA's PTX compiler library was not built
in, or says why there is none (exit code 1). With the argument `library`: that library,
as CMake finds it (cmake/QiMengPtxCompiler.cmake).

Looked at in this order, the same as in lib/Target; the first that is new enough
wins, and QIMENG_PTXAS is taken as it is:
    $QIMENG_PTXAS
    PATH
    $CUDA_HOME/bin, $CUDA_PATH/bin
    /usr/local/cuda/bin
    ${XDG_DATA_HOME:-~/.local/share}/qimeng/cuda/bin     (tools/dev/setup puts it there)
"""

import os
import re
import shutil
import subprocess
import sys

# The first release that knows sm_120a.
OLDEST = (12, 8)


def data_home():
    return os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")


def wheel_ptxas():
    """Where tools/dev/setup puts the ptxas of NVIDIA's wheel."""
    return os.path.join(data_home(), "qimeng", "cuda", "bin", "ptxas")


def release(ptxas):
    """(major, minor) of a ptxas, or None where it does not run."""
    try:
        text = subprocess.run([ptxas, "--version"], capture_output=True, text=True, errors="replace", timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"release (\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def find_ptxas():
    """(path, reason): the path or None, and then why."""
    asked = os.environ.get("QIMENG_PTXAS")
    if asked:
        found = release(asked)
        if found is None:
            return None, f"QIMENG_PTXAS={asked} does not run."
        if found < OLDEST:
            return None, f"QIMENG_PTXAS={asked} is of CUDA {found[0]}.{found[1]}; {OLDEST[0]}.{OLDEST[1]} or newer is needed."
        return asked, ""

    candidates = [shutil.which("ptxas")]
    for variable in ("CUDA_HOME", "CUDA_PATH"):
        if os.environ.get(variable):
            candidates.append(os.path.join(os.environ[variable], "bin", "ptxas"))
    candidates += ["/usr/local/cuda/bin/ptxas", wheel_ptxas()]
    too_old = []
    for candidate in candidates:
        found = release(candidate) if candidate else None
        if found is None:
            continue
        if found >= OLDEST:
            return candidate, ""
        too_old.append(f"{candidate} is of CUDA {found[0]}.{found[1]}, {OLDEST[0]}.{OLDEST[1]} or newer is needed")
    return None, "; ".join(dict.fromkeys(too_old)) or "no ptxas in PATH, CUDA_HOME, /usr/local/cuda or " + wheel_ptxas()


def find_library():
    """(path, reason) of the PTX compiler library, as find_ptxas."""
    folders = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda"]
    for folder in filter(None, folders + [os.path.join(data_home(), "qimeng", "cuda")]):
        for name in ("lib64", "lib"):
            archive = os.path.join(folder, name, "libnvptxcompiler_static.a")
            if not os.path.exists(archive) or not os.path.exists(os.path.join(folder, "include", "nvPTXCompiler.h")):
                continue
            # The archive does not say its release; a toolkit's ptxas does.
            program = os.path.join(folder, "bin", "ptxas")
            if not os.path.exists(program) or (release(program) or OLDEST) >= OLDEST:
                return archive, ""
    return None, "no CUDA toolkit has libnvptxcompiler_static.a"


if __name__ == "__main__":
    path, reason = find_library() if sys.argv[1:] == ["library"] else find_ptxas()
    if path is None:
        print(reason, file=sys.stderr)
        sys.exit(1)
    print(path)
