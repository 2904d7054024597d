"""What merchants write of an item: rules, versions, and the changes a write makes."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import select

from catalogue import changes, items, listing, models, photos, work
from catalogue.catalogues import Catalogue, adopt, read_catalogue
from catalogue.database import Database
from catalogue.errors import FieldTypeMismatch, InvalidInput, NotFound, VersionMismatch
from catalogue.items import ItemWrite
from catalogue.states import ChangeKind, FieldType
from tests.unit.catalogue import shop

ANOTHER_SET = {"captioner": "c2", "look": "l2", "meaning": "m2", "words": "w2", "checkpoint": "set2"}


def kinds_since(database: Database, catalogue: Catalogue, seq: int) -> list[ChangeKind]:
    with database.reading() as session:
        return [change.kind for change in changes.since(session, catalogue.id, seq)]


def test_an_item_is_created_then_replaced(database: Database, catalogue: Catalogue) -> None:
    first = shop.put(database, catalogue, "tee-1", title="Tee", attributes={"colour": "navy"}, price="19.90")
    second = shop.put(database, catalogue, "tee-1", title="Better tee")
    assert (first.created, first.version, second.created, second.version) == (True, 1, False, 2)
    with database.reading() as session:
        item = items.read_item(session, catalogue, "tee-1")
    assert (item.title, item.attributes, item.price_minor) == ("Better tee", {}, None)


def test_the_same_write_again_changes_nothing_and_answers_with_the_present_number(
    database: Database, catalogue: Catalogue
) -> None:
    first = shop.put(database, catalogue, "a", title="Tee", price=19.9)
    second = shop.put(database, catalogue, "a", title="Tee", price="19.90")
    assert (second.seq, second.version) == (first.seq, first.version)


def test_a_patch_merges_and_null_removes(database: Database, catalogue: Catalogue) -> None:
    shop.put(database, catalogue, "a", title="Tee", attributes={"colour": "navy", "size": "M"}, url="https://x.example")
    shop.patch(database, catalogue, "a", attributes={"size": None, "fit": "slim"}, url=None)
    with database.reading() as session:
        item = items.read_item(session, catalogue, "a")
    assert (item.title, item.attributes, item.url) == ("Tee", {"colour": "navy", "fit": "slim"}, None)


@pytest.mark.parametrize(
    ("parts", "kinds"),
    [
        ({"title": "New"}, [ChangeKind.TEXT]),
        ({"price": 5}, [ChangeKind.ATTRIBUTES]),
        ({"title": "New", "price": 5}, [ChangeKind.TEXT, ChangeKind.ATTRIBUTES]),
        ({"published": False}, [ChangeKind.HIDDEN, ChangeKind.ATTRIBUTES]),
        ({"title": "Old"}, []),
    ],
)
def test_each_write_says_what_to_read_again(
    database: Database, catalogue: Catalogue, parts: dict[str, Any], kinds: list[ChangeKind]
) -> None:
    before = shop.put(database, catalogue, "a", title="Old").seq
    shop.patch(database, catalogue, "a", **parts)
    assert kinds_since(database, catalogue, before) == kinds


def test_an_item_shown_again_is_read_again(database: Database, catalogue: Catalogue) -> None:
    shop.put(database, catalogue, "a", title="Old", published=False)
    before = shop.patch(database, catalogue, "a", title="New").seq
    shop.patch(database, catalogue, "a", published=True)
    assert kinds_since(database, catalogue, before) == [ChangeKind.ATTRIBUTES]


def test_a_lost_race_is_refused(database: Database, catalogue: Catalogue) -> None:
    version = shop.put(database, catalogue, "a", title="One").version
    shop.put(database, catalogue, "a", title="Two")
    with pytest.raises(VersionMismatch, match="at version 2, not at version 1"):
        database.write(lambda s: items.put_item(s, catalogue, "a", ItemWrite(title="Three"), version))
    with pytest.raises(VersionMismatch, match="does not exist"):
        database.write(lambda s: items.put_item(s, catalogue, "new", ItemWrite(), 1))


def test_a_fields_type_is_fixed_by_its_first_value(database: Database, catalogue: Catalogue) -> None:
    shop.put(database, catalogue, "a", attributes={"size": 42, "tags": ["new", "sale"], "nothing": None, "empty": []})
    with pytest.raises(FieldTypeMismatch, match="'size' holds a number, and 'M' is a string"):
        shop.put(database, catalogue, "b", attributes={"size": "M"})
    with pytest.raises(FieldTypeMismatch):
        shop.patch(database, catalogue, "a", attributes={"tags": "new"})
    with database.reading() as session:
        register = dict(session.execute(select(models.Field.name, models.Field.type)).all())
    assert register == {"size": FieldType.NUMBER, "tags": FieldType.STRINGS}


def test_a_refused_value_is_not_echoed_at_length(database: Database, catalogue: Catalogue) -> None:
    shop.put(database, catalogue, "a", attributes={"size": 42})
    with pytest.raises(FieldTypeMismatch) as refusal:
        shop.put(database, catalogue, "b", attributes={"size": "M" * 10_000})
    assert len(str(refusal.value)) < 300


def test_a_patch_leaves_the_last_digit_of_a_large_price(database: Database, catalogue: Catalogue) -> None:
    before = shop.put(database, catalogue, "a", price="90071992547409.91")
    after = shop.patch(database, catalogue, "a", title="Tee", available=True)
    with database.reading() as session:
        assert items.read_item(session, catalogue, "a").price_minor == 9007199254740991
    assert kinds_since(database, catalogue, before.seq) == [ChangeKind.TEXT]
    assert after.version == 2


@pytest.mark.parametrize("sku", ["a\0", "\ud800"])
def test_a_sku_that_no_database_holds_is_nobodys(database: Database, catalogue: Catalogue, sku: str) -> None:
    seen: list[str] = []

    def notice(*event: Any) -> None:
        seen.append(str(event[3]))

    for engine in (database.write_engine, database._read_engine):
        sqlalchemy.event.listen(engine, "before_cursor_execute", notice)
    with pytest.raises(NotFound):
        shop.patch(database, catalogue, sku, title="x")
    with pytest.raises(NotFound):
        database.write(lambda session: items.delete_item(session, catalogue, sku))
    with database.reading() as session:
        with pytest.raises(NotFound):
            items.read_item(session, catalogue, sku)
        with pytest.raises(NotFound):
            read_catalogue(session, sku)
    assert not any(repr(sku) in values for values in seen), "PostgreSQL refuses such a value"


def test_a_refused_write_registers_no_field(database: Database, catalogue: Catalogue) -> None:
    with pytest.raises(InvalidInput):
        shop.put(database, catalogue, "a", attributes={"fit": "slim"}, price="-1")
    with database.reading() as session:
        assert session.scalars(select(models.Field)).all() == []
        assert session.scalars(select(models.Item)).all() == []


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ({"attributes": {"price": 3}}, "/attributes/price"),
        ({"attributes": {"a/b": {"nested": 1}}}, "/attributes/a~1b"),
        ({"attributes": {"mixed": [1, "two"]}}, "/attributes/mixed"),
        ({"attributes": {f"n{number}": 1 for number in range(65)}}, "/attributes"),
        ({"attributes": {"x": float("nan")}}, "/attributes/x"),
        ({"attributes": {"x": float("inf")}}, "/attributes/x"),
        ({"attributes": {"x": 10**400}}, "/attributes/x"),
        ({"attributes": {"x": "\ud800"}}, "/attributes/x"),
        ({"attributes": {"x": ["ok", "nul\0"]}}, "/attributes/x"),
        ({"price": "12.345"}, "/price"),
        ({"price": True}, "/price"),
        ({"price": "1e400"}, "/price"),
        ({"url": "javascript:alert(1)"}, "/url"),
        ({"url": "http://"}, "/url"),
        ({"url": "https://[::1"}, "/url"),
        ({"title": "two\nlines"}, "/title"),
        ({"title": "x" * 1001}, "/title"),
        ({"title": "\ud800"}, "/title"),
        ({"group": "g" * 129}, "/group"),
        ({"published": "yes"}, "/published"),
    ],
)
def test_a_wrong_value_is_named_by_its_pointer(
    database: Database, catalogue: Catalogue, parts: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        shop.put(database, catalogue, "a", **parts)
    assert [fault.pointer for fault in refusal.value.faults] == [pointer]


@pytest.mark.parametrize("sku", ["", "x" * 129, "a/b", "a\nb", "..", "e\u0301"])
def test_a_wrong_sku_is_refused(database: Database, catalogue: Catalogue, sku: str) -> None:
    with pytest.raises(InvalidInput):
        shop.put(database, catalogue, sku)


def test_the_same_bytes_twice_in_an_item_are_one_photo(database: Database, catalogue: Catalogue) -> None:
    first = shop.upload(database, catalogue, "a", "one", "one", "two")
    again = shop.upload(database, catalogue, "a", "one")
    elsewhere = shop.upload(database, catalogue, "b", "one")
    assert [photo.known for photo in first.photos] == [False, True, False]
    assert again.photos[0].known
    assert again.photos[0].photo_id == first.photos[0].photo_id
    assert again.seq == first.seq
    assert not elsewhere.photos[0].known


def test_a_deleted_item_is_gone_with_its_photos(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "a", "one")
    before = shop.upload(database, catalogue, "a", "two").seq
    database.write(lambda session: items.delete_item(session, catalogue, "a"))
    assert kinds_since(database, catalogue, before) == [ChangeKind.GONE]
    with database.reading() as session, pytest.raises(NotFound):
        items.read_item(session, catalogue, "a")


def test_photos_keep_a_gapless_order_when_one_is_moved(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one", "two", "three")
    first, second, third = (photo.photo_id for photo in intake.photos)
    database.write(lambda session: photos.move_photo(session, catalogue, third, 0))
    with database.reading() as session:
        item = items.read_item(session, catalogue, "a")
    assert [(photo.id, photo.position) for photo in item.photos] == [(third, 0), (first, 1), (second, 2)]


def test_lists_walk_all_items_newest_first(database: Database, catalogue: Catalogue) -> None:
    for number in range(5):
        shop.upload(database, catalogue, f"sku-{number}", f"bytes {number}")
    shop.finish_all(database)
    shop.upload(database, catalogue, "pending", "more bytes")
    seen: list[str] = []
    after = None
    while True:
        with database.reading() as session:
            page = listing.list_items(session, catalogue, state=None, limit=2, after=after)
        if not page:
            break
        seen += [item.sku for item in page]
        after = (page[-1].created_at, page[-1].id)
    assert seen == ["pending", "sku-4", "sku-3", "sku-2", "sku-1", "sku-0"]
    with database.reading() as session:
        pending = listing.list_items(session, catalogue, state="pending", limit=10, after=None)
    assert [item.sku for item in pending] == ["pending"]
    shop.claim(database)
    with database.reading() as session:
        busy = listing.list_items(session, catalogue, state="processing", limit=10, after=None)
        idle = listing.list_items(session, catalogue, state="pending", limit=10, after=None)
    assert ([item.sku for item in busy], idle) == (["pending"], [])


def test_lists_by_state_agree_with_the_photos_while_another_set_is_tried(
    database: Database, catalogue: Catalogue
) -> None:
    shop.upload(database, catalogue, "a", "one")
    held = shop.claim(database)
    assert held is not None
    database.write(lambda session: adopt(session, catalogue.id, **ANOTHER_SET))
    assert shop.claim(database) is not None, "the other set's work is in hand, too"
    database.write(lambda session: work.give_back(session, held.token))
    with database.reading() as session:
        pending = listing.list_items(session, catalogue, state="pending", limit=10, after=None)
        busy = listing.list_items(session, catalogue, state="processing", limit=10, after=None)
    assert [item.photos[0].state for item in pending] == ["pending"]
    assert busy == []


def test_reading_a_page_of_items_costs_the_same_number_of_statements_whatever_its_size(
    database: Database, catalogue: Catalogue
) -> None:
    from sqlalchemy import event

    for number in range(6):
        shop.upload(database, catalogue, f"sku-{number}", f"one {number}", f"two {number}")
    shop.finish_all(database)
    counts = []
    for limit in (1, 6):
        statements: list[str] = []
        with database.reading() as session:
            event.listen(
                session.get_bind(), "before_cursor_execute", lambda *event, seen=statements: seen.append(event[2])
            )
            listing.list_items(session, catalogue, state=None, limit=limit, after=None)
        counts.append(len(statements))
    assert counts[0] == counts[1]
