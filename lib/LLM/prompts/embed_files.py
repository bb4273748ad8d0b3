#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Files as C++ strings: embed_files.py OUT NAME=FILE...

Writes `static const char NAME[] = ...;` for each."""
import os
import sys

from embed import literal


def main():
    out, *files = sys.argv[1:]
    text = "// Made by lib/LLM/prompts/embed_files.py. Do not edit.\n"
    for entry in files:
        name, path = entry.split("=", 1)
        with open(path, encoding="utf-8") as file:
            text += f"static const char {name}[] = {literal(file.read())};\n"
    aside = out + ".new"
    with open(aside, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(aside, out)


if __name__ == "__main__":
    main()
