# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests qimeng.runtime on the program of CApiTest.cpp and the fake driver, where a
host array is device memory."""

import ctypes
import importlib.util
import pathlib
import sys

# The module alone: the package may want PyTorch.
source = pathlib.Path(__file__).resolve().parents[3] / "python" / "qimeng" / "runtime.py"
specification = importlib.util.spec_from_file_location("runtime", source)
runtime = importlib.util.module_from_spec(specification)
specification.loader.exec_module(runtime)
assert "torch" not in sys.modules


class Tensor:
    def __init__(self, value, shape=(4, 32), dtype="torch.float32"):
        self.data = (ctypes.c_float * 128)(*[value] * 128)
        self.shape, self.dtype = shape, dtype

    def data_ptr(self):
        return ctypes.addressof(self.data)


class DeviceTensor(Tensor):
    """One that tells all that PyTorch's do; its kind is remembered from call to call."""

    def __init__(self, *arguments, contiguous=True, is_cuda=True, **keywords):
        super().__init__(*arguments, **keywords)
        self.contiguous, self.is_cuda, self.device = contiguous, is_cuda, "cpu"

    def is_contiguous(self):
        return self.contiguous


def error_of(call):
    try:
        call()
    except runtime.Error as error:
        return str(error)
    raise AssertionError("no error")


program = runtime.Program(sys.argv[1])
assert program.name == "twice"
assert program.inputs == [("a", "f32", (4, 32)), ("b", "f32", (4, 32))], program.inputs
assert program.outputs == [("c", "f32", (4, 32))], program.outputs
a, b, c = Tensor(1), Tensor(2), Tensor(0)
program(a, b, c)
assert list(c.data) == [5.0] * 128
assert "2 inputs and 1 outputs, 2 tensors" in error_of(lambda: program(a, b))
assert "shape [4, 32], a tensor of shape [8, 16]" in error_of(lambda: program(a, b, Tensor(0, (8, 16))))
assert "is float32, a tensor of float16" in error_of(lambda: program(a, Tensor(0, dtype="torch.float16"), c))
a, b, c = DeviceTensor(1), DeviceTensor(2), DeviceTensor(0)
for _ in range(2):
    program(a, b, c)
    assert list(c.data) == [5.0] * 128
    assert "must be contiguous" in error_of(lambda: program(a, DeviceTensor(2, contiguous=False), c))
    assert "must be on the GPU" in error_of(lambda: program(a, DeviceTensor(2, is_cuda=False), c))
    assert "is float32, a tensor of float16" in error_of(lambda: program(DeviceTensor(0, dtype="torch.float16"), b, c))
    assert "a tensor of shape [8, 16]" in error_of(lambda: program(a, b, DeviceTensor(0, (8, 16))))
assert "No such file" in error_of(lambda: runtime.Program("/nonexistent"))
