"""Searches of every form over HTTP against the reference: the set, its order, its total, its facets, its confidence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.agreeing import agree
from tests.integration.asking import counted, parameters
from tests.integration.exactly import ALL_TYPES, TEXTS, THRESHOLD, ExactShop
from tests.reference.facets import Counting
from tests.reference.filters import Tree
from tests.reference.lexical import holds
from tests.reference.results import Asked, Field
from tests.reference.strategies import FIELDS, SORTABLE, askings, countings, trees
from tests.reference.values import Item, fold, known, written
from tests.reference.wording import seeded

TEXTS_AND_SKUS = ("", *TEXTS, "ab-1002", " GOOD-9 ", "İRIS")
QUERIES = st.sampled_from((*TEXTS_AND_SKUS, " "))
SEEDS = st.integers(0, 9999)
THOROUGH = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=120
)
BRIEF = settings(THOROUGH, max_examples=25)


@THOROUGH
@given(q=QUERIES, asked=askings(), counting=countings(), limit=st.sampled_from([7, 13, 100]), seed=SEEDS)
def test_a_search_shows_the_set_of_the_reference_and_facets_count_it(
    exact: ExactShop, q: str, asked: Asked, counting: Counting, limit: int, seed: int
) -> None:
    agree(exact, q, asked, counting, limit, seeded(seed))


@BRIEF
@given(q=QUERIES, tree=trees(), counting=countings(), seed=SEEDS)
def test_a_filter_and_facets_say_the_same_in_a_link_in_json_and_as_a_tree(
    exact: ExactShop, q: str, tree: Tree, counting: Counting, seed: int
) -> None:
    chance = seeded(seed)
    asked = Asked(tree, threshold=0.0)
    in_json = parameters(asked, chance, as_text=False)
    in_text = parameters(asked, chance, as_text=True)
    listed = counted(counting, chance)
    in_link = {**listed, "facets": ", ".join(listed["facets"])}
    answers = [
        exact.post(q=q, limit=100, **in_json, **listed),
        exact.post(q=q, limit=100, **in_text, **listed),
        exact.get(q=q, limit=100, **in_text, **in_link),
    ]
    for answer in answers:
        assert (answer["hits"], answer["facets"]) == (answers[0]["hits"], answers[0]["facets"])


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("field", SORTABLE)
def test_every_field_sorts_both_ways_with_missing_values_last(exact: ExactShop, field: str, descending: bool) -> None:
    asked = Asked(sort=Field(field, descending))
    hits = exact.post(limit=100, **parameters(asked, seeded(0), as_text=True))["hits"]
    assert [hit["sku"] for hit in hits] == exact.shelf("").ordered(asked)


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_counted(exact: ExactShop, field: str) -> None:
    agree(exact, "", Asked(), Counting((field,)), 100, seeded(0))


@pytest.mark.parametrize("q", TEXTS)
def test_raising_the_threshold_gives_a_prefix_of_the_same_list(exact: ExactShop, q: str) -> None:
    whole = exact.walk(q=q, min_confidence=0, limit=100)
    confident = [hit["confidence"] for hit in whole]
    assert len(set(confident)) > 5, "the goods are too alike to tell"
    assert len(set(confident)) < len(confident), "no two are equal"
    for cut in sorted({*confident, 0.25, 0.5, 0.999, 1.0}):
        hits = exact.walk(q=q, min_confidence=cut, limit=100)
        assert hits == whole[: sum(each >= cut for each in confident)]


@pytest.mark.parametrize("sku", ["AB-1002", "ab-1002", "  aB-1002 ", "NAVY", "ÄRMEL 5", "a\u0308rmel 5"])
def test_who_types_a_sku_is_sure_to_find_it(exact: ExactShop, sku: str) -> None:
    hits = exact.post(q=sku, min_confidence=1)["hits"]
    same = [name for name, item in exact.items.items() if fold(name) == fold(sku.strip()) and item["published"]]
    assert same, "the goods have no such sku"
    assert {hit["sku"] for hit in hits} >= set(same)
    assert {hit["confidence"] for hit in hits} == {1.0}


@BRIEF
@given(data=st.data())
def test_whatever_words_of_an_item_are_typed_it_is_in_the_default_set(exact: ExactShop, data: st.DataObject) -> None:
    item = data.draw(st.sampled_from([item for item in exact.items.values() if item["published"]]), "item")
    texts = [text for field in _words(item) for text in written(item, field)]
    said = data.draw(st.lists(st.sampled_from(texts), min_size=1, max_size=2), "texts")
    q = data.draw(st.sampled_from([str.upper, str.lower, str.title]), "case")(" ".join(said))
    if holds(item, q, ALL_TYPES):  # upper case loses the dots of some letters, and emoji are no words
        assert item["sku"] in [hit["sku"] for hit in exact.walk(q=q, limit=100)]


@pytest.mark.parametrize(
    "q", ["red dresses", "NAVY shirt", "two SHOES", "strasse", "CAFÉ", "ab1002", "5kg hose", "İris", "blue jug table"]
)
def test_who_holds_every_word_is_in_the_default_set(exact: ExactShop, q: str) -> None:
    whole = {hit["sku"]: hit["confidence"] for hit in exact.walk(q=q, min_confidence=0, limit=100)}
    holding = [sku for sku in whole if holds(exact.items[sku], q, ALL_TYPES)]
    assert holding, "the goods have no such words"
    assert [sku for sku in holding if whole[sku] < THRESHOLD] == []


def test_what_cannot_be_compared_has_confidence_and_score_0(exact: ExactShop) -> None:
    hits = exact.walk(q=TEXTS[0], min_confidence=0, limit=100)
    bare = [hit for hit in hits if not exact.items[hit["sku"]]["caption"]]
    assert bare
    assert {hit["photo"] for hit in bare} == {None}
    strangers = [hit for hit in bare if not exact.items[hit["sku"]]["title"] and not _words(exact.items[hit["sku"]])]
    assert {(hit["confidence"], hit["score"]) for hit in strangers} <= {(0.0, 0.0)}


@pytest.mark.parametrize("q", TEXTS_AND_SKUS)
def test_one_page_in_two_says_the_same_as_one(exact: ExactShop, q: str) -> None:
    query: dict[str, Any] = {"q": q, "min_confidence": 0, "sort": "relevance", "facets": ["colour"]}
    whole = exact.post(**query, limit=100)
    half = exact.post(**query, limit=20)
    other = exact.post(**query, limit=100, cursor=half["next_cursor"])
    assert half["hits"] + other["hits"] == whole["hits"]
    assert whole["facets"] == half["facets"] == other["facets"]
    assert whole["total"] == half["total"] == other["total"]


def _words(item: Item) -> list[str]:
    return [field for field, of_type in ALL_TYPES.items() if of_type == "string" and known(item, field, ALL_TYPES)]
