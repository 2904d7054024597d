"""What is refused, and whether the sentence mends it: the mistakes of a new user, and text that no database keeps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from tests.integration.exactly import ExactShop
from tests.integration.test_exactly import BRIEF
from tests.reference.strategies import odd_texts


def refused(exact: ExactShop, path: str = "/v1/search", **query: Any) -> Any:
    """The problem that a link and a JSON body are both answered with."""
    by_link = exact.shop.call("GET", path, query_string=query)
    assert by_link.status_code == 422, by_link.text
    assert by_link.json is not None
    if path == "/v1/search":
        by_body = exact.shop.call("POST", path, json=query)
        assert by_body.status_code == 422, by_body.text
        assert by_body.json is not None
        assert {**by_body.json, "instance": None} == {**by_link.json, "instance": None}
    return by_link.json


PLACES = ["/v1/search", "/v1/items", "/v1/items/AB-1002/similar"]


@pytest.mark.parametrize("path", PLACES)
def test_a_field_that_is_not_there_is_answered_with_the_one_that_is_meant(exact: ExactShop, path: str) -> None:
    problem = refused(exact, path, filter='color = "navy"')
    assert problem["type"] == "/problems/unknown-field"
    assert problem["errors"][0]["pointer"] == "/filter"
    assert "color" in problem["detail"]
    assert "colour" in problem["detail"]


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("wrong", ['price < "50"', 'price = "cheap"', 'vegan = "yes"', "colour = 5", "launched > 2026"])
def test_a_value_of_another_type_is_answered_with_field_type_and_value(exact: ExactShop, path: str, wrong: str) -> None:
    problem = refused(exact, path, filter=wrong)
    assert problem["type"] == "/problems/filter-type"
    assert problem["errors"][0]["pointer"] == "/filter"
    field, _, value = wrong.split(" ", 2)
    assert field in problem["detail"]
    assert value.strip('"') in problem["detail"]


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize(
    ("wrong", "column"),
    [("colour = navy", 10), ("colour = 'navy'", 10), ('colour = "navy', 10), ("colour IN [navy]", 12)],
)
def test_a_missing_quote_is_answered_with_column_and_the_mended_filter(
    exact: ExactShop, path: str, wrong: str, column: int
) -> None:
    problem = refused(exact, path, filter=wrong)
    assert problem["type"] == "/problems/filter-syntax"
    assert problem["errors"][0]["pointer"] == "/filter"
    assert f"column {column}" in problem["detail"]
    mended = 'colour IN ["navy"]' if "IN" in wrong else 'colour = "navy"'
    assert mended in problem["detail"]
    assert exact.get(path, filter=mended) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        "colour", "colour =", '= "navy"', 'colour = "navy" AND', 'colour == "navy"', '(colour = "navy"',
        'colour = "navy")', "colour IN []", 'colour IN "navy"', 'colour IN ("navy")', "price 10 TO", "price TO 50",
        'NOT', 'colour = "navy" colour = "red"', 'colour LIKE "navy"', '"colour" = "navy"', "colour = `navy`",
        '`colour = "navy"', 'colour = "na\\vy"', "price < 1,5", "price < 1.5.1", "price < --1", "price < 0x10",
        "price = nan", "price = inf", "5 = price", "size in cm = 5", "AND = 5", "not exists", "price = null",
    ],
)  # fmt: skip
def test_what_the_grammar_does_not_know_is_refused_with_its_column(exact: ExactShop, wrong: str) -> None:
    problem = refused(exact, filter=wrong)
    assert problem["type"] == "/problems/filter-syntax"
    assert problem["errors"][0]["pointer"] == "/filter"


@pytest.mark.parametrize(
    "wrong",
    [
        {}, [], "", 5, {"and": []}, {"or": []}, {"not": []}, {"and": {"field": "price"}}, {"field": "price"},
        {"field": "price", "op": "="}, {"field": "price", "op": "IN", "value": []},
        {"field": "price", "op": "IN", "value": 5}, {"field": "price", "op": "TO", "value": [1]},
        {"field": "price", "op": "TO", "value": [1, 2, 3]}, {"field": "price", "op": "EXISTS", "value": True},
        {"field": "price", "op": "LIKE", "value": 5}, {"field": 5, "op": "=", "value": 5},
        {"field": "price", "op": "=", "value": None}, {"field": "price", "op": "=", "value": [5]},
        {"field": "price", "op": "=", "value": {"a": 1}}, {"field": "price", "op": "=", "value": 5, "and": []},
        {"and": [{"field": "price", "op": "=", "value": 5}], "or": [{"field": "price", "op": "=", "value": 5}]},
        {"field": "price", "op": "<", "value": True}, {"field": "price", "op": "=", "value": "5"},
        {"field": "vegan", "op": "<", "value": True}, {"field": "vegan", "op": "=", "value": 1},
        {"field": "launched", "op": "=", "value": "soon"}, {"field": "launched", "op": "=", "value": "2026-02-30"},
        {"field": "launched", "op": "=", "value": "2026-01-01T00:00:00"}, {"field": "", "op": "EXISTS"},
    ],
)  # fmt: skip
def test_a_tree_that_is_none_is_refused_at_the_filter(exact: ExactShop, wrong: Any) -> None:
    answer = exact.shop.call("POST", "/v1/search", json={"filter": wrong})
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    assert {fault["pointer"].split("/")[1] for fault in answer.json["errors"]} == {"filter"}


def test_a_tree_or_a_text_too_deep_or_too_long_is_refused(exact: ExactShop) -> None:
    leaf: Any = {"field": "price", "op": "=", "value": 5}
    deep = leaf
    for _ in range(500):
        deep = {"not": deep}
    wide = {"or": [leaf] * 1000}
    for wrong in (
        deep, wide, "price = 5" + " OR price = 5" * 320, "NOT " * 70 + "price = 5",
        "(" * 70 + "price = 5" + ")" * 70, "(" * 1990 + "price = 5" + ")" * 1990,
    ):  # fmt: skip
        answer = exact.shop.call("POST", "/v1/search", json={"filter": wrong})
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"facets": "colur"}, "/facets"), ({"sort": "colur"}, "/sort"), ({"sort": "-colur"}, "/sort"),
        ({"sort": "materials"}, "/sort"), ({"sort": "-caption"}, "/sort"), ({"facet_limit": 0}, "/facet_limit"),
        ({"facet_limit": 1001}, "/facet_limit"), ({"facet_mode": "all"}, "/facet_mode"),
        ({"collapse": "sku"}, "/collapse"),
    ],
)  # fmt: skip
def test_facets_and_sorts_that_cannot_be_name_their_parameter(
    exact: ExactShop, query: dict[str, Any], pointer: str
) -> None:
    answers = [
        exact.shop.call("GET", "/v1/search", query_string=query),
        exact.shop.call("POST", "/v1/search", json={**query, **({"facets": ["colur"]} if "facets" in query else {})}),
    ]
    for answer in answers:
        assert answer.status_code == 422, answer.text
        assert answer.json is not None
        assert {fault["pointer"] for fault in answer.json["errors"]} == {pointer}
        assert "colur" not in str(query) or answer.json["type"] == "/problems/unknown-field"
        assert "colur" not in str(query) or "colour" in answer.json["detail"]


def test_more_than_twenty_facets_are_refused(exact: ExactShop) -> None:
    assert exact.shop.call("POST", "/v1/search", json={"facets": ["colour"] * 21}).status_code == 422


@settings(BRIEF)
@given(text=odd_texts())
def test_text_that_no_database_keeps_is_refused_wherever_it_stands(exact: ExactShop, text: str) -> None:
    leaf = {"field": "colour", "op": "=", "value": text}
    for wrong in (
        {"q": text}, {"filter": leaf}, {"filter": {**leaf, "field": text, "value": "a"}},
        {"filter": {"field": "colour", "op": "IN", "value": ["a", text]}}, {"filter": f'colour = "{text}"'},
        {"filter": f"`{text}` EXISTS"}, {"facets": [text]}, {"sort": text}, {"sort": f"-`{text}`"},
    ):  # fmt: skip
        answer = exact.shop.call("POST", "/v1/search", json=wrong)
        assert answer.status_code == 422, (wrong, answer.text)
        assert answer.json is not None
        assert ("NUL" if "\0" in text else "surrogate") in answer.json["detail"]


@pytest.mark.parametrize("name", ["q", "filter", "facets", "sort"])
def test_a_nul_in_a_link_is_refused(exact: ExactShop, name: str) -> None:
    for path in ("/v1/search", *(["/v1/items", "/v1/items/AB-1002/similar"] if name == "filter" else [])):
        answer = exact.shop.call("GET", path, query_string={name: 'colour = "a\0"' if name == "filter" else "a\0"})
        assert answer.status_code == 422, answer.text
