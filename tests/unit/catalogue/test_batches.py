"""Many writes in one transaction: the same as one by one, in few statements, whoever else writes meanwhile."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import select

from catalogue import changes, items, models
from catalogue.batches import Delete, Effect, Line, Patch, Put, Written, write_lines
from catalogue.catalogues import Catalogue, ensure_catalogue, read_catalogue
from catalogue.database import Database
from catalogue.errors import FieldTypeMismatch, InvalidInput, NotFound, VitrineError
from catalogue.item_states import ItemWrite
from catalogue.states import ChangeKind, FieldType
from tests.unit.catalogue import shop

CREATED, ALTERED, KEPT, DELETED = Effect
SKUS = ("a", "b", "c", "d")
PARTS: tuple[dict[str, Any], ...] = (
    {"title": "Tee"},
    {"title": "Better tee", "price": "19.90"},
    {"price": 5},
    {"price": "1.234"},  # refused
    {"available": False},
    {"published": False},
    {"published": True},
    {"group": None, "url": "https://shop.example/a"},
    {"attributes": {"colour": "navy", "sizes": ["S", "M"]}},
    {"attributes": {"colour": None, "year": 2024}},
    {"attributes": {"year": "2024"}},  # refused once the field holds numbers, and the other way round
    {"attributes": {"price": 3}},  # refused
)


def write(database: Database, catalogue: Catalogue, *lines: Line) -> list[Written | VitrineError]:
    return database.write(lambda session: write_lines(session, catalogue, lines))


def effects(outcomes: Sequence[Written | VitrineError]) -> list[Effect | type[VitrineError]]:
    return [type(each) if isinstance(each, VitrineError) else each.effect for each in outcomes]


def stock(number: int, price: int) -> Patch:
    return Patch(f"sku-{number}", {"price": price, "available": price % 2 == 0})


def state(database: Database, catalogue: Catalogue) -> dict[str, tuple[Any, ...]]:
    """All that merchants wrote, by sku."""
    item = models.Item
    columns = (item.version, item.title, item.attributes, item.price_minor, item.url, item.published, item.available)
    with database.reading() as session:
        rows = session.execute(select(item.sku, *columns, item.group).where(item.catalogue_id == catalogue.id))
        return {sku: tuple(rest) for sku, *rest in rows}


def register(database: Database, catalogue: Catalogue) -> dict[str, FieldType]:
    with database.reading() as session:
        rows = select(models.Field.name, models.Field.type).where(models.Field.catalogue_id == catalogue.id)
        return dict(session.execute(rows).all())


def feed(database: Database, catalogue: Catalogue, after: int) -> list[tuple[ChangeKind, Any]]:
    with database.reading() as session:
        return [(change.kind, change.item_id) for change in changes.since(session, catalogue.id, after)]


def random_line(rng: random.Random) -> Line:
    sku = rng.choice(SKUS)
    match rng.randrange(6):
        case 0:
            return Delete(sku)
        case 1 | 2:
            return Put(sku, ItemWrite(**rng.choice(PARTS)))
        case _:
            return Patch(sku, rng.choice(PARTS), makes_missing=rng.random() < 0.8)


@pytest.mark.parametrize("seed", range(6))
def test_a_batch_does_what_its_lines_do_one_by_one(database: Database, catalogue: Catalogue, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - repeatable, not a secret
    lines = [random_line(rng) for _ in range(40)]
    other_id = database.write(lambda session: ensure_catalogue(session, "other", "EUR"))
    with database.reading() as session:
        other = read_catalogue(session, "other")
    assert other.id == other_id
    alone = [outcome for line in lines for outcome in write(database, other, line)]
    together = [
        outcome
        for start, end in ((0, 15), (15, 16), (16, 40))
        for outcome in write(database, catalogue, *lines[start:end])
    ]
    assert effects(together) == effects(alone)
    versions = [[each.version for each in done if isinstance(each, Written)] for done in (together, alone)]
    assert versions[0] == versions[1]
    said = [[str(each) for each in done if isinstance(each, VitrineError)] for done in (together, alone)]
    assert said[0] == said[1]
    assert state(database, catalogue) == state(database, other)
    assert register(database, catalogue) == register(database, other)


def test_all_lines_have_the_number_that_shows_them_all(database: Database, catalogue: Catalogue) -> None:
    outcomes = write(database, catalogue, Put("a", ItemWrite(title="A")), Delete("none"), Patch("b", {"price": 3}))
    with database.reading() as session:
        present = changes.present(session, catalogue.id)
    assert effects(outcomes) == [CREATED, NotFound, CREATED]
    assert [each.seq for each in outcomes if isinstance(each, Written)] == [present] * 2
    again = write(database, catalogue, Put("a", ItemWrite(title="A")), Patch("b", {"price": "3.00"}))
    assert effects(again) == [KEPT, KEPT]
    assert [each.seq for each in again if isinstance(each, Written)] == [present] * 2


def test_lines_of_one_item_follow_each_other(database: Database, catalogue: Catalogue) -> None:
    first = shop.upload(database, catalogue, "a", "one")
    before = first.seq
    outcomes = write(
        database,
        catalogue,
        Patch("a", {"title": "First"}),
        Delete("a"),
        Delete("a"),
        Patch("a", {"price": 7}, makes_missing=False),
        Patch("a", {"price": 7}),
        Patch("a", {"title": "Second"}),
        Put("gone", ItemWrite()),
        Delete("gone"),
    )
    assert effects(outcomes) == [ALTERED, DELETED, NotFound, NotFound, CREATED, ALTERED, CREATED, DELETED]
    with database.reading() as session:
        item = items.read_item(session, catalogue, "a")
    assert (item.title, item.price_minor, item.version, item.photos) == ("Second", 700, 2, ())
    assert item.id != first.item_id
    assert feed(database, catalogue, before) == [(ChangeKind.GONE, first.item_id), (ChangeKind.ATTRIBUTES, item.id)]


def test_a_stock_change_makes_no_work_and_a_title_does(database: Database, catalogue: Catalogue) -> None:
    for number in range(3):
        shop.upload(database, catalogue, f"sku-{number}", f"{number}")
    shop.finish_all(database)
    with database.reading() as session:
        before = changes.present(session, catalogue.id)
        vectors = sorted(session.scalars(select(models.Vector.values)))
    write(database, catalogue, *(stock(number, 5) for number in range(3)))
    assert [kind for kind, _ in feed(database, catalogue, before)] == [ChangeKind.ATTRIBUTES] * 3
    with database.reading() as session:
        assert session.scalars(select(models.Work)).all() == []
        assert sorted(session.scalars(select(models.Vector.values))) == vectors
        before = changes.present(session, catalogue.id)
    write(database, catalogue, Patch("sku-0", {"title": "New"}), Patch("sku-1", {"title": "New", "price": 9}))
    kinds = [kind for kind, _ in feed(database, catalogue, before)]
    assert kinds == [ChangeKind.TEXT, ChangeKind.TEXT, ChangeKind.ATTRIBUTES]
    with database.reading() as session:
        assert len(session.scalars(select(models.Work)).all()) == 2


def test_what_is_hidden_is_said_first(database: Database, catalogue: Catalogue) -> None:
    before = shop.put(database, catalogue, "a", title="A").seq
    shop.put(database, catalogue, "b", title="B", published=False)
    write(database, catalogue, Patch("a", {"published": False}), Patch("b", {"published": True}))
    kinds = [kind for kind, _ in feed(database, catalogue, before)][-3:]
    assert kinds == [ChangeKind.HIDDEN, ChangeKind.ATTRIBUTES, ChangeKind.ATTRIBUTES]


def test_deleted_items_leave_no_photo_and_their_bytes_are_to_be_erased(
    database: Database, catalogue: Catalogue
) -> None:
    for number in range(3):
        shop.upload(database, catalogue, f"sku-{number}", f"{number}", "shared")
    write(database, catalogue, Delete("sku-0"), Delete("sku-1"), Delete("sku-1"))
    with database.reading() as session:
        assert session.scalars(select(models.Item.sku)).all() == ["sku-2"]
        assert len(session.scalars(select(models.Photo)).all()) == 2
        erased = set(session.scalars(select(models.Erasure.sha256)))
    assert erased == {shop.upload_of(content).sha256 for content in ("0", "1", "shared")}


def test_the_first_value_of_a_batch_fixes_its_fields_type_unless_its_line_fails(
    database: Database, catalogue: Catalogue
) -> None:
    outcomes = write(
        database,
        catalogue,
        Patch("a", {"price": "much", "attributes": {"size": "M"}}),
        Patch("b", {"attributes": {"size": 42}}),
        Patch("c", {"attributes": {"size": "M"}}),
        Patch("d", {"attributes": {"size": 43, "colour": "navy"}}),
    )
    assert effects(outcomes) == [InvalidInput, CREATED, FieldTypeMismatch, CREATED]
    assert register(database, catalogue) == {"size": FieldType.NUMBER, "colour": FieldType.STRING}
    assert set(state(database, catalogue)) == {"b", "d"}


@pytest.mark.parametrize("sku", ["", "a/b", "a\0", "\ud800", "x" * 129])
def test_a_sku_that_cannot_be_fails_alone(database: Database, catalogue: Catalogue, sku: str) -> None:
    outcomes = write(database, catalogue, Patch(sku, {}), Put(sku, ItemWrite()), Delete(sku), Patch("a", {}))
    assert effects(outcomes) == [InvalidInput, InvalidInput, NotFound, CREATED]


@pytest.mark.parametrize(
    "attributes",
    [{"x\0": 1}, {"\ud800": 1}, {"": 1}, {"x": "nul\0"}, {f"n{number}": 1 for number in range(500)}],
)
def test_attributes_that_cannot_be_fail_alone(
    database: Database, catalogue: Catalogue, attributes: dict[str, Any]
) -> None:
    outcomes = write(database, catalogue, Patch("a", {"attributes": attributes}), Patch("b", {"attributes": {"x": 1}}))
    assert effects(outcomes) == [InvalidInput, CREATED]


def test_a_batch_is_few_statements_whatever_its_size(database: Database, catalogue: Catalogue) -> None:
    counts = []
    for number in (2, 200):
        write(database, catalogue, *(Put(f"sku-{each}", ItemWrite()) for each in range(number)))
        statements: list[str] = []

        def notice(*event: Any, seen: list[str] = statements) -> None:
            seen.append(event[2])

        sqlalchemy.event.listen(database.write_engine, "before_cursor_execute", notice)
        write(database, catalogue, *(stock(each, number) for each in range(number)))
        counts.append(len(statements))
        sqlalchemy.event.remove(database.write_engine, "before_cursor_execute", notice)
    assert counts[0] == counts[1] <= 10


def test_batches_over_the_same_items_follow_each_other(database: Database, catalogue: Catalogue) -> None:
    """In opposite orders, with new items and new fields, against deletions: whoever comes last, comes last for all."""
    start = threading.Barrier(4)

    def write_often(price: int) -> None:
        rng = random.Random(price)  # noqa: S311 - repeatable, not a secret
        start.wait()
        for _ in range(12):
            numbers = list(range(30))
            rng.shuffle(numbers)
            parts = {"price": price, "attributes": {f"field {rng.randrange(99)}": 1}}
            done = write(database, catalogue, *(Patch(f"sku-{number}", parts) for number in numbers))
            assert not any(isinstance(each, VitrineError) for each in done)

    def delete_often() -> None:
        start.wait()
        for number in range(30):
            with suppress(NotFound):
                database.write(lambda session, sku=f"sku-{number}": items.delete_item(session, catalogue, sku))  # type: ignore[misc]  # bound now

    acts = [*(lambda price=price: write_often(price) for price in (1, 2, 3)), delete_often]
    with ThreadPoolExecutor(len(acts)) as threads:
        for each in [threads.submit(act) for act in acts]:
            each.result()
    rows = state(database, catalogue)
    prices = {row[3] for row in rows.values()}
    assert len(prices) == 1
    with database.reading() as session:
        seqs = [change.seq for change in changes.since(session, catalogue.id, 0)]
        assert seqs == list(range(1, changes.present(session, catalogue.id) + 1))


def test_an_item_that_somebody_else_makes_meanwhile_is_written_as_it_is_then(
    database: Database, catalogue: Catalogue
) -> None:
    _overtaken_at("INSERT INTO items", database, catalogue, title="Theirs")
    outcomes = write(database, catalogue, Patch("b", {"price": 1}), Patch("a", {"price": 2}))
    assert effects(outcomes) == [CREATED, ALTERED]
    assert state(database, catalogue)["a"][:4] == (2, "Theirs", {}, 200)


def test_a_field_that_somebody_else_fixes_meanwhile_holds_for_the_batch(
    database: Database, catalogue: Catalogue
) -> None:
    _overtaken_at("INSERT INTO fields", database, catalogue, attributes={"size": "M"})
    size = {"attributes": {"size": 4}}
    outcomes = write(database, catalogue, Patch("b", {"price": 1}), Patch("a", {"price": 2}), Patch("c", size))
    assert effects(outcomes) == [CREATED, ALTERED, FieldTypeMismatch]
    assert set(state(database, catalogue)) == {"a", "b"}


def _overtaken_at(statement: str, database: Database, catalogue: Catalogue, **theirs: Any) -> None:
    """Somebody else writes the item `a` right before the next such statement."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    done: list[str] = []

    def overtake(*event: Any) -> None:
        if event[2].startswith(statement) and not done:
            done.append(statement)
            shop.put(database, catalogue, "a", **theirs)

    sqlalchemy.event.listen(database.write_engine, "before_cursor_execute", overtake)


KILLED = """
import sys
from catalogue.batches import Patch, write_lines
from catalogue.catalogues import read_catalogue
from catalogue.database import Database

database = Database(sys.argv[1])
for chunk in range(10_000):
    lines = [Patch(f"{chunk}-{line}", {"title": "T", "attributes": {"n": line}}) for line in range(50)]
    database.write(lambda session: write_lines(session, read_catalogue(session), lines))
    print(chunk, flush=True)
"""


def test_a_process_that_is_killed_leaves_whole_chunks(database: Database, catalogue: Catalogue) -> None:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", KILLED, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    rows = state(database, catalogue)
    assert len(rows) >= 150
    assert len(rows) % 50 == 0
    assert len(feed(database, catalogue, 0)) == len(rows) + 1  # and the adopted model set's
