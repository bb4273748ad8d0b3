# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled programs, called on tensors: Program("out/program")(x, w, y).

A tensor is anything with data_ptr(), such as a torch.Tensor. It must lie dense and
row-major on the GPU; element type and shape are checked where the tensor tells
them (dtype, shape, is_contiguous)."""

import ctypes
import os
import pathlib


class Error(RuntimeError):
    """What the runtime says went wrong."""


def _find_library():
    named = os.environ.get("QIMENG_RUNTIME_LIBRARY")
    if named:
        return named
    name = "libqimeng_runtime.so"
    for folder in pathlib.Path(__file__).resolve().parents:
        for place in (folder, folder / "lib", folder / "build" / "lib"):
            if (place / name).exists():
                return str(place / name)
    return name


_library = None


def load_library():
    """The runtime library, which is loaded once. Without a GPU it loads, too."""
    global _library
    _library = _library or _open_library(_find_library())
    return _library


def _open_library(path):
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise Error(f"cannot load {path}: {error}; set QIMENG_RUNTIME_LIBRARY to libqimeng_runtime.so") from None
    text, number, handle = ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p
    for name, result, arguments in (
        ("LastError", text, []),
        ("ProgramLoad", handle, [text]),
        ("ProgramDestroy", None, [handle]),
        ("ProgramName", text, [handle]),
        ("ProgramNumInputs", number, [handle]),
        ("ProgramNumOutputs", number, [handle]),
        ("ProgramOperandName", text, [handle, number]),
        ("ProgramOperandType", text, [handle, number]),
        ("ProgramOperandRank", number, [handle, number]),
        ("ProgramOperandExtent", ctypes.c_int64, [handle, number, number]),
        ("ProgramRun", number, [handle, ctypes.POINTER(ctypes.c_uint64), number, handle]),
    ):
        function = getattr(library, "qimeng" + name)
        function.restype, function.argtypes = result, arguments
    return library


_TORCH_NAMES = {"f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64", "i1": "bool",
                "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64"}


def _kind(tensor):
    """What _check looks at, to be compared with another tensor's; None where some of it is missing."""
    try:
        return tensor.dtype, tensor.shape, tensor.is_contiguous(), tensor.is_cuda
    except AttributeError:
        return None


class Program:
    """A program folder, loaded onto the GPU of the current CUDA context."""

    def __init__(self, folder):
        self._handle = None
        self._library = load_library()
        self._handle = self._library.qimengProgramLoad(os.fspath(folder).encode())
        if not self._handle:
            raise Error(self._library.qimengLastError().decode())
        self.name = self._library.qimengProgramName(self._handle).decode()
        inputs = self._library.qimengProgramNumInputs(self._handle)
        outputs = self._library.qimengProgramNumOutputs(self._handle)
        operands = [self._operand(i) for i in range(inputs + outputs)]
        #: (name, element type, shape) of each
        self.inputs, self.outputs = operands[:inputs], operands[inputs:]
        self._operands, self._accepted = operands, [None] * len(operands)

    def _operand(self, index):
        rank = self._library.qimengProgramOperandRank(self._handle, index)
        shape = tuple(self._library.qimengProgramOperandExtent(self._handle, index, d) for d in range(rank))
        return (self._library.qimengProgramOperandName(self._handle, index).decode(),
                self._library.qimengProgramOperandType(self._handle, index).decode(), shape)

    def __call__(self, *tensors, stream=0):
        """Runs on `tensors`: the inputs, then the outputs, which are overwritten. `stream` is a
        CUstream as an integer (torch.cuda.current_stream().cuda_stream), or has it as cuda_stream.
        Does not wait."""
        operands = self._operands
        if len(tensors) != len(operands):
            raise Error(f"{self.name} takes {len(self.inputs)} inputs and {len(self.outputs)} outputs, "
                        f"{len(tensors)} tensors were given")
        addresses = (ctypes.c_uint64 * len(operands))()
        for i, (tensor, operand) in enumerate(zip(tensors, operands)):
            # The usual caller's tensors are like those of the call before.
            kind = _kind(tensor)
            if kind is None or kind != self._accepted[i]:
                self._check(tensor, *operand)
                self._accepted[i] = kind
            addresses[i] = tensor.data_ptr()
        stream = getattr(stream, "cuda_stream", stream)
        if self._library.qimengProgramRun(self._handle, addresses, len(operands), stream):
            raise Error(self._library.qimengLastError().decode())

    def _check(self, tensor, name, element, shape):
        where = f"{self.name}: operand {name}"
        found = getattr(tensor, "shape", shape)
        if tuple(found) != shape:
            raise Error(f"{where} has shape {list(shape)}, a tensor of shape {list(found)} was given")
        found = str(getattr(tensor, "dtype", _TORCH_NAMES[element])).removeprefix("torch.")
        if found != _TORCH_NAMES[element]:
            raise Error(f"{where} is {_TORCH_NAMES[element]}, a tensor of {found} was given")
        if not getattr(tensor, "is_contiguous", lambda: True)():
            raise Error(f"{where} must be contiguous: pass tensor.contiguous()")
        if not getattr(tensor, "is_cuda", True):
            raise Error(f"{where} must be on the GPU, a tensor on {tensor.device} was given")

    def __del__(self):
        if getattr(self, "_handle", None):
            self._library.qimengProgramDestroy(self._handle)
            self._handle = None
