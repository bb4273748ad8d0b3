# The lit suite: every .mlir and .test file under test/, save test/unit (its own
# suite) and folders named Inputs. A file dropped into a folder is a test.
#
# Features for REQUIRES and UNSUPPORTED:
#   assembler   cubins can be made; without it QIMENG_PTXAS=none in tests
#   gpu         the CUDA driver is there and sees a device; without it
#               test/device is left out
# Substitutions: %examples (docs/examples), and lit's own (%s, %t, ...).

import ctypes
import os
import sys

import lit.formats
import lit.util

config.name = "QiMeng"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "unit"]

path = [config.qimeng_tools_dir, config.llvm_tools_dir, os.environ.get("PATH", "")]
config.environment["PATH"] = os.pathsep.join(p for p in path if p)

# Tests neither read nor leave behind what a user has: trial stores, caches.
home = os.path.join(config.test_exec_root, "home")
os.makedirs(home, exist_ok=True)
config.environment["HOME"] = home
for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
    config.environment.pop(variable, None)
for variable in ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]
config.environment["NO_COLOR"] = "1"

sys.path.insert(0, config.test_source_root)
sys.dont_write_bytecode = True
import environment  # noqa: E402

environment.set_python(config)
if environment.set_assembler(config, config.qimeng_has_ptx_compiler):
    config.available_features.add("assembler")


def has_gpu():
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int(0)
    return cuda.cuInit(0) == 0 and cuda.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


if has_gpu():
    config.available_features.add("gpu")
    # A time is believed only when nothing else runs on the device.
    lit_config.parallelism_groups["device"] = 1
else:
    config.excludes.append("device")

examples = os.path.join(config.test_source_root, "..", "docs", "examples")
config.substitutions.append(("%examples", os.path.normpath(examples)))

# A test that hangs is a failed test, not a hung suite.
supported, _ = lit.util.killProcessAndChildrenIsSupported()
if supported and not lit_config.maxIndividualTestTime:
    lit_config.maxIndividualTestTime = 600
