"""Bodies and parameters: what is JSON, what fits, and how faults are said."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.errors import InvalidInput
from service.errors import NotJson
from service.incoming import parse_json
from service.inputs import checked
from service.schemas import LONGEST_QUERY, ItemBody, ItemPatch, LineBody, SearchBody, SearchQuery

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(texts, values, max_size=4))
def test_every_json_object_is_read_as_it_was_written(value: dict[str, object]) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_by_name(body: bytes) -> None:
    try:
        assert isinstance(parse_json(body), dict)
    except (NotJson, InvalidInput) as error:
        assert str(error)


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert parse_json(rb'{"a": "\\u0000"}') == {"a": "\\u0000"}
    with pytest.raises(InvalidInput, match="NUL"):
        parse_json(rb'{"a": "\u0000"}')


def test_faults_point_at_their_place_and_say_value_and_limit() -> None:
    with pytest.raises(InvalidInput) as raised:
        checked(SearchBody, {"q": "a" * (LONGEST_QUERY + 1), "limit": 0, "a/b~c": 1})
    faults = {fault.pointer: fault.detail for fault in raised.value.faults}
    assert faults["/q"] == "'q' has 1,001 characters; the limit is 1,000."
    assert faults["/limit"] == "'limit' is 0; it should be greater than or equal to 1."
    assert faults["/a~1b~0c"] == "'a/b~c' is not known to this call. Leave it out."


def test_faults_beyond_a_hundred_are_counted_and_not_named() -> None:
    with pytest.raises(InvalidInput) as raised:
        checked(LineBody, {"sku": "a", **{f"k{number}": 1 for number in range(1_000)}})
    assert [fault.pointer for fault in raised.value.faults] == [""]
    assert str(raised.value).startswith("1,000 places of the input are wrong")


def test_a_value_that_fits_no_branch_is_one_fault() -> None:
    with pytest.raises(InvalidInput) as raised:
        checked(ItemBody, {"price": [1]})
    assert [fault.pointer for fault in raised.value.faults] == ["/price"]


def test_json_bodies_are_read_strictly_and_parameters_as_text() -> None:
    with pytest.raises(InvalidInput):
        checked(SearchBody, {"limit": "5"})
    assert checked(SearchQuery, {"limit": "5", "explain": "true"}).limit == 5
    assert checked(ItemBody, {"price": 5}).price == 5


def test_a_patch_tells_null_from_absent() -> None:
    patch = checked(ItemPatch, {"price": None, "title": "Tee"})
    assert patch.model_dump(exclude_unset=True) == {"price": None, "title": "Tee"}
