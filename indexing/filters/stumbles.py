"""Where a filter stumbles, and a piece of it written anew. Owns these two values; which mistake it was, mistakes.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lark import Token

VALUES: Final = frozenset({"STRING", "NUMBER", "TRUE", "FALSE"})
WORDS: Final = frozenset({"NAME", "NUMBER", "ODD"})
KEYWORDS: Final = frozenset({"_AND", "_OR", "_NOT", "_IN", "_TO", "_EXISTS", "TRUE", "FALSE"})
OPENERS: Final = frozenset({"OPERATOR", "_IN", "_EXISTS", "_NOT", "FOREIGN"})  # what follows a field's name
ENDS: Final = frozenset({"$END", "_AND", "_OR", "_RPAR"})  # what follows a condition
_SPACED = re.compile(r"[A-Za-z=<>!]")


@dataclass(frozen=True, slots=True)
class Stumble:
    """`tokens[at]` is the first that the parser could not take (past the last: the end); it `accepts` these types."""

    text: str
    tokens: tuple[Token, ...]
    at: int
    accepts: frozenset[str]

    @property
    def start(self) -> int:
        return span(self.tokens[self.at])[0] if self.at < len(self.tokens) else len(self.text.rstrip())

    def kind(self, offset: int = 0) -> str:
        """The type of the token so many further on."""
        place = self.at + offset
        return self.tokens[place].type if 0 <= place < len(self.tokens) else "$END" if place > 0 else "$START"

    @property
    def wants_value(self) -> bool:
        return "STRING" in self.accepts and "OPERATOR" not in self.accepts

    @property
    def wants_name(self) -> bool:
        return "NAME" in self.accepts

    @property
    def is_after_value(self) -> bool:
        return "_AND" in self.accepts and self.kind(-1) in VALUES

    @property
    def is_glued(self) -> bool:
        """Without a space behind the token before."""
        return 0 < self.at < len(self.tokens) and span(self.tokens[self.at - 1])[1] == self.start


@dataclass(frozen=True, slots=True)
class Mend:
    """`replacement` for the text from `start` to `end`; the sentence ends where the mended filter is to be shown."""

    start: int
    end: int
    replacement: str
    sentence: str

    def applied(self, text: str) -> str:
        """With a space on either side where words or signs would run together."""
        before, after, new = text[: self.start], text[self.end :], self.replacement
        if _SPACED.match(new) and before[-1:] not in {"", " ", "(", "["}:
            new = f" {new}"
        if _SPACED.match(new[-1:]) and after[:1] not in {"", " ", ")", "]", ","}:
            new = f"{new} "
        return before + new + after


def span(token: Token) -> tuple[int, int]:
    start = token.start_pos or 0
    return start, start + len(token)
