"""Fields: which texts are dates, what a value becomes as another type's, and how a field gets its type by hand."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from catalogue import changes, dates, declaring, items, models
from catalogue.catalogues import Catalogue, ensure_catalogue, hold_catalogue, read_catalogue
from catalogue.conversion import ELEMENTS, converted
from catalogue.database import Database
from catalogue.declaring import Declared
from catalogue.errors import FieldConversion, FieldTypeMismatch, InvalidInput
from catalogue.fields import RESERVED, fits
from catalogue.states import ChangeKind, FieldType
from tests.unit.catalogue import shop
from tests.unit.catalogue.test_races import together

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STRING, NUMBER, BOOLEAN, DATE = FieldType.STRING, FieldType.NUMBER, FieldType.BOOLEAN, FieldType.DATE
STRINGS, NUMBERS, BOOLEANS = FieldType.STRINGS, FieldType.NUMBERS, FieldType.BOOLEANS

NUMBERS_OF_JSON = st.integers(-(2**53), 2**53) | st.floats(-(2**53), 2**53)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.sampled_from(
    ["42", "-0", "1e3", "yes", "FALSE", " 7 ", "2026-11-21", "2026-11-21T18:03:07+02:00"]
)
SCALARS = st.booleans() | NUMBERS_OF_JSON | TEXTS
VALUES = SCALARS | st.lists(SCALARS, min_size=1, max_size=3)


def declare(database: Database, catalogue: Catalogue, name: str, type_: FieldType) -> Declared:
    return database.write(lambda session: declaring.declare(session, catalogue.id, name, type_))


def values(database: Database, catalogue: Catalogue, name: str) -> dict[str, Any]:
    item = models.Item
    of_catalogue = select(item.sku, item.attributes).where(item.catalogue_id == catalogue.id)
    with database.reading() as session:
        return {sku: held[name] for sku, held in session.execute(of_catalogue) if name in held}


def register(database: Database, catalogue: Catalogue) -> dict[str, tuple[FieldType, bool]]:
    with database.reading() as session:
        rows = session.scalars(select(models.Field).where(models.Field.catalogue_id == catalogue.id))
        return {field.name: (field.type, field.declared) for field in rows}


def version(database: Database, catalogue: Catalogue, sku: str) -> int:
    with database.reading() as session:
        return items.read_item(session, catalogue, sku).version


def settings_version(database: Database) -> int:
    with database.reading() as session:
        return read_catalogue(session).settings_version


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),  # noqa: DTZ001 - the offset is drawn apart
    st.integers(-1439, 1439),
    st.sampled_from("Tt"),
)
def test_a_date_time_is_the_moment_that_python_takes_it_for(local: datetime, minutes: int, divider: str) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert dates.to_microseconds(moment.isoformat(divider)) == (moment - EPOCH) // timedelta(microseconds=1)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_from_its_text(moment: datetime) -> None:
    microseconds = (moment - EPOCH) // timedelta(microseconds=1)
    assert dates.to_microseconds(dates.to_text(microseconds)) == microseconds


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("1970-01-01", 0),
        ("2024-02-29", 1709164800_000000),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t01:30:00.5+01:30", 500_000),
        ("1969-12-31T23:59:59.999999999z", -1),
        ("1970-01-01T00:00:00-00:00", 0),
        ("0001-01-01", -62135596800_000000),
    ],
)
def test_dates_are_microseconds_of_utc(written: str, moment: int) -> None:
    assert dates.to_microseconds(written) == moment


@pytest.mark.parametrize(
    "written",
    [
        "", "2026", "2026-11", "20261121", "2026-W47-6", "2023-02-29", "2026-13-01", "0000-01-01", "2026-11-21 ",
        "2026-11-21T18:03:07", "2026-11-21T18:03Z", "2026-11-21T24:00:00Z", "2026-11-21T18:03:60Z",
        "2026-11-21 18:03:07Z", "2026-11-21T18:03:07+0200", "2026-11-21T18:03:07+24:00", "2026-11-21T18:03:07,5Z",
        "2026-11-21T18:03:07.1234567890Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "２０２６-11-21",
    ],
)  # fmt: skip
def test_what_is_no_date_of_rfc_3339_is_none(written: str) -> None:
    assert dates.to_microseconds(written) is None


@pytest.mark.parametrize(
    ("value", "wanted", "becomes"),
    [
        ("42", NUMBER, 42),
        (" 3.50 ", NUMBER, 3.5),
        ("-1e3", NUMBER, -1000),
        ("007", NUMBER, 7),
        ("9007199254740992", NUMBER, 2**53),
        (42, STRING, "42"),
        (42.0, STRING, "42"),
        (1e-05, STRING, "0.00001"),
        (0.1, STRING, "0.1"),
        (-0.0, STRING, "0"),
        (True, STRING, "true"),
        ("Yes", BOOLEAN, True),
        ("0", BOOLEAN, False),
        (1, BOOLEAN, True),
        (" 2026-11-21 ", DATE, "2026-11-21"),
        ("navy", STRINGS, ["navy"]),
        (["navy"], STRING, "navy"),
        (["1", "2.5"], NUMBERS, [1, 2.5]),
        ("no", BOOLEANS, [False]),
        (["a", 1, True], STRINGS, ["a", "1", "true"]),
    ],
)
def test_a_value_is_read_as_its_text_would_be(value: Any, wanted: FieldType, becomes: Any) -> None:
    made = converted(value, wanted)
    assert (made, repr(made)) == (becomes, repr(becomes))  # 1 is True, but not here


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("XL", NUMBER), ("", NUMBER), ("1e999", NUMBER), ("nan", NUMBER), ("inf", NUMBER), ("1_000", NUMBER),
        ("1,5", NUMBER), ("0x10", NUMBER), ("٣", NUMBER), ("9007199254740993", NUMBER), ("9" * 5000, NUMBER),
        ("9" * 400, NUMBER), ("1e16", NUMBER),
        (True, NUMBER), ("on", BOOLEAN), (2, BOOLEAN), (20261121, DATE), ("tomorrow", DATE),
        ("2026-11-21T18:03:07", DATE), (["a", "b"], STRING), ([], STRING), (["1", "x"], NUMBERS), ({}, STRING),
        ([["a"]], STRINGS), (float("nan"), STRING),
    ],
)  # fmt: skip
def test_what_cannot_be_of_a_type_is_not_made_up(value: Any, wanted: FieldType) -> None:
    assert converted(value, wanted) is None


@given(VALUES, st.sampled_from(FieldType))
def test_what_is_converted_fits_and_stays_what_it_is(value: Any, wanted: FieldType) -> None:
    made = converted(value, wanted)
    if made is not None:
        assert fits("field", made, wanted)
        assert repr(converted(made, wanted)) == repr(made)


@given(NUMBERS_OF_JSON)
def test_a_number_comes_back_from_its_text(number: float) -> None:
    written = converted(number, STRING)
    assert isinstance(written, str)
    assert not set(written) & set("eE_+")
    assert converted(written, NUMBER) == number


@given(VALUES, st.sampled_from(list(ELEMENTS)))
def test_a_list_of_one_is_its_scalar(value: Any, wanted: FieldType) -> None:
    made = converted(value, wanted)
    if made is not None and len(made) == 1:
        assert repr(converted(made, ELEMENTS[wanted])) == repr(made[0])


def test_of_two_writers_who_fix_a_type_at_once_one_is_refused(database: Database, catalogue: Catalogue) -> None:
    start = threading.Barrier(2)

    def write(sku: str, value: Any) -> str:
        start.wait()
        try:
            shop.put(database, catalogue, sku, attributes={"size": value})
        except FieldTypeMismatch:
            return "refused"
        return "written"

    assert sorted(together(lambda: write("a", "XL"), lambda: write("b", 42))) == ["refused", "written"]
    ((type_, declared),) = register(database, catalogue).values()
    (value,) = values(database, catalogue, "size").values()
    assert fits("size", value, type_)
    assert not declared


def test_a_type_is_declared_before_there_is_a_value(database: Database, catalogue: Catalogue) -> None:
    done = declare(database, catalogue, "released", DATE)

    assert (done.made, done.converted) == (True, 0)
    assert register(database, catalogue) == {"released": (DATE, True)}
    shop.put(database, catalogue, "a", attributes={"released": "2026-11-21"})
    with pytest.raises(FieldTypeMismatch, match=r"holds a date, and 'tomorrow' .* such as 2026-11-21"):
        shop.put(database, catalogue, "b", attributes={"released": "tomorrow"})


def test_all_values_are_converted_with_new_versions_and_one_change(database: Database, catalogue: Catalogue) -> None:
    for sku, size in (("a", "42"), ("b", "3.5"), ("c", None)):
        shop.put(database, catalogue, sku, attributes={"size": size, "colour": "navy"})
    shop.put(database, catalogue, "hidden", attributes={"size": "44"}, published=False)
    before = shop.put(database, catalogue, "empty", attributes={"size": []}).seq
    settings = settings_version(database)

    done = declare(database, catalogue, "size", NUMBER)

    assert (done.made, done.converted) == (False, 3)
    assert values(database, catalogue, "size") == {"a": 42, "b": 3.5, "hidden": 44, "empty": []}
    assert values(database, catalogue, "colour") == dict.fromkeys("abc", "navy")
    assert [version(database, catalogue, sku) for sku in "abc"] == [2, 2, 1]
    assert register(database, catalogue)["size"] == (NUMBER, True)
    with database.reading() as session:
        made = changes.since(session, catalogue.id, before)
    assert [(change.kind, change.item_id, change.seq) for change in made] == [(ChangeKind.CATALOGUE, None, done.seq)]
    assert settings_version(database) == settings + 1


def test_a_type_that_says_the_same_of_every_value_leaves_the_items(database: Database, catalogue: Catalogue) -> None:
    shop.put(database, catalogue, "a", attributes={"released": "2026-11-21"})
    assert declare(database, catalogue, "released", DATE).converted == 0
    assert version(database, catalogue, "a") == 1
    assert register(database, catalogue) == {"released": (DATE, True)}


def test_the_type_that_a_field_has_changes_nothing_but_that_it_was_declared(
    database: Database, catalogue: Catalogue
) -> None:
    seq = shop.put(database, catalogue, "a", attributes={"size": 42}).seq
    settings = settings_version(database)
    assert declare(database, catalogue, "size", NUMBER) == Declared(made=False, converted=0, seq=seq)
    assert register(database, catalogue) == {"size": (NUMBER, True)}
    assert settings_version(database) == settings


def test_one_value_that_cannot_be_leaves_all_as_they_are(database: Database, catalogue: Catalogue) -> None:
    for number in range(25):
        shop.put(database, catalogue, f"sku-{number:02}", attributes={"size": f"XL{number}" if number > 2 else "42"})
    with database.reading() as session:
        before = changes.present(session, catalogue.id)

    with pytest.raises(FieldConversion, match=r"^22 values of the field 'size' cannot be read as a number") as refusal:
        declare(database, catalogue, "size", NUMBER)

    assert len(refusal.value.faults) == 20
    assert refusal.value.faults[0].detail == "The item 'sku-03' has 'XL3'."
    assert values(database, catalogue, "size")["sku-00"] == "42"
    assert register(database, catalogue) == {"size": (STRING, False)}
    with database.reading() as session:
        assert changes.present(session, catalogue.id) == before


def test_more_items_than_one_statement_takes_are_converted(
    database: Database, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declaring, "AT_ONCE", 2)
    for number in range(5):
        shop.put(database, catalogue, f"{number}", attributes={"size": str(number)})
    assert declare(database, catalogue, "size", NUMBER).converted == 5
    assert values(database, catalogue, "size") == {f"{number}": number for number in range(5)}


def test_another_catalogue_keeps_its_field(database: Database, catalogue: Catalogue) -> None:
    database.write(lambda session: ensure_catalogue(session, "other", "EUR"))
    with database.reading() as session:
        other = read_catalogue(session, "other")
    for each in (catalogue, other):
        shop.put(database, each, "a", attributes={"size": "42"})
    declare(database, catalogue, "size", NUMBER)
    assert values(database, other, "size") == {"a": "42"}
    assert register(database, other) == {"size": (STRING, False)}


@pytest.mark.parametrize("name", [*sorted(RESERVED), "", "a\nb", "e\u0301", "x" * 129, "\0", "\ud800"])
def test_a_name_that_no_attribute_can_have_is_refused(database: Database, catalogue: Catalogue, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        declare(database, catalogue, name, STRING)
    assert [fault.pointer for fault in refusal.value.faults] == ["/name"]


def test_no_value_of_the_old_type_is_written_while_a_field_is_converted(
    database: Database, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversion is held up half-way, after the first chunk: whoever could write now would slip through."""
    monkeypatch.setattr(declaring, "AT_ONCE", 2)
    for number in range(4):
        shop.put(database, catalogue, f"{number}", attributes={"size": str(number)})
    outcomes: list[str] = []

    def write(sku: str) -> None:
        try:
            shop.put(database, catalogue, sku, attributes={"size": "7"})
            outcomes.append("written")
        except FieldTypeMismatch:
            outcomes.append("refused")

    writers = [threading.Thread(target=write, args=(sku,)) for sku in ("0", "3", "new")]

    def arrive(*event: Any) -> None:
        if event[2].startswith("UPDATE items") and "size" in str(event[3]) and not writers[0].ident:
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join(0.2)  # unless it has to wait, it is in now

    sqlalchemy.event.listen(database.write_engine, "before_cursor_execute", arrive)
    declare(database, catalogue, "size", NUMBER)
    for writer in writers:
        writer.join()

    assert outcomes == ["refused"] * 3
    assert values(database, catalogue, "size") == {f"{number}": number for number in range(4)}


def test_a_field_is_converted_back_and_forth_while_everybody_writes(database: Database, catalogue: Catalogue) -> None:
    done = threading.Event()
    written = [0, 0, 0]

    def write(writer: int) -> None:
        while not done.is_set():
            for value in ("7", 7):
                with suppress(FieldTypeMismatch):
                    shop.put(database, catalogue, f"{writer}", attributes={"size": value, "turn": written[writer]})
                    written[writer] += 1

    def convert() -> int:
        turns = 0
        try:
            while min(written) < 3 or turns % 2:
                turns += 1
                declare(database, catalogue, "size", NUMBER if turns % 2 else STRING)
                done.wait(0.02)
        finally:
            done.set()
        return turns

    assert together(convert, *[partial(write, writer) for writer in range(len(written))])[0] >= 2
    assert register(database, catalogue)["size"] == (STRING, True)
    assert {type(value) for value in values(database, catalogue, "size").values()} == {str}


def test_who_would_write_later_waits_for_a_conversion_that_waits(database: Database, catalogue: Catalogue) -> None:
    """Sharers that overtake would leave a conversion no turn while everybody writes."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time, whom nobody can join")
    shop.put(database, catalogue, "a", attributes={"size": "42"})
    done: list[str] = []

    def convert() -> None:
        declare(database, catalogue, "size", NUMBER)
        done.append("converted")

    def write() -> None:
        shop.put(database, catalogue, "b", attributes={"colour": "navy"})
        done.append("written")

    def hold(session: Session) -> list[threading.Thread]:
        hold_catalogue(session, catalogue.id)
        threads = [threading.Thread(target=act) for act in (convert, write)]
        for waiting, thread in enumerate(threads, 1):
            thread.start()
            while session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) != waiting:
                assert not done, "somebody did not wait"
        return threads

    for thread in database.write(hold):
        thread.join()
    assert sorted(done) == ["converted", "written"]
    assert version(database, catalogue, "a") == 2


def test_a_catalogue_has_no_more_fields_than_its_views_can_hold(
    database: Database, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.register.MOST_FIELDS", 3)
    shop.put(database, catalogue, "a", attributes={"one": 1, "two": 2})
    with pytest.raises(InvalidInput) as refusal:
        shop.put(database, catalogue, "b", attributes={"one": 1, "three": 3, "four": 4})
    assert [fault.pointer for fault in refusal.value.faults] == ["/attributes/three"]
    shop.put(database, catalogue, "b", attributes={"one": 1, "three": 3})
    with pytest.raises(InvalidInput, match="'four' would be another one"):
        declare(database, catalogue, "four", STRING)
    shop.put(database, catalogue, "c", attributes={"one": 1, "two": 2, "three": 3})
    assert declare(database, catalogue, "three", STRING).converted == 2
