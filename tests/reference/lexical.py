"""Whether an item holds every word of a text. Owns what a word is; how near a word is to another is nobody's here."""

from __future__ import annotations

import re
import unicodedata

import snowballstemmer

from tests.reference.values import Item, Types, fold, written

_STEM = snowballstemmer.stemmer("english").stemWord


def holds(item: Item, text: str, types: Types) -> bool:
    wanted = {_STEM(run) for run in runs(text)}
    return bool(wanted) and wanted <= tokens(item, types)


def tokens(item: Item, types: Types) -> set[str]:
    """Of title, captions, string attributes and sku."""
    fields = ["title", "caption", "sku", *(name for name in item["attributes"] if types[name] == "string")]
    return {token for field in fields for value in written(item, field) for token in tokens_of(value)}


def tokens_of(text: str) -> set[str]:
    """The runs; of a mixed run its parts too; and letters beside digits joined over one space or hyphen."""
    folded = fold(text)
    parts = [part for run in runs(text) for part in re.findall(r"\d+|\D+", run)]
    joined = [re.sub("[ -]", "", match) for match in re.findall(r"(?=(\b[^\W\d_]+[ -]\d+\b))", folded)]
    joined += [re.sub("[ -]", "", match) for match in re.findall(r"(?=(\b\d+[ -][^\W\d_]+\b))", folded)]
    return {_STEM(token) for token in (*runs(text), *parts, *joined)}


def runs(text: str) -> list[str]:
    """Letters and digits with the marks on them."""
    spaced = "".join(letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in fold(text))
    return spaced.split()
