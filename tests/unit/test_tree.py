"""The README's tree is the real one: a line for each folder, and no line for a folder that is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE_BY_USE = {"build", "checkpoint", "data", "secrets", "training"}  # at the top, where .gitignore names them
DEEPEST = 2


def folders(folder: Path, depth: int = 1) -> Iterator[str]:
    for entry in folder.iterdir():
        name = entry.name
        if not entry.is_dir() or name.startswith((".", "__")) or name.endswith(".egg-info"):
            continue
        if depth == 1 and name in MADE_BY_USE:
            continue
        if any(file.is_file() and "__pycache__" not in file.parts for file in entry.rglob("*")):
            yield entry.relative_to(ROOT).as_posix()
            if depth < DEEPEST:
                yield from folders(entry, depth + 1)


def documented() -> Iterator[str]:
    tree = re.search(r"## What is where\n\n```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert tree is not None
    parent = ""
    for line in tree[1].splitlines():
        name, purpose = line.split("/", 1)
        assert purpose.strip(), f"{name} has no purpose"
        parent = parent if line.startswith("  ") else name
        yield f"{parent}/{name.strip()}" if line.startswith("  ") else name


def test_the_tree_in_the_readme_is_the_real_one() -> None:
    assert sorted(documented()) == sorted(folders(ROOT))
