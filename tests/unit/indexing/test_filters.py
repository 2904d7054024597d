"""Filters: text, tree and JSON say the same; which items pass; which fields and values fit."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalogue.states import FieldType
from indexing.errors import FilterSyntax, FilterType, UnknownField
from indexing.filters import LONGEST, Comparison, Condition, Op, all_of, check, from_json, parse, to_json
from indexing.filters.parsing import DEEPEST
from indexing.filters.tree import And, Not, Or, any_of
from indexing.view import View
from tests.unit.indexing.shelf import ShelfItem, view_of

# Any character that a database keeps; words of the language, its signs and its marks more often than they would come.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
odd = st.sampled_from(
    ["AND", "to", "İn", "ın", "a b", "`", "\\", '"', "-x", "1a", "true", "é", "e\u0301", "रंग", "x\ny"]
)
names = st.one_of(st.sampled_from(["colour", "price", "_x1"]), odd, texts.filter(bool)).map(
    lambda name: to_json(from_json({"field": name, "op": "EXISTS"}))["field"]  # NFC, as names are
)
numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
values = st.one_of(odd, texts, numbers, st.booleans())


def _comparisons(draw: st.DrawFn) -> Condition:
    op = draw(st.sampled_from(Op))
    count = {Op.EXISTS: (0, 0), Op.TO: (2, 2), Op.IN: (1, 4), Op.NOT_IN: (1, 4)}.get(op, (1, 1))
    return Comparison(draw(names), op, tuple(draw(st.lists(values, min_size=count[0], max_size=count[1]))))


def _joined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(several.map(all_of), several.map(any_of), parts.map(Not))


conditions = st.recursive(st.composite(_comparisons)(), _joined, max_leaves=8)

ITEMS = (
    ShelfItem(
        UUID(int=1), "AB-1", ("Straße",), price=999, attributes={"weight": 1.5, "vegan": True, "day": "2026-01-01"}
    ),
    ShelfItem(UUID(int=2), "ab-2", ("STRASSE",), price=1000, attributes={"sizes": [1, 5], "vegan": False}),
    ShelfItem(UUID(int=3), "c", ("İstanbul",), price=1001, available=False, attributes={"tags": ["New", "Sale"]}),
    ShelfItem(UUID(int=4), "d", ("",), attributes={"tags": [], "day": "2026-01-01T01:00:00+01:00", "or": "x"}),
)  # fmt: skip
ONE = "Write one in double quotes, such as 2026-11-21 or 2026-11-21T18:03:07Z."
NUMBER = "Write a number without quotes, such as 50."
FIELDS = {"day": FieldType.DATE, "flags": FieldType.BOOLEANS}


@pytest.fixture(scope="module")
def view() -> View:
    return view_of(*ITEMS, fields=FIELDS)


def passing(view: View, written: str) -> list[int]:
    """Numbers of the items that pass, which stand in the view's rows in this order."""
    return [row + 1 for row, passes in enumerate(check(parse(written), view).mask(view).tolist()) if passes]


@given(conditions)
def test_a_tree_written_and_read_is_the_same_tree(condition: Condition) -> None:
    written = str(condition)
    assert parse(written) == condition
    assert str(parse(written)) == written


@given(conditions)
def test_a_tree_as_json_and_back_is_the_same_tree(condition: Condition) -> None:
    assert from_json(json.loads(json.dumps(to_json(condition)))) == condition


@given(st.one_of(texts, st.lists(st.one_of(odd, st.sampled_from(list("()[],=<>!'&|: "))), max_size=12).map("".join)))
@example('a = "\\')
@example("``")
@example("a = '")
def test_any_text_is_read_or_refused_with_a_column_of_it(text: str) -> None:
    try:
        parse(text)
    except FilterSyntax as error:
        (fault,) = error.faults
        assert fault.pointer == "/filter"
        if text.strip():
            column = int(fault.detail.removeprefix("At column ").partition(":")[0])
            assert 1 <= column <= len(text) + 1


def test_not_binds_tighter_than_and_and_and_tighter_than_or() -> None:
    a, b, c = (Comparison(name, Op.EXISTS) for name in "abc")
    assert parse("not a exists and b exists or c exists") == Or((And((Not(a), b)), c))
    assert parse("a exists or b exists and not c exists") == Or((a, And((b, Not(c)))))
    assert parse("not (a exists and (b exists or c exists))") == Not(And((a, Or((b, c)))))
    assert parse("a exists and (b exists and c exists)") == And((a, b, c))


def test_what_is_written_has_the_brackets_that_it_needs_and_no_other() -> None:
    written = "(a EXISTS OR b EXISTS) AND NOT (c EXISTS AND d EXISTS) AND NOT NOT e EXISTS"
    assert str(parse(written)) == written
    assert str(parse("(a EXISTS AND (b EXISTS)) OR ((c EXISTS))")) == "a EXISTS AND b EXISTS OR c EXISTS"


def test_keywords_are_ascii_words_in_any_case() -> None:
    assert parse("a iN [TRUE] aNd b 1 To 2") == And((Comparison("a", Op.IN, (True,)), Comparison("b", Op.TO, (1, 2))))
    assert parse("ın EXISTS") == Comparison("ın", Op.EXISTS)
    assert parse("android EXISTS") == Comparison("android", Op.EXISTS)


def test_names_are_nfc_and_may_hold_anything_in_backticks() -> None:
    assert parse("`caf\u0065\u0301` EXISTS") == parse("café EXISTS")
    assert parse(r"`a\`b\\c d` EXISTS") == Comparison(r"a`b\c d", Op.EXISTS)


@pytest.mark.parametrize(
    ("written", "who"),
    [
        ("price < 10", [1]), ("price <= 10", [1, 2]), ("price < 10.005", [1, 2]), ("price > 9.995", [2, 3]),
        ("price >= 10.001", [3]), ("price 9.99 TO 10", [1, 2]), ("price 10 TO 9.99", []), ("price = 10.001", []),
        ("price != 10.001", [1, 2, 3, 4]), ("price IN [9.99, 10.001]", [1]), ("price > -1e300", [1, 2, 3]),
        ("price < 1e300", [1, 2, 3]), ("price > 1e300", []), ("NOT price > 10", [1, 2, 4]),
        ('title = "strasse"', [1, 2]), ('title = "i\u0307stanbul"', [3]), ('title = "istanbul"', []),
        ('sku <= "ab-2"', [1, 2]), ('sku > "AB-2"', [3, 4]), ('sku "AB-1" TO "B"', [1, 2]),
        ("weight EXISTS", [1]), ("NOT weight EXISTS", [2, 3, 4]), ("weight != 1.5", [2, 3, 4]),
        ("weight NOT IN [2]", [1, 2, 3, 4]),
        ("vegan = true", [1]), ("vegan != true", [2, 3, 4]), ("vegan IN [true, false]", [1, 2]),
        ("available = false", [3]),
        ("sizes = 5", [2]), ("sizes > 4", [2]), ("sizes 2 TO 4", []), ("sizes 4 TO 9", [2]), ("sizes != 5", [1, 3, 4]),
        ('tags = "NEW"', [3]), ("tags EXISTS", [3]), ('tags IN ["x", "sale"]', [3]), ("caption EXISTS", []),
        ('day = "2026-01-01"', [1, 4]), ('day > "2025-12-31T23:59:59Z"', [1, 4]),
        ('day < "2026-01-01T00:00:00+01:00"', []),
        ('created_at >= "2026-01-01"', [1, 2, 3, 4]), ('`or` = "X"', [4]), ("flags = true", []),
        ('price < 10 OR title = "istanbul" AND sku = "c"', [1]),
        ("price EXISTS AND NOT (vegan EXISTS OR available = true)", [3]),
    ],
)  # fmt: skip
def test_which_items_pass(view: View, written: str, who: list[int]) -> None:
    assert passing(view, written) == who
    assert passing(view, str(from_json(to_json(parse(written))))) == who


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('price < "50"', "At column 9: price is a number; write it without quotes: price < 50."),
        ('price < "50 EUR"', f'At column 9: price is a number, and "50 EUR" is none. {NUMBER}'),
        ("price IN [1, true]", f"At column 14: price is a number, and true is none. {NUMBER}"),
        ("title = 42", 'At column 9: title is text; write it in double quotes: title = "42".'),
        ("tags = true", 'At column 8: tags is a list of texts; write it in double quotes: tags = "true".'),
        ('vegan = "Yes"', 'At column 9: vegan is true or false; for "Yes" write vegan = true.'),
        ("vegan = 1", "At column 9: vegan is true or false, and 1 is none. Write true or false, without quotes."),
        ("vegan < true", "At column 1: vegan is true or false; it takes =, !=, IN, NOT IN and EXISTS, and not <."),
        ("day = 2026", f"At column 7: day is a date, and 2026 is none. {ONE}"),
        ('day = "2026-02-30"', f'At column 7: day is a date, and "2026-02-30" is none. {ONE}'),
        (
            'day > "2026-01-01T09:00:00"',
            'At column 7: day is a date, and a time of day needs an offset from UTC: day > "2026-01-01T09:00:00Z".',
        ),
        ('sizes = "5"', "At column 9: sizes is a list of numbers; write it without quotes: sizes = 5."),
    ],
)
def test_a_value_of_another_type_is_answered_with_what_would_fit(view: View, written: str, sentence: str) -> None:
    with pytest.raises(FilterType) as refused:
        check(parse(written), view)
    assert str(refused.value) == sentence
    with pytest.raises(FilterType) as refused:
        check(from_json(to_json(parse(written))), view)
    assert str(refused.value) == sentence.partition(": ")[2], "JSON has no columns"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("vegn = true", 'At column 1: There is no field "vegn". Did you mean vegan?'),
        ("price < 1 AND Size = 1", 'At column 15: There is no field "Size". Did you mean sizes?'),
        ("OR_ EXISTS", 'At column 1: There is no field "OR_". Did you mean `or`?'),
        (
            "zzz EXISTS",
            'At column 1: There is no field "zzz". There are available, caption, created_at, day, flags, group, `or`, '
            "price and 7 more; GET /v1/fields lists them.",
        ),
    ],
)
def test_a_field_that_is_not_there_is_answered_with_the_nearest(view: View, written: str, sentence: str) -> None:
    with pytest.raises(UnknownField) as refused:
        check(parse(written), view)
    assert str(refused.value) == sentence


def test_a_filter_comes_apart_into_the_top_conditions_that_name_one_field_alone_and_the_rest(view: View) -> None:
    written = "(vegan = true OR NOT vegan EXISTS) AND price < 10 AND NOT (vegan = true AND price > 1) AND (weight = 1)"
    checked = check(parse(written), view)
    assert checked.fields() == {"vegan", "price", "weight"}

    def passing(written: str) -> list[bool]:
        return [bool(one) for one in check(parse(written), view).mask(view)]

    masks = {name: mask.tolist() for name, mask in checked.apart(view, ["vegan", "weight", "sku"]).items()}
    assert masks == {
        "vegan": passing("vegan = true OR NOT vegan EXISTS"),
        None: passing("price < 10 AND NOT (vegan = true AND price > 1)"),
        "weight": passing("weight = 1"),
    }
    only = check(parse("vegan = true AND vegan EXISTS"), view)
    assert list(only.apart(view, ["vegan"])) == ["vegan"]
    either = check(parse("vegan = true OR weight = 1"), view)
    assert list(either.apart(view, ["vegan"])) == [None]


@pytest.mark.parametrize(
    "value",
    [
        None, 5, [], {}, "a = 1", {"and": []}, {"or": {}}, {"not": None}, {"field": "a"}, {"field": "a", "op": "="},
        {"field": "a", "op": "==", "value": 1}, {"field": "a", "op": 1, "value": 1}, {"field": "", "op": "EXISTS"},
        {"field": "a", "op": "EXISTS", "value": None}, {"field": "a", "op": "TO", "value": [1]},
        {"field": "a", "op": "IN", "value": []}, {"field": "a", "op": "IN", "value": 1},
        {"field": "a", "op": "=", "value": [1]}, {"field": "a", "op": "=", "value": None},
        {"field": "a", "op": "=", "value": 10**400}, {"field": "a", "op": "=", "value": float("nan")},
        {"field": "a", "op": "=", "value": "\0"}, {"field": "a\ud800", "op": "EXISTS"},
        {"field": "a", "op": "=", "value": 1, "and": []},
    ],
)  # fmt: skip
def test_json_that_is_no_condition_is_refused(value: Any) -> None:
    with pytest.raises(FilterSyntax) as refused:
        from_json(value)
    assert [fault.pointer for fault in refused.value.faults] == ["/filter"]


def test_an_operator_of_another_language_is_named_with_the_right_one() -> None:
    with pytest.raises(FilterSyntax, match='"==" is none: write "="'):
        from_json({"field": "a", "op": "==", "value": 1})


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"field": "a", "op": "EXISTS"}
    for _ in range(depth):
        value = {"not": value}
    return value


def test_what_is_nested_64_deep_is_read_and_what_is_deeper_refused() -> None:
    for written in (
        "(" * DEEPEST + "a = 1" + ")" * DEEPEST,
        "NOT " * DEEPEST + "a = 1",
        "NOT (" * 64 + "a = 1" + ")" * 64,
    ):
        assert parse(str(parse(written))) == parse(written)
    assert from_json(_nested(DEEPEST)) == parse("NOT " * DEEPEST + "a EXISTS")
    for written in ("(" * 65 + "a = 1" + ")" * 65, "NOT " * 65 + "a = 1", "(" * LONGEST, "NOT " * 900 + "a = 1"):
        with pytest.raises(FilterSyntax, match="nested more than 64 deep"):
            parse(written)
    with pytest.raises(FilterSyntax, match="nested more than 64 deep"):
        from_json(_nested(65))
    with pytest.raises(FilterSyntax, match="nested more than 64 deep"):
        from_json(_nested(900))


def test_a_filter_has_4000_characters_in_either_form() -> None:
    longest = 'a = "' + "x" * (LONGEST - 6) + '"'
    assert from_json(to_json(parse(longest))) == parse(longest)
    for longer in (longest.replace("x", "xx", 1), "a" * (LONGEST + 1)):
        with pytest.raises(FilterSyntax, match=r"4,001 characters; the limit is 4,000"):
            parse(longer)
    leaf = {"field": "a", "op": "=", "value": "x" * (LONGEST - 5)}
    for wide in (leaf, {"or": [{"field": "a", "op": "IN", "value": [1] * 500}] * 5}, {"and": [leaf] * 100_000}):
        with pytest.raises(FilterSyntax, match=r"the limit is 4,000"):
            from_json(wide)


@pytest.mark.parametrize("text", ["", "  \n", 'a = "\0"', "`\ud800` EXISTS"])
def test_what_is_empty_or_no_text_is_refused_whole(text: str) -> None:
    with pytest.raises(FilterSyntax):
        parse(text)
