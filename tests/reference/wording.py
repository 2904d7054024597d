"""A filter of the JSON form as a person may write it: in any case, any spaces, with more brackets or fewer."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from tests.reference.filters import Tree

_KEYWORDS = {"and", "or", "not", "in", "exists", "to", "true", "false"}
_LOOSE, _AND, _NOT = 0, 1, 2  # how tightly what stands around binds


def worded(tree: Tree, chance: Random, around: int = _LOOSE) -> str:
    match tree:
        case {"and": [part]} | {"or": [part]}:
            return worded(part, chance, around)
        case {"and": parts}:
            return _joined("AND", [worded(part, chance, _AND) for part in parts], chance, around, _AND)
        case {"or": parts}:
            return _joined("OR", [worded(part, chance, _LOOSE) for part in parts], chance, around, _LOOSE)
        case {"not": part}:
            return _bracketed(f"{_word('NOT', chance)} {worded(part, chance, _NOT)}", chance)
        case _:
            return _bracketed(_condition(tree, chance), chance)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a seed, not a secret


def name(field: str, chance: Random) -> str:
    """In backticks where it must, and now and then where it need not."""
    is_plain = re.fullmatch(r"[^\W\d]\w*", field) and field.casefold() not in _KEYWORDS
    if is_plain and chance.random() < 0.8:
        return field
    return "`" + re.sub(r"([\\`])", r"\\\1", field) + "`"


def literal(value: Any, chance: Random) -> str:
    if isinstance(value, bool):
        return _word(str(value), chance)
    if isinstance(value, str):
        return '"' + re.sub(r'([\\"])', r"\\\1", value) + '"'
    return repr(value)


def _joined(keyword: str, parts: list[str], chance: Random, around: int, own: int) -> str:
    text = parts[0]
    for part in parts[1:]:
        text += f"{_gap(chance)}{_word(keyword, chance)}{_gap(chance)}{part}"
    return f"({text})" if own < around else _bracketed(text, chance)


def _bracketed(text: str, chance: Random) -> str:
    return f"({text} )" if chance.random() < 0.15 else text


def _condition(tree: Tree, chance: Random) -> str:
    field, op, value = name(tree["field"], chance), tree["op"], tree.get("value", ())
    if op == "EXISTS":
        return f"{field} {_word(op, chance)}"
    if op == "TO":
        low, high = (literal(each, chance) for each in value)
        return f"{field} {low} {_word(op, chance)} {high}"
    if op in ("IN", "NOT IN"):
        listed = ",".join(_gap(chance) + literal(each, chance) for each in value)
        return f"{field} {_word(op, chance)} [{listed}]"
    space = " " if chance.random() < 0.7 else ""
    return f"{field}{space}{op}{space}{literal(value, chance)}"


def _word(keyword: str, chance: Random) -> str:
    return chance.choice([keyword, keyword.lower(), keyword.title()])


def _gap(chance: Random) -> str:
    return chance.choice([" ", " ", "  ", "\t"])
