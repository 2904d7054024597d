"""Columns of fields in a view over a real database: what a write puts where, and what it must leave alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from catalogue import captions, changes, models, photos
from catalogue.changes import Change
from catalogue.declaring import declare
from catalogue.states import ChangeKind, FieldType
from indexing.tail import Tail
from indexing.view import View
from tests.unit.indexing.shop import EAST, NORTH, Shop


def untouched(before: View, after: View) -> bool:
    """Neither a vector nor a word nor a row was made."""
    return (
        after.engine is before.engine
        and after.lexicon is before.lexicon
        and after.photos is before.photos
        and after.items is before.items
    )


def test_a_new_price_is_written_into_its_column_and_touches_nothing_else(shop: Shop) -> None:
    shop.put("a", title="Hat", price=10, attributes={"brand": "Acme", "stock": 3, "sizes": [1, 2]})
    shop.photo("a", EAST, caption="a hat")
    shop.put("b", title="Hat", price="9.90")
    before = shop.now()
    shop.patch("a", price="8.50", available=False, group="hats", attributes={"stock": 0, "sizes": [2, 3], "new": True})
    after = shop.settled()
    assert untouched(before, after)
    assert (shop.held(before, "price"), shop.held(after, "price")) == ({"a": 1000, "b": 990}, {"a": 850, "b": 990})
    assert (shop.held(before, "available")["a"], shop.held(after, "available")["a"]) == (True, False)
    assert (shop.held(before, "group"), shop.held(after, "group")) == ({}, {"a": "hats"})
    assert (shop.held(before, "stock"), shop.held(after, "stock")) == ({"a": 3.0}, {"a": 0.0})
    assert (shop.held(before, "sizes"), shop.held(after, "sizes")) == ({"a": (1.0, 2.0)}, {"a": (2.0, 3.0)})
    assert "new" not in before.fields
    assert shop.held(after, "new") == {"a": True}
    assert shop.held(after, "brand") == {"a": "Acme"}
    assert (shop.texts(after, "acme"), shop.texts(after, "hat")) == (["a"], ["a", "b"])


def test_a_value_that_is_taken_away_is_missing(shop: Shop) -> None:
    shop.put("a", price=10, group="g", attributes={"stock": 3, "sizes": [1], "brand": "Acme", "tags": ["x"]})
    before = shop.now()
    shop.patch("a", price=None, group=None, attributes={"stock": None, "sizes": []})
    after = shop.settled()
    assert untouched(before, after)
    assert [shop.held(after, name) for name in ("price", "group", "stock", "sizes")] == [{}, {}, {}, {}]
    shop.patch("a", attributes={"brand": None, "tags": []})
    assert [shop.held(shop.settled(), name) for name in ("brand", "tags")] == [{}, {}]
    assert [shop.held(before, name) for name in ("brand", "tags", "stock")] == [
        {"a": "Acme"},
        {"a": ("x",)},
        {"a": 3.0},
    ]


def test_a_feed_of_prices_does_not_wear_a_view_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexing.view.FEW_ROWS", 2)
    for sku in "abcd":
        shop.put(sku, title="Hat")
    first = shop.now()
    for night in range(1, 5):
        for sku in "abcd":
            shop.patch(sku, price=night, available=night % 2 == 0)
        view = shop.settled()
        assert untouched(first, view)
        assert set(shop.held(view, "price").values()) == {100 * night}


def test_what_is_written_while_a_look_is_over_is_loaded_with_the_rest(shop: Shop) -> None:
    shop.put("a", price=1)
    tail = Tail(shop.database, shop.catalogue.id)
    first = tail.view
    shop.patch("a", price=2)
    tail.look()
    shop.patch("a", price=3)
    tail.catch_up()
    assert untouched(first, tail.view)
    assert (tail.view.seq, shop.held(tail.view, "price")) == (shop.present(), {"a": 300})


def test_new_words_give_an_item_a_new_row_with_all_its_fields(shop: Shop) -> None:
    shop.put("a", title="Hat", price=10, group="g", attributes={"brand": "Acme", "stock": 3})
    photo_id = shop.photo("a", EAST, caption="a hat")
    before = shop.now()
    shop.patch("a", title="Cap")
    after = shop.settled()
    assert len(after.items.live) == len(before.items.live) + 1
    assert (shop.texts(after, "cap"), shop.skus(after), after.photos.live.tolist()) == (["a"], ["a"], [True])
    names = ("price", "group", "brand", "stock", "sku", "available", "published", "created_at", "caption")
    assert [shop.held(after, name) for name in names] == [shop.held(before, name) for name in names]
    assert (shop.held(before, "title"), shop.held(after, "title")) == ({"a": "Hat"}, {"a": "Cap"})
    shop.database.write(lambda s: photos.delete_photo(s, shop.catalogue, photo_id))
    assert shop.skus(shop.now()) == []


def test_a_word_that_moves_from_one_field_to_another_is_in_the_other(shop: Shop) -> None:
    shop.put("a", attributes={"brand": "Acme"})
    assert shop.held(shop.now(), "brand") == {"a": "Acme"}
    shop.put("a", attributes={"maker": "Acme"})
    view = shop.settled()
    assert (shop.held(view, "brand"), shop.held(view, "maker")) == ({}, {"a": "Acme"})


def test_a_list_keeps_the_first_of_two_spellings_however_its_values_are_moved(shop: Shop) -> None:
    shop.put("a", attributes={"tags": ["Navy", "NAVY", "red"]})
    assert shop.held(shop.settled(), "tags") == {"a": ("Navy", "red")}
    shop.put("a", attributes={"tags": ["NAVY", "Navy", "red"]})
    assert shop.held(shop.settled(), "tags") == {"a": ("NAVY", "red")}


def test_a_field_is_known_though_the_item_that_brought_it_has_lost_it_before_it_was_read(shop: Shop) -> None:
    shop.put("a")
    tail = Tail(shop.database, shop.catalogue.id)
    shop.put("a", attributes={"brand": "Acme"})
    shop.put("a")
    tail.look()
    tail.catch_up()
    assert tail.view.types["brand"] is FieldType.STRING


def test_the_captions_of_ready_photos_are_a_list_field(shop: Shop) -> None:
    first = shop.photo("a", EAST, caption="a hat")
    second = shop.photo("a", NORTH, caption="a cap")
    view = shop.now()
    assert shop.held(view, "caption") == {"a": ("a cap", "a hat")}
    shop.database.write(lambda s: captions.write_caption(s, shop.catalogue, first, text="teal polo", locked=None))
    assert shop.held(shop.settled(), "caption") == {"a": ("a cap", "teal polo")}
    shop.database.write(lambda s: photos.delete_photo(s, shop.catalogue, second))
    assert shop.held(shop.settled(), "caption") == {"a": ("teal polo",)}
    shop.database.write(lambda s: captions.clear_caption(s, shop.catalogue, first))
    assert shop.held(shop.settled(), "caption") == {"a": ("a hat",)}
    assert shop.held(view, "caption") == {"a": ("a cap", "a hat")}


def test_moving_or_adding_a_photo_that_says_nothing_new_keeps_the_items_row(shop: Shop) -> None:
    shop.photo("a", EAST, caption="a hat")
    second = shop.photo("a", NORTH, caption="a cap")
    before = shop.now()
    shop.database.write(lambda s: photos.move_photo(s, shop.catalogue, second, 0))
    after = shop.settled()
    assert (after.items, after.engine, after.photos.positions.tolist()) == (before.items, before.engine, [1, 0])
    assert before.photos.positions.tolist() == [0, 1]


def test_an_item_that_is_hidden_is_not_published_at_once_and_again_when_it_is_shown(shop: Shop) -> None:
    shop.put("a", title="Hat")
    shop.photo("a", EAST)
    first = shop.now()
    shop.patch("a", published=False)
    assert (shop.skus(shop.now()), shop.held(shop.now(), "published")) == ([], {"a": False})
    shop.patch("a", published=True)
    last = shop.settled()
    assert untouched(first, last)
    assert (shop.skus(last), shop.held(last, "published")) == (["a"], {"a": True})


def test_a_declared_date_is_no_word_and_changes_without_a_new_row(shop: Shop) -> None:
    shop.put("a", attributes={"out": "1970-01-02"})
    assert shop.texts(shop.now(), "1970") == ["a"]
    shop.database.write(lambda s: declare(s, shop.catalogue.id, "out", FieldType.DATE))
    dated = shop.settled()
    assert (dated.fields["out"].type, shop.held(dated, "out")) == (FieldType.DATE, {"a": 86_400_000_000})
    assert shop.texts(dated, "1970") == []
    shop.patch("a", attributes={"out": "1970-01-01T00:00:01+00:00"})
    later = shop.settled()
    assert untouched(dated, later)
    assert (shop.held(dated, "out"), shop.held(later, "out")) == ({"a": 86_400_000_000}, {"a": 1_000_000})


def test_a_field_of_another_type_is_in_the_reloaded_view(shop: Shop) -> None:
    shop.put("a", attributes={"year": "2026", "sizes": 4})
    before = shop.now()
    shop.database.write(lambda s: declare(s, shop.catalogue.id, "year", FieldType.NUMBER))
    shop.database.write(lambda s: declare(s, shop.catalogue.id, "sizes", FieldType.NUMBERS))
    after = shop.settled()
    assert (shop.held(before, "year"), shop.held(before, "sizes")) == ({"a": "2026"}, {"a": 4.0})
    assert (shop.held(after, "year"), shop.held(after, "sizes")) == ({"a": 2026.0}, {"a": (4.0,)})


def test_a_value_that_is_not_of_its_fields_type_is_missing_and_told_once(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """No door lets one through; what has crept in all the same must not take the whole shop away."""
    for sku in "ab":
        shop.put(sku, attributes={"stock": 3, "sizes": ["s"], "sale": True})
    shop.now()
    wrong = {"stock": "three", "sizes": ["s", 4], "sale": 1}
    shop.database.write(lambda s: s.execute(update(models.Item).values(attributes=wrong)))
    with shop.database.reading() as session:
        ids = session.scalars(select(models.Item.id)).all()
    again = [Change(ChangeKind.ATTRIBUTES, item_id) for item_id in ids]
    shop.database.write(lambda s: changes.record(s, shop.catalogue.id, again))
    view = shop.settled()
    assert [shop.held(view, name) for name in wrong] == [{}, {}, {}]
    told = [line for line in capsys.readouterr().out.splitlines() if "field_values_misfit" in line]
    assert len(told) == len(wrong)


def test_a_view_counts_the_memory_of_its_columns(shop: Shop) -> None:
    shop.put("a", title="Hat")
    before = shop.now().size_bytes
    shop.patch("a", attributes={f"field {number}": f"value {number}" for number in range(64)})
    assert shop.settled().size_bytes - before > 64 * sum(map(len, ("field 1", "value 1")))
