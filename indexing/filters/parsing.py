"""Filter text to tree, by lark. Owns the parser and its bounds; what a mistake was meant to be is mistakes.py's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from math import isinf
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedToken, v_args
from lark.lark import PostLex

from catalogue.words import is_storable
from indexing.errors import FilterSyntax
from indexing.filters.mending import mended
from indexing.filters.notation import KEYWORDS, POINTER, Value, at_column, is_keyword, read_name, read_number, read_text
from indexing.filters.stumbles import Stumble
from indexing.filters.tree import Comparison, Condition, Not, Op, all_of, any_of, is_deeper

LONGEST = 4_000  # characters
DEEPEST = 64
KEPT = 256  # filters that were read already: the longest take some 100 KB each
Placed = tuple[int, Value]  # a value and the column where it stands
_KEYWORDS = {word: word if word in {"TRUE", "FALSE"} else f"_{word}" for word in KEYWORDS}


@lru_cache(maxsize=KEPT)
def parse(text: str) -> Condition:
    """The condition that a filter states. Raises FilterSyntax: the column, and the filter mended where it can be."""
    check_length(len(text))
    if not is_storable(text):
        raise refused("The filter holds a NUL character or half a surrogate pair, which no text here may.")
    if not text.strip():
        raise refused('The filter is empty. Leave it out, or write a condition such as colour = "navy".')
    read = _read(text)
    if isinstance(read, Stumble):
        column, sentence = mended(read, _stumble)
        raise refused(sentence, column)
    check_depth(read)
    return read


def refused(sentence: str, column: int | None = None) -> FilterSyntax:
    return FilterSyntax.at(POINTER, at_column(column, sentence))


def check_length(characters: int) -> None:
    if characters > LONGEST:
        raise refused(f"The filter has {characters:,} characters; the limit is {LONGEST:,}. Ask for less at a time.")


def check_depth(condition: Condition) -> None:
    if is_deeper(condition, DEEPEST):
        raise too_deep()


def too_deep(column: int | None = None) -> FilterSyntax:
    return refused(f"The filter is nested more than {DEEPEST} deep. Write it with fewer brackets and NOTs.", column)


def _stumble(text: str) -> Stumble | None:
    read = _read(text)
    return read if isinstance(read, Stumble) else None


def _read(text: str) -> Condition | Stumble:
    """The condition, or where the first mistake is."""
    reading = _parser().parse_interactive(text)
    try:
        for _ in reading.iter_parse():
            pass
        condition: Condition = reading.feed_eof()  # type: ignore[no-untyped-call]  # lark's
    except UnexpectedToken as error:
        return _where(text, error.token)
    return condition


def _where(text: str, stumbled_over: Token) -> Stumble:
    tokens = tuple(_parser().lex(text))
    places = (place for place, token in enumerate(tokens) if token.start_pos == stumbled_over.start_pos)
    at = len(tokens) if stumbled_over.type == "$END" else next(places)
    before = _parser().parse_interactive("")  # the one that stumbled has left rules by then, and accepts less
    for token in tokens[:at]:
        before.feed_token(token)
    return Stumble(text, tokens, at, frozenset(before.accepts()))  # type: ignore[no-untyped-call]  # lark's


class _Words(PostLex):
    """Tells keywords from names, and counts brackets before the parser's stack would grow with them."""

    # Not in any rule: the parser stumbles over these, which beats a lexer that sees but a strange character.
    always_accept = ("FOREIGN", "FOREIGN_TEXT", "MISESCAPED", "UNCLOSED", "ODD")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        for token in stream:
            if token.type in {"_LPAR", "_RPAR"}:
                depth += 1 if token.type == "_LPAR" else -1
                if depth > DEEPEST:
                    raise too_deep(_column(token))
            is_word = token.type == "NAME" and is_keyword(token)
            yield token.update(type=_KEYWORDS[token.upper()]) if is_word else token


class _Meaning(Transformer[Token, Any]):
    """A method a rule, called as the parser leaves it: bottom up, and without recursion."""

    @v_args(inline=True)
    def name(self, token: Token) -> tuple[int, str]:
        return _column(token), read_name(token)

    def STRING(self, token: Token) -> Placed:  # noqa: N802 - the terminal's name
        return _column(token), read_text(token)

    def NUMBER(self, token: Token) -> Placed:  # noqa: N802 - the terminal's name
        number = read_number(token)
        if isinf(number):
            raise refused(f"The number {str(token)[:20]} is larger than any value can be.", _column(token))
        return _column(token), number

    @v_args(inline=True)
    def yes(self, token: Token) -> Placed:
        return _column(token), True

    @v_args(inline=True)
    def no(self, token: Token) -> Placed:
        return _column(token), False

    def values(self, values: list[Placed]) -> list[Placed]:
        return values

    @v_args(inline=True)
    def compared(self, name: tuple[int, str], operator: Token, value: Placed) -> Condition:
        return _comparison(name, Op(operator), [value])

    @v_args(inline=True)
    def among(self, name: tuple[int, str], values: list[Placed]) -> Condition:
        return _comparison(name, Op.IN, values)

    @v_args(inline=True)
    def not_among(self, name: tuple[int, str], values: list[Placed]) -> Condition:
        return _comparison(name, Op.NOT_IN, values)

    @v_args(inline=True)
    def between(self, name: tuple[int, str], low: Placed, high: Placed) -> Condition:
        return _comparison(name, Op.TO, [low, high])

    @v_args(inline=True)
    def exists(self, name: tuple[int, str]) -> Condition:
        return _comparison(name, Op.EXISTS, [])

    @v_args(inline=True)
    def negated(self, part: Condition) -> Condition:
        return Not(part)

    def conjunction(self, parts: list[Condition]) -> Condition:
        return all_of(parts)

    def disjunction(self, parts: list[Condition]) -> Condition:
        return any_of(parts)


def _comparison(name: tuple[int, str], op: Op, placed: Sequence[Placed]) -> Comparison:
    column, named = name
    return Comparison(named, op, tuple(value for _, value in placed), (column, *(at for at, _ in placed)))


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


@cache
def _parser() -> Lark:
    return Lark.open(
        "grammar.lark", rel_to=__file__, parser="lalr", lexer="basic", regex=True, postlex=_Words(),
        transformer=_Meaning(),
    )  # fmt: skip
