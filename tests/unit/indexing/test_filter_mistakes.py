"""What people write who know other languages, and the sentence that mends it: a table to be read."""

from __future__ import annotations

import pytest

from indexing.errors import FilterSyntax
from indexing.filters import LONGEST, parse

QUOTES = "Text stands in double quotes"
LIST = "A list stands in square brackets"
JOIN = "Between conditions stands AND or OR"
NAME = "A name with spaces or signs stands in backticks"
OPEN = "A quote is opened and never closed"
MENDED = [
    ("colour = navy", 10, QUOTES, 'colour = "navy"'),
    ("colour = navy blue AND price < 5", 10, QUOTES, 'colour = "navy blue" AND price < 5'),
    ("colour = 'navy' AND size = 'L'", 10, QUOTES, 'colour = "navy" AND size = "L"'),
    ("colour = “navy”", 10, QUOTES, 'colour = "navy"'),
    ("colour IN [navy, 'red']", 12, QUOTES, 'colour IN ["navy", "red"]'),
    ("released > 2026-11-21", 12, QUOTES, 'released > "2026-11-21"'),
    ("released > 2026-11-21T10:00:00Z AND a = 1", 12, QUOTES, 'released > "2026-11-21T10:00:00Z" AND a = 1'),
    ("weight = 5 kg", 10, QUOTES, 'weight = "5 kg"'),
    ("weight = 5kg AND a = 1", 10, QUOTES, 'weight = "5kg" AND a = 1'),
    ("state = OR", 9, QUOTES, 'state = "OR"'),
    ('colour = navy"', 10, QUOTES, 'colour = "navy"'),
    ('colour = "navy', 10, OPEN, 'colour = "navy"'),
    ('colour = "navy AND price < 50', 10, OPEN, 'colour = "navy" AND price < 50'),
    ('colour = "navy AND brand = "Acme"', 15, OPEN, 'colour = "navy" AND brand = "Acme"'),
    ('colour IN ["navy, "red"]', 17, OPEN, 'colour IN ["navy", "red"]'),
    ('(colour = "navy)', 11, OPEN, '(colour = "navy")'),
    ("`sleeve length = 3", 1, OPEN, "`sleeve length` = 3"),
    ('a = "b\\c"', 5, "In quotes a backslash is written twice", 'a = "b\\\\c"'),
    ('colour = "navy" AND "', 21, "A quote is left over", None),
    ("price < 50€", 9, "A number stands by itself", "price < 50"),
    ("price < $50", 9, "A number stands by itself", "price < 50"),
    ("price < 1,000", 9, "A number is written without commas", "price < 1000"),
    ("price < 9,5", 9, "A number is written without commas", "price < 9.5"),
    ("a == 1 && b => 2", 3, '"==" is written = here', "a = 1 AND b >= 2"),
    ("a=1||!b=2", 4, '"||" is written OR here', "a=1 OR NOT b=2"),
    ("a <> 2; b ≤ 3", 3, '"<>" is written != here', "a != 2 AND b <= 3"),
    ('colour: "navy"', 7, '":" is written = here', 'colour = "navy"'),
    ('colour is "navy"', 8, '"is" is written = here', 'colour = "navy"'),
    ("price lt 5", 7, '"lt" is written < here', "price < 5"),
    ("colour is null", 1, "Whether there is a value is asked by EXISTS", "NOT colour EXISTS"),
    ("colour IS NOT NULL AND a = 1", 1, "Whether there is a value is asked by EXISTS", "colour EXISTS AND a = 1"),
    ("`a b` != null", 1, "Whether there is a value is asked by EXISTS", "`a b` EXISTS"),
    ('colour in ("a","b")', 11, LIST, 'colour in ["a","b"]'),
    ('colour IN "a", "b" AND c = 1', 11, LIST, 'colour IN ["a", "b"] AND c = 1'),
    ('colour IN ["a", "b") AND c = 1', 20, LIST, 'colour IN ["a", "b"] AND c = 1'),
    ('colour = ["a", "b"]', 8, "Several values are compared by IN", 'colour IN ["a", "b"]'),
    ('colour != ["a"]', 8, "Several values are compared by NOT IN", 'colour NOT IN ["a"]'),
    ('colour IN ["a", "b" AND c = 1', 20, "A list is opened and never closed", 'colour IN ["a", "b"] AND c = 1'),
    ('colour IN ["a" "b"]', 15, "Between the values of a list stand commas", 'colour IN ["a", "b"]'),
    ('colour IN ["a",]', 15, "Behind the last value of a list stands no comma", 'colour IN ["a"]'),
    ("colour IN []", 11, "A list holds one value or more; leave the condition out", None),
    ("(a = 1 OR b = 2", 16, "A bracket is opened and never closed", "(a = 1 OR b = 2)"),
    ("a = 1) AND b = 2", 6, "A bracket is closed that was never opened", "a = 1 AND b = 2"),
    ('price < 50 colour = "navy"', 12, JOIN, 'price < 50 AND colour = "navy"'),
    ('price < 50, colour = "navy"', 11, JOIN, 'price < 50 AND colour = "navy"'),
    ("(a = 1) (b = 2)", 9, JOIN, "(a = 1) AND (b = 2)"),
    ('colour "navy"', 8, "Between a field and its value stands a comparison", 'colour = "navy"'),
    ("sleeve length = 3", 1, NAME, "`sleeve length` = 3"),
    ("sleeve-length EXISTS", 1, NAME, "`sleeve-length` EXISTS"),
    ("size-2 = 3", 1, NAME, "`size-2` = 3"),
    ('"colour" = "navy"', 1, "A field's name stands without quotes", 'colour = "navy"'),
    ("'sleeve length' = 'x'", 1, "A field's name stands without quotes", '`sleeve length` = "x"'),
    ("to = 3", 1, "TO is a word of the language; as a field's name it stands in backticks", "`to` = 3"),
]
REFUSED = [
    ("colour", 7, "The filter ends where there should be a comparison"),
    ("colour =", 9, "The filter ends where there should be a value"),
    ("a = 1 AND", 10, "The filter ends where there should be a condition"),
    ("price 10 TO", 12, "The filter ends where there should be a value"),
    ("AND a = 1", 1, "AND stands where there should be a condition"),
    ("5 < price", 1, "5 stands where there should be a condition"),
    ("price > 10 < 20", 12, "< stands where there should be AND, OR or the end"),
    ("a NOT 3", 7, "3 stands where there should be IN and a list"),
    ("a = 1e999", 5, "The number 1e999 is larger than any value can be"),
    ("~", 1, "~ stands where there should be a condition"),
]


@pytest.mark.parametrize(("written", "column", "said", "meant"), MENDED)
def test_a_mistake_is_answered_with_its_column_and_the_whole_filter_mended(
    written: str, column: int, said: str, meant: str | None
) -> None:
    with pytest.raises(FilterSyntax) as refused:
        parse(written)
    assert str(refused.value) == f"At column {column}: {said}" + ("." if meant is None else f": {meant}.")
    assert meant is None or parse(meant)


@pytest.mark.parametrize(("written", "column", "said"), REFUSED)
def test_what_cannot_be_mended_is_answered_with_what_should_stand_there(written: str, column: int, said: str) -> None:
    with pytest.raises(FilterSyntax) as refused:
        parse(written)
    assert str(refused.value).startswith(f"At column {column}: {said}")


def test_a_long_filter_is_shown_around_the_place_that_was_mended() -> None:
    many = " AND ".join(f"field{number} = {number}" for number in range(100))
    with pytest.raises(FilterSyntax) as refused:
        parse(f"{many} AND colour = navy AND {many}")
    shown = str(refused.value)
    assert 'AND colour = "navy" AND' in shown
    assert shown.endswith("…")
    assert len(shown) < 300


@pytest.mark.parametrize(
    "hostile",
    [
        "a = b " * 600, "'" * LONGEST, "a == 1 && " * 399, "((((((((((a" * 6, "! " * 1999, "a, " * 1300, "= " * 2000,
        "\\" * LONGEST,
    ],
)  # fmt: skip
def test_a_text_full_of_mistakes_is_refused_all_the_same(hostile: str) -> None:
    with pytest.raises(FilterSyntax):
        parse(hostile)
