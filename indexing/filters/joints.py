"""Mistakes with lists, brackets and what joins conditions: a rule each. Reads no filter, knows no field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from indexing.filters.stumbles import OPENERS, VALUES, Mend, Stumble, span

_MEANT_AS_VALUES: Final = VALUES | {"NAME", "FOREIGN_TEXT"}


def _list_in_round_brackets(at: Stumble) -> Mend | None:
    if at.kind() != "_LPAR" or at.kind(-1) != "_IN":
        return None
    start = at.start
    closing = next((span(token) for token in at.tokens[at.at :] if token.type == "_RPAR"), None)
    sentence = "A list stands in square brackets"
    if closing is None:
        return Mend(start, start + 1, "[", sentence)
    return Mend(start, closing[1], f"[{at.text[start + 1 : closing[0]]}]", sentence)


def _list_without_brackets(at: Stumble) -> Mend | None:
    if at.kind(-1) != "_IN" or at.kind() not in _MEANT_AS_VALUES:
        return None
    last = at.at
    while at.kind(last - at.at + 1) == "_COMMA" and at.kind(last - at.at + 2) in _MEANT_AS_VALUES:
        last += 2
    start, end = at.start, span(at.tokens[last])[1]
    return Mend(start, end, f"[{at.text[start:end]}]", "A list stands in square brackets")


def _list_behind_a_sign(at: Stumble) -> Mend | None:
    if at.kind() != "_LSQB" or at.kind(-1) != "OPERATOR":
        return None
    sign = at.tokens[at.at - 1]
    meant = {"=": "IN", "!=": "NOT IN"}.get(sign)
    return None if meant is None else Mend(*span(sign), meant, f"Several values are compared by {meant}")


def _empty_list(at: Stumble) -> Mend | None:
    if at.kind() != "_RSQB" or at.kind(-1) != "_LSQB":
        return None
    return Mend(at.start - 1, at.start + 1, "", "A list holds one value or more; leave the condition out")


def _in_a_list(at: Stumble) -> Mend | None:
    if "_RSQB" not in at.accepts:
        return None
    end = span(at.tokens[at.at - 1])[1]
    if at.kind() in _MEANT_AS_VALUES:
        return Mend(end, end, ",", "Between the values of a list stand commas")
    if at.kind() == "_RPAR":
        return Mend(at.start, at.start + 1, "]", "A list stands in square brackets")
    return Mend(end, end, "]", "A list is opened and never closed")


def _comma_before_the_end_of_a_list(at: Stumble) -> Mend | None:
    if at.kind() != "_RSQB" or at.kind(-1) != "_COMMA":
        return None
    return Mend(*span(at.tokens[at.at - 1]), "", "Behind the last value of a list stands no comma")


def _unclosed_bracket(at: Stumble) -> Mend | None:
    if at.kind() != "$END" or "_RPAR" not in at.accepts:
        return None
    return Mend(at.start, at.start, ")", "A bracket is opened and never closed")


def _bracket_too_many(at: Stumble) -> Mend | None:
    if at.kind() not in {"_RPAR", "_RSQB"} or "_AND" not in at.accepts:
        return None
    return Mend(at.start, at.start + 1, "", "A bracket is closed that was never opened")


def _not_joined(at: Stumble) -> Mend | None:
    if "_AND" not in at.accepts:
        return None
    sentence = "Between conditions stands AND or OR"
    if at.kind() == "_COMMA":
        return Mend(*span(at.tokens[at.at]), "AND", sentence)
    is_condition = at.kind() in {"NAME", "QUOTED_NAME"} and at.kind(1) in OPENERS | VALUES
    if not (is_condition or at.kind() in {"_LPAR", "_NOT"}):
        return None
    return Mend(at.start, at.start, "AND ", sentence)


# In the order in which they are tried: the surer ones first.
JOINTS: Final[tuple[Callable[[Stumble], Mend | None], ...]] = (
    _list_in_round_brackets,
    _list_without_brackets,
    _list_behind_a_sign,
    _empty_list,
    _comma_before_the_end_of_a_list,
    _in_a_list,
    _unclosed_bracket,
    _bracket_too_many,
    _not_joined,
)
