# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Evaluates a user's expression on arrays: oneliner.py FOLDER

FOLDER/question.json holds {"expression": "a @ b + c", "arguments": ["bf16", ...],
"trials": N}. With N = 0 the expression is compiled and its modules are imported, no
more. Otherwise argument i of trial t is FOLDER/t.i.npy, floats as float64 (every value
fits its type), and result i of trial t becomes FOLDER/t.i.out, row-major float64, or
int64 for integers; FOLDER/answer.json lists their types and shapes:
[[["float", [8, 4]], ...], ...].

In the expression a, b, c, ... are the arguments in their order. np (numpy) and math are
there, torch and F (torch.nn.functional) where the expression names them, in which case
the arguments are tensors; erf(x) works on arrays.

Exit codes: 0 done; 3 python lacks a module; 4 the text is no expression; 5 it fails on
the arguments. The last line of the output is the reason.
"""

import ast
import builtins
import json
import os
import string
import sys
import types


def stop(code, reason):
    # One line: it goes into a message.
    print(" ".join(str(reason).split())[:1000])
    sys.stdout.flush()
    os._exit(code)


def describe(error):
    text = str(error)
    return type(error).__name__ + (": " + text if text else "")


def compile_expression(text):
    try:
        tree = ast.parse(text.strip(), mode="eval")
        code = compile(tree, "expression", "eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        stop(4, describe(error))
    loaded, stored = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, ast.arg):
            stored.add(node.arg)
    names = loaded - stored
    known = {"np", "numpy", "math", "erf", "torch", "F"} | set(string.ascii_lowercase) | set(dir(builtins))
    for name in sorted(names - known):
        stop(4, f"'{name}' is not defined; there are the arguments a, b, c, ..., np, math, erf, torch and F")
    return tree, code, names


def check_attributes(tree, names, there):
    """np.maximun and the like: no arguments are needed to see that."""
    for node in ast.walk(tree):
        path = []
        while isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        value = there.get(node.id) if isinstance(node, ast.Name) and node.id in names else None
        for place, name in enumerate(path):
            if not isinstance(value, types.ModuleType):
                break
            if not hasattr(value, name):
                stop(4, f"there is no {'.'.join([node.id, *path[: place + 1]])}")
            value = getattr(value, name)


def load_modules(names):
    try:
        import numpy
    except ImportError as error:
        stop(3, f"python3 ({sys.executable}) has no numpy, which --like needs: {error}; install it (pip install numpy)")
    import math

    there = {"np": numpy, "numpy": numpy, "math": math, "erf": numpy.vectorize(math.erf, otypes=[float])}
    if names & {"torch", "F"}:
        try:
            import torch
        except ImportError as error:
            stop(3, f"the expression uses torch, which python3 ({sys.executable}) does not have: {error}; install it "
                    "(pip install torch), or write the expression with numpy (np)")
        there["torch"], there["F"] = torch, torch.nn.functional
        there["erf"] = torch.erf
    return there


def to_array(value, numpy):
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        # numpy has no bfloat16.
        value = (value.double() if value.is_floating_point() else value).numpy()
    array = numpy.asarray(value)
    if array.dtype.kind == "f":
        return "float", numpy.asarray(array, dtype="<f8", order="C")
    if array.dtype.kind in "iub":
        return "integer", numpy.asarray(array, dtype="<i8", order="C")
    stop(5, f"the expression gives {type(value).__name__} of {array.dtype}; expected an array of numbers, or a tuple of them")


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "question.json"), encoding="utf-8") as file:
        question = json.load(file)
    tree, code, names = compile_expression(question["expression"])
    there = load_modules(names)
    check_attributes(tree, names, there)
    numpy = there["np"]
    letters = string.ascii_lowercase[: len(question["arguments"])]
    missing = sorted(names & set(string.ascii_lowercase) - set(letters)) if question["trials"] else []
    if missing:
        stop(5, f"the expression uses argument {missing[0]}, and the function has {len(letters)} ({', '.join(letters)})")
    answer = []
    for trial in range(question["trials"]):
        scope = dict(there)
        shown = []
        for number, letter in enumerate(letters):
            array = numpy.load(os.path.join(folder, f"{trial}.{number}.npy"), allow_pickle=False)
            shown.append(f"{letter} of shape {array.shape}")
            scope[letter] = there["torch"].from_numpy(array) if "torch" in there else array
        try:
            with numpy.errstate(all="ignore"):
                value = eval(code, scope)
        except MemoryError:
            stop(5, "the expression takes more memory than it may")
        except Exception as error:
            stop(5, f"{describe(error)} (with {', '.join(shown)})")
        results = list(value) if isinstance(value, (tuple, list)) else [value]
        answer.append([])
        for number, result in enumerate(results):
            kind, array = to_array(result, numpy)
            array.tofile(os.path.join(folder, f"{trial}.{number}.out"))
            answer[-1].append([kind, list(array.shape)])
    with open(os.path.join(folder, "answer.json"), "w", encoding="utf-8") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
