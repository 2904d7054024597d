"""How names and values of a filter are written, and read back. Owns keywords and escapes; grammar.lark, the rest."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

Value = str | float | bool

POINTER: Final = "/filter"
KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "IN", "TO", "EXISTS", "TRUE", "FALSE"})
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_EXACT = 2**53


def is_keyword(word: str) -> bool:
    """Only ASCII counts: `ın` in capitals is `IN`, and yet another word."""
    return word.isascii() and word.upper() in KEYWORDS


def write_name(name: str) -> str:
    """A field's name as a filter writes it: in backticks unless it is one plain word."""
    if _is_word(name) and not is_keyword(name):
        return name
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def read_name(written: str) -> str:
    """Names are NFC everywhere."""
    name = _ESCAPED.sub(r"\1", written[1:-1]) if written.startswith("`") else written
    return unicodedata.normalize("NFC", name)


def write_value(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case _:
            return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)


def read_text(written: str) -> str:
    return _ESCAPED.sub(r"\1", written[1:-1])


def read_number(written: str) -> float:
    """Infinite where the number is too large for any value."""
    return float(written) + 0.0  # no minus zero


def at_column(column: int | None, sentence: str) -> str:
    """The sentence with its place in the filter's text, from 1; JSON has none."""
    return sentence if column is None else f"At column {column}: {sentence}"


def _is_word(name: str) -> bool:
    """Letters, marks, digits and `_`, of which a letter or `_` is first: what the grammar takes without backticks."""
    kinds = [unicodedata.category(letter) for letter in name.replace("_", "a")]
    return kinds[:1] != [] and kinds[0][0] == "L" and all(kind[0] in "LM" or kind == "Nd" for kind in kinds)
