"""The pages that explain each type of problem, read from their files. Owns no text; routes are pages/contract.py's.

A page is Markdown: a title, a line with status and code, what it means, and an example answer in a JSON block, which
the OpenAPI document shows too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

FOLDER = Path(__file__).parent / "pages" / "problems"
_PAGE = re.compile(
    r"# (?P<title>[^\n]+)\n\n(?P<status>\d{3}) · `(?P<code>[a-z-]+)`\n\n(?P<text>(?P<meaning>.+?)\n\n.*?"
    r"```json\n(?P<example>\{.*?\})\n```\n)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Explained:
    """A type of problem for people: `meaning` is its first paragraph, `text` all of its Markdown but the head."""

    code: str
    title: str
    status: int
    meaning: str
    text: str
    example: Mapping[str, Any]


@cache
def explained() -> Mapping[str, Explained]:
    """All pages, by code. Raises ValueError that names a file which is not of the form."""
    return MappingProxyType({path.stem: _read(path) for path in sorted(FOLDER.glob("*.md"))})


def _read(path: Path) -> Explained:
    page = _PAGE.fullmatch(path.read_text("utf-8"))
    if page is None or page["code"] != path.stem:
        raise ValueError(f"{path.name} is no page of a problem: title, status · `code`, meaning, JSON example.")
    return Explained(
        code=path.stem,
        title=page["title"],
        status=int(page["status"]),
        meaning=page["meaning"].replace("\n", " "),
        text=page["text"],
        example=json.loads(page["example"]),
    )
