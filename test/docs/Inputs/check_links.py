"""Prints the links of the repository's pages that lead nowhere."""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1]).resolve()
wrong = 0
for page in sorted([root / "README.md", *(root / "docs").rglob("*.md")]):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target and not (page.parent / target).exists():
            print(f"{page.relative_to(root)}: {target}")
            wrong += 1
sys.exit(wrong > 0)
