"""A filter that cannot be read becomes a sentence that mends it. Owns the search for the whole mended filter and how it
is shown; which mistake was made is mistakes.py's.
"""

from __future__ import annotations

from collections.abc import Callable

from indexing.filters.mistakes import MISTAKES
from indexing.filters.stumbles import Mend, Stumble

MOST_MENDS = 12  # of one filter: it is read anew for each
LONGEST_SHOWN = 200
AROUND = 80  # characters shown on either side of the mended place of a longer filter
LONGEST_FOUND = 30

# What may stand there, by a token that would be taken; the first that fits is said.
_EXPECTED = (
    ("$END", "AND, OR or the end"),
    ("_RSQB", "a comma or ]"),
    ("_RPAR", "AND, OR or )"),
    ("OPERATOR", "a comparison: =, !=, <, <=, >, >=, IN, NOT IN, EXISTS or TO"),
    ("NAME", 'a condition, such as colour = "navy"'),
    ("STRING", "a value: text in double quotes, a number, true or false"),
    ("_TO", "TO and the other end, as in price 10 TO 50"),
    ("_LSQB", 'a list, as in colour IN ["navy", "black"]'),
    ("_IN", 'IN and a list, as in colour NOT IN ["navy", "black"]'),
)


def mended(stumble: Stumble, read: Callable[[str], Stumble | None]) -> tuple[int, str]:
    """The column of the first mistake, from 1, and the sentence that mends it.

    Args:
        read: where a text stumbles; None for one that can be read.
    """
    mend = _mend(stumble)
    if mend is None:
        return stumble.start + 1, _unexpected(stumble)
    whole = _whole(mend.applied(stumble.text), read)
    if whole is None:
        return mend.start + 1, f"{mend.sentence}."
    return mend.start + 1, f"{mend.sentence}: {_clipped(whole, mend.start)}"


def _mend(stumble: Stumble) -> Mend | None:
    return next((mend for mistake in MISTAKES if (mend := mistake(stumble)) is not None), None)


def _whole(text: str, read: Callable[[str], Stumble | None]) -> str | None:
    """The filter with what else is wrong mended too: one that can be sent. None when that is not known."""
    for _ in range(MOST_MENDS):
        stumble = read(text)
        if stumble is None:
            return text.strip()
        mend = _mend(stumble)
        if mend is None:
            return None
        text = mend.applied(text)
    return None


def _clipped(text: str, start: int) -> str:
    if len(text) <= LONGEST_SHOWN:
        return f"{text}."
    first, last = max(0, start - AROUND), min(len(text), start + AROUND)
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else ".")


def _unexpected(stumble: Stumble) -> str:
    expected = next((said for token, said in _EXPECTED if token in stumble.accepts), "something else")
    if stumble.at >= len(stumble.tokens):
        return f"The filter ends where there should be {expected}."
    found = str(stumble.tokens[stumble.at])
    found = found if len(found) <= LONGEST_FOUND else f"{found[:LONGEST_FOUND]}…"
    return f"{found} stands where there should be {expected}."
