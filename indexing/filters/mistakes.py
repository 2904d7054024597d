"""Which mistake was made where a filter stumbles, and what was meant: a rule each. Those of lists are joints.py's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from indexing.filters.joints import JOINTS
from indexing.filters.notation import write_name, write_value
from indexing.filters.stumbles import ENDS, KEYWORDS, OPENERS, VALUES, WORDS, Mend, Stumble, span

QUOTES: Final = "\"'`‘’“”„«»"
SIGNS: Final = {
    "==": "=", "===": "=", ":": "=", "<>": "!=", "≠": "!=", "=>": ">=", "≥": ">=", "=<": "<=", "≤": "<=",
    "&": "AND", "&&": "AND", ";": "AND", "|": "OR", "||": "OR", "!": "NOT",
}  # fmt: skip
WORDS_FOR_SIGNS: Final = {
    "is": "=", "eq": "=", "equals": "=", "contains": "=", "has": "=", "ne": "!=",
    "lt": "<", "lte": "<=", "le": "<=", "gt": ">", "gte": ">=", "ge": ">=",
}  # fmt: skip
NOTHING: Final = frozenset({"null", "none", "nil"})
QUOTED: Final = "Text stands in double quotes"
_WORD = re.compile(r"[^\s()\[\],=<>!&|;]+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
# Each is tried where blanks or brackets begin: at every one of a long run it would take the run's square.
_CLOSING = re.compile(r"(?<!\s)(?:\s+(?:AND|OR)\s|\s*(?<![)\]])[)\]]+\s*$)", re.IGNORECASE)
_CLOSING_IN_LIST = re.compile(r"(?<!\s)\s*[,\]]")
_CLOSING_NAME = re.compile(r"(?<!\s)\s*(?:[=<>!]|\s(?:NOT|IN|EXISTS)\b)", re.IGNORECASE)


def _sign_of_another_language(at: Stumble) -> Mend | None:
    token = at.tokens[at.at] if at.kind() == "FOREIGN" else None
    return None if token is None else Mend(*span(token), SIGNS[token], f'"{token}" is written {SIGNS[token]} here')


def _other_quotes(at: Stumble) -> Mend | None:
    if at.kind() != "FOREIGN_TEXT":
        return None
    token = at.tokens[at.at]
    if at.wants_name and not at.wants_value:
        return Mend(*span(token), write_name(token[1:-1]), "A field's name stands without quotes")
    return Mend(*span(token), write_value(token[1:-1]), QUOTED)


def _unclosed(at: Stumble) -> Mend | None:
    if at.kind() != "UNCLOSED":
        return None
    token, start = at.tokens[at.at], at.start
    if not token[1:].strip():
        return Mend(start, len(at.text), "", "A quote is left over")
    quote = "`" if token.startswith("`") else '"'
    end = _closing(at, start + 1, len(at.text.rstrip()))
    inner = at.text[start + 1 : end]
    return Mend(start, end, quote + inner.strip() + quote, "A quote is opened and never closed")


def _closed_too_late(at: Stumble) -> Mend | None:
    """`colour = "navy AND brand = "Acme"`: the quote that opens the second text closes the first."""
    if not (at.is_glued and at.kind(-1) == "STRING"):
        return None
    start, end = span(at.tokens[at.at - 1])
    closing = _closing(at, start + 1, end - 1)
    return None if closing >= end - 1 else Mend(closing, closing, '"', "A quote is opened and never closed")


def _closing(at: Stumble, start: int, end: int) -> int:
    """Where the quote was probably meant to close that opens before `start`."""
    if at.text[start - 1] == "`":
        pattern = _CLOSING_NAME
    else:
        lists = [token.type for token in at.tokens[: at.at] if token.type in {"_LSQB", "_RSQB"}]
        pattern = _CLOSING_IN_LIST if lists[-1:] == ["_LSQB"] else _CLOSING
    found = pattern.search(at.text, start, end)
    return end if found is None else found.start()


def _stray_backslash(at: Stumble) -> Mend | None:
    if at.kind() != "MISESCAPED":
        return None
    token = at.tokens[at.at]
    doubled = re.sub(r'\\(?!["\\])', r"\\\\", token)
    return Mend(*span(token), doubled, "In quotes a backslash is written twice")


def _nothing(at: Stumble) -> Mend | None:
    """`colour = null`, `colour IS NOT NULL`."""
    words = [token.lower() for token in at.tokens[at.at : at.at + 3]]
    if at.wants_value and words[:1] and words[0] in NOTHING and at.kind(-1) == "OPERATOR":
        field, last, is_negated = at.at - 2, at.at, at.tokens[at.at - 1] == "!="
    elif words[:1] == ["is"] and at.kind(-1) == "NAME" and set(words[1:]) & NOTHING:
        is_negated = words[1] == "not"
        field, last = at.at - 1, at.at + (2 if is_negated else 1)
    else:
        return None
    start, end = span(at.tokens[field])
    asked = f"{at.text[start:end]} EXISTS"
    meant = asked if is_negated else f"NOT {asked}"
    return Mend(start, span(at.tokens[last])[1], meant, "Whether there is a value is asked by EXISTS")


def _word_for_a_sign(at: Stumble) -> Mend | None:
    if "OPERATOR" not in at.accepts or at.kind() != "NAME" or at.kind(1) not in VALUES | {"NAME", "FOREIGN_TEXT"}:
        return None
    token = at.tokens[at.at]
    sign = WORDS_FOR_SIGNS.get(token.lower())
    return None if sign is None else Mend(*span(token), sign, f'"{token}" is written {sign} here')


def _unquoted(at: Stumble) -> Mend | None:
    is_keyword = at.kind() in KEYWORDS and at.kind(1) in ENDS  # IN and OR are states of America
    return _as_value(at, at.at) if at.wants_value and (is_keyword or at.kind() in WORDS) else None


def _unquoted_behind_a_number(at: Stumble) -> Mend | None:
    """`released > 2026-11-21`, `weight = 5 kg`: the number was taken, the rest was not."""
    if not at.is_after_value or at.kind(-1) != "NUMBER" or at.kind() not in WORDS:
        return None
    is_unit = at.kind() == "NAME" and at.kind(1) not in OPENERS
    return _as_value(at, at.at - 1) if at.is_glued or is_unit else None


def _as_value(at: Stumble, first: int) -> Mend:
    """The words from a token on, as the value that they were meant to be."""
    start = span(at.tokens[first])[0]
    end = _word_end(at.text, start)
    for place in range(first + 1, len(at.tokens)):
        token_start = span(at.tokens[place])[0]
        if token_start < end:
            continue
        following = at.tokens[place + 1].type if place + 1 < len(at.tokens) else "$END"
        if at.tokens[place].type not in {"NAME", "NUMBER"} or following in OPENERS:
            break
        end = _word_end(at.text, token_start)
    value = at.text[start:end].strip(QUOTES)
    number = "".join(letter for letter in value if unicodedata.category(letter) != "Sc").strip()
    if _NUMBER.fullmatch(number):
        return Mend(start, end, number, "A number stands by itself")
    return Mend(start, end, write_value(value), QUOTED)


def _word_end(text: str, start: int) -> int:
    found = _WORD.match(text, start)
    return start + 1 if found is None else found.end()


def _comma_in_a_number(at: Stumble) -> Mend | None:
    glued = at.kind() == "_COMMA" and at.is_glued and at.is_after_value
    if not glued or at.kind(1) != "NUMBER" or at.kind(-1) != "NUMBER":
        return None
    before, after = at.tokens[at.at - 1], at.tokens[at.at + 1]
    point = "" if len(after) == 3 else "."
    meant = f"{before}{point}{after}"
    return Mend(span(before)[0], span(after)[1], meant, "A number is written without commas")


def _quoted_name(at: Stumble) -> Mend | None:
    if not (at.kind() == "STRING" and at.wants_name and not at.wants_value):
        return None
    token = at.tokens[at.at]
    return Mend(*span(token), write_name(token[1:-1]), "A field's name stands without quotes")


def _keyword_as_name(at: Stumble) -> Mend | None:
    if not (at.wants_name and at.kind() in KEYWORDS and at.kind(1) in OPENERS):
        return None
    token = at.tokens[at.at]
    sentence = f"{token.upper()} is a word of the language; as a field's name it stands in backticks"
    return Mend(*span(token), write_name(token), sentence)


def _name_with_signs(at: Stumble) -> Mend | None:
    """`sleeve length = "long"`, `t-shirt EXISTS`, `size-2 = 3`."""
    first = at.at - 1 if "OPERATOR" in at.accepts else at.at - 2 if at.accepts == {"_TO"} else -1
    if first < 0 or at.tokens[first].type != "NAME":
        return None
    last = first + 1
    while last < len(at.tokens) and at.tokens[last].type in WORDS:
        last += 1
    if last == first + 1 or last == len(at.tokens) or at.tokens[last].type not in OPENERS:
        return None
    start, end = span(at.tokens[first])[0], span(at.tokens[last - 1])[1]
    return Mend(start, end, write_name(at.text[start:end]), "A name with spaces or signs stands in backticks")


def _no_comparison(at: Stumble) -> Mend | None:
    if at.accepts != {"_TO"}:
        return None
    start, _ = span(at.tokens[at.at - 1])
    return Mend(start, start, "= ", "Between a field and its value stands a comparison")


# In the order in which they are tried: the surer ones first.
MISTAKES: Final[tuple[Callable[[Stumble], Mend | None], ...]] = (
    _sign_of_another_language,
    _other_quotes,
    _closed_too_late,
    _unclosed,
    _stray_backslash,
    _nothing,
    _word_for_a_sign,
    _name_with_signs,
    _unquoted,
    _unquoted_behind_a_number,
    _comma_in_a_number,
    _quoted_name,
    _keyword_as_name,
    _no_comparison,
    *JOINTS,
)
