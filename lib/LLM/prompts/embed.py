#!/usr/bin/env python3
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What prompts are made of, as C++: embed.py OUT DIALECT.json FILE...

DIALECT.json is llvm-tblgen's dump of the dialect's operations. A FILE is a
template (*.md) or a lit test of the actions (*.mlir). The worked examples are
cut out of the tests, so they stay true: what stands between

    // EXAMPLE: tile @matmul sizes = [128]
    // END EXAMPLE

without comments; ` | ` separates steps that the same text shows. A rewrite's example has the answer after `// ANSWER`.
"""
import json
import os
import re
import sys
import textwrap


def literal(text):
    """A C++ raw string; compilers limit the length of one."""
    assert ')~~"' not in text
    pieces = [text[i : i + 8000] for i in range(0, len(text), 8000)] or [""]
    return "\n".join('R"~~(' + piece + ')~~"' for piece in pieces)


def syntax(record, records):
    """The assembly format as a reader of grammars writes it: {optional}, $value."""
    name = "qimeng." + record["opName"]
    form = record.get("assemblyFormat") or ""
    if not form:
        # Written by hand: the description's example is the best there is.
        example = re.search(r"```mlir\n(.*?)```", record["description"], re.S)
        return textwrap.dedent(example.group(1)).strip() if example else name
    form = " ".join(form.split()).removeprefix("`` ")
    form = re.sub(r"\(((?:`[^`]*`|[^()`]|\([^()]*\))*)\)\?", r"{\1}", form)
    for argument, value in record["arguments"]["args"]:
        kind = records[argument["def"]]
        if kind.get("baseAttr"):
            kind = records[kind["baseAttr"]["def"]]
        if kind["!name"] == "UnitAttr":
            form = re.sub(rf" ?\${value}\b\^?", "", form)
        elif kind.get("enum"):
            words = [records[case["def"]]["str"] for case in records[kind["enum"]["def"]]["enumerants"]]
            words = "|".join(words)
            if "<" in kind["assemblyFormat"]:
                words = "<" + words + ">"
            form = re.sub(rf"\${value}\b\^?", words, form)
    form = form.replace("attr-dict", "").replace("^", "").replace("`", "")
    form = re.sub(r"type\(\$(\w+)\)", r"type(\1)", form)
    form = re.sub(r"([(\[]) ", r"\1", re.sub(r"\s+([,)\]}])", r"\1", form))
    form = re.sub(r"\s+", " ", form).replace("{ ", "{").strip()
    result = "%r = " if record["results"]["args"] else ""
    return f"{result}{name} {form}"


def dialect(path):
    with open(path, encoding="utf-8") as file:
        records = json.load(file)
    for name in sorted(records["!instanceof"]["QiMeng_Op"]):
        record = records[name]
        yield "qimeng." + record["opName"], syntax(record, records), record["summary"]


def examples(path):
    """(action, step, text before, answer) of a lit test."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    step, before, answer, current = None, [], [], None
    for line in lines:
        opening = re.match(r"// EXAMPLE: (.*)$", line)
        if opening:
            if step is not None:
                sys.exit(f"{path}: an example within an example")
            step, before, answer = opening.group(1).strip(), [], []
            current = before
        elif line.startswith("// END EXAMPLE"):
            if step is None:
                sys.exit(f"{path}: END EXAMPLE without an example")
            for one in step.split(" | "):
                yield one.split()[0], one, "\n".join(before).strip(), "\n".join(answer).strip()
            step, current = None, None
        elif line.startswith("// ANSWER"):
            current = answer
        elif current is not None and not line.lstrip().startswith("//"):
            current.append(line)
    if step is not None:
        sys.exit(f"{path}: an example does not end")


def main():
    out, tablegen, *files = sys.argv[1:]
    text = "// Made by lib/LLM/prompts/embed.py. Do not edit.\n"
    text += "static const EmbeddedFile embeddedTemplates[] = {\n"
    for path in files:
        if path.endswith(".md"):
            with open(path, encoding="utf-8") as file:
                text += f'{{"{os.path.basename(path)}", {literal(file.read())}}},\n'
    text += "};\nstatic const DialectOp embeddedOps[] = {\n"
    for name, form, summary in dialect(tablegen):
        text += f'{{"{name}", {literal(form)}, {literal(summary)}}},\n'
    text += "};\nstatic const EmbeddedExample embeddedExamples[] = {\n"
    for path in files:
        if path.endswith(".mlir"):
            for action, step, before, answer in examples(path):
                text += f"{{{literal(action)}, {literal(step)}, {literal(before)}, {literal(answer)}}},\n"
    text += "};\n"
    aside = out + ".new"
    with open(aside, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(aside, out)


if __name__ == "__main__":
    main()
