# What the lit suite and the unit tests have in common: which assembler and which
# python3 their tests run.

import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "dev"))
from find_ptxas import find_ptxas  # noqa: E402


def set_assembler(config, has_library):
    """Whether cubins can be made: with the ptxas that QIMENG_PTXAS names, else with the
    library that was built in, else with a ptxas that is found here, under the user's
    own HOME. Tests see QIMENG_PTXAS=none where they cannot."""
    if has_library and not os.environ.get("QIMENG_PTXAS"):
        return True
    ptxas, _ = find_ptxas()
    config.environment["QIMENG_PTXAS"] = ptxas or "none"
    return ptxas is not None


def set_python(config):
    """Puts a python3 that has numpy first in the tests' PATH: Debian's, which
    tools/dev/setup gives it, where the one in PATH lacks it. Without any the tests of
    expressions fail, and say so."""
    path = config.environment["PATH"]
    python = shutil.which("python3", path=path)
    for candidate in filter(None, (python, "/usr/bin/python3")):
        try:
            tried = subprocess.run([candidate, "-c", "import numpy"], env=config.environment, capture_output=True, check=False)
        except OSError:
            continue
        if tried.returncode != 0:
            continue
        if candidate != python:
            folder = os.path.join(config.test_exec_root, "programs")
            os.makedirs(folder, exist_ok=True)
            link = os.path.join(folder, "python3")
            if not os.path.lexists(link):
                os.symlink(candidate, link)
            config.environment["PATH"] = folder + os.pathsep + path
        return
