"""Keys in the catalogue: what is kept of them, whom they let in, and the first one, which a setting gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from catalogue import keys, models
from catalogue.catalogues import Catalogue
from catalogue.database import Database
from catalogue.errors import InvalidInput, NotFound, SettingsInvalid
from catalogue.key_texts import hash_of, id_of, is_weak, make_text
from catalogue.keys import Key, NewKey, create, ensure_admin_key, find, includes, list_keys, record_use, revoke
from catalogue.states import KeyScope

SECRET = b"the installation's own"


def made(database: Database, scope: KeyScope = KeyScope.ADMIN, **given: Any) -> NewKey:
    given = {"name": "a key", **given}
    return database.write(lambda session: create(session, SECRET, scope=scope, **given))


def found(database: Database, text: str, secret: bytes = SECRET) -> Key | None:
    with database.reading() as session:
        return find(session, text, secret)


def install(database: Database, text: str, secret: bytes = SECRET) -> None:
    database.write(lambda session: ensure_admin_key(session, text, secret))


def test_a_key_is_found_by_its_text_alone(database: Database, catalogue: Catalogue) -> None:
    new = made(database, KeyScope.WRITE, name="import", origins=["https://Shop.example"])

    assert found(database, new.text) == new.key
    assert id_of(new.text) == new.key.id
    assert (new.key.scope, new.key.catalogue) == (KeyScope.WRITE, catalogue.name)
    assert new.key.origins == ("https://shop.example",)
    assert new.key.last_used_at is None


def test_near_misses_find_nothing(database: Database) -> None:
    text = made(database).text
    flipped = text[:-1] + ("a" if text[-1] != "a" else "b")
    other = make_text(uuid7())

    for wrong in (flipped, text[:-1], text + "a", text.upper(), f" {text}", other, "", "vt_live_", "é" * 80, "\0"):
        assert found(database, wrong) is None, wrong
    assert found(database, text.replace(text[8:40], uuid4().hex)) is None


def test_no_secret_is_kept_and_none_is_in_a_repr(database: Database) -> None:
    new = made(database)
    secret = new.text.split("_", 3)[3]
    with database.reading() as session:
        row = session.get_one(models.Key, new.key.id)
        kept = repr({column.name: getattr(row, column.name) for column in models.Key.__table__.columns})

    assert secret not in kept
    assert secret not in repr(new)


def test_another_installation_does_not_know_the_key(database: Database) -> None:
    assert found(database, made(database).text, b"another's") is None
    assert hash_of("vt_live_x", SECRET) != hash_of("vt_live_x", b"another's")


def test_a_revoked_key_finds_nothing_and_is_still_there(database: Database) -> None:
    new = made(database)

    for _ in range(2):
        database.write(lambda session: revoke(session, new.key.id))

    assert found(database, new.text) is None
    with database.reading() as session:
        assert keys.are_there(session)
        (kept,) = list_keys(session, limit=10)
    assert kept.revoked_at is not None


def test_revoking_twice_keeps_the_first_time(database: Database) -> None:
    new = made(database)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    database.write(lambda session: session.execute(update(models.Key).values(revoked_at=long_ago)))

    database.write(lambda session: revoke(session, new.key.id))

    with database.reading() as session:
        assert session.scalars(select(models.Key.revoked_at)).one() == long_ago


def test_an_unknown_key_cannot_be_revoked(database: Database) -> None:
    with pytest.raises(NotFound):
        database.write(lambda session: revoke(session, uuid4()))


def test_an_empty_database_has_no_keys(database: Database) -> None:
    with database.reading() as session:
        assert not keys.are_there(session)
        assert list_keys(session, limit=10) == []


def test_pages_of_keys_walk_all_of_them(database: Database) -> None:
    expected = [made(database, name=f"key {number}").key.id for number in range(5)][::-1]

    walked: list[Key] = []
    with database.reading() as session:
        while page := list_keys(session, limit=2, after=(walked[-1].created_at, walked[-1].id) if walked else None):
            walked += page

    assert [key.id for key in walked] == expected


def test_a_use_is_recorded_for_those_that_were_used(database: Database) -> None:
    used, idle = made(database).key, made(database).key

    database.write(lambda session: record_use(session, [used.id]))

    with database.reading() as session:
        times = {key.id: key.last_used_at for key in list_keys(session, limit=10)}
    assert times[used.id] is not None
    assert times[idle.id] is None


def test_scopes_include_those_before_them() -> None:
    held = [[includes(held, needed) for needed in KeyScope] for held in KeyScope]
    assert held == [[True, False, False], [True, True, False], [True, True, True]]


@pytest.mark.parametrize(
    "origin",
    ["shop.example", "ftp://shop.example", "https://", "https://shop.example/", "https://shop.example/a", "*", "null",
     "https://a@shop.example", "https://*.shop.example", "https://shop.example:port", "https://shop.example?", "",
     "https://shop.example:443", "http://shop.example:80", "https://shop.example:"],
)  # fmt: skip
def test_what_no_browser_sends_is_no_origin(database: Database, catalogue: Catalogue, origin: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        made(database, KeyScope.READ, origins=["https://shop.example:8443", origin])
    assert raised.value.faults[0].pointer == "/origins/1"


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a" * 129}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "VITRINE_ADMIN_KEY"}, "/name"),
        ({"catalogue": "default"}, "/catalogue"),
        ({"origins": ["https://shop.example"] * 21}, "/origins"),
    ],
)
def test_a_key_that_cannot_be_is_refused(database: Database, given: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        made(database, **given)
    assert raised.value.faults[0].pointer == pointer


def test_a_key_for_no_catalogue_is_refused(database: Database) -> None:
    with pytest.raises(NotFound):
        made(database, KeyScope.READ, catalogue="nowhere")


def test_the_settings_key_is_an_admins_and_is_made_once(database: Database) -> None:
    text = make_text(uuid7())

    for _ in range(2):
        install(database, text)

    key = found(database, text)
    assert key is not None
    assert (key.scope, key.catalogue) == (KeyScope.ADMIN, None)
    with database.reading() as session:
        assert len(list_keys(session, limit=10)) == 1


def test_another_text_in_the_setting_replaces_the_key_before_and_no_other(database: Database) -> None:
    first, second, persons = make_text(uuid7()), make_text(uuid7()), made(database).text

    install(database, first)
    install(database, second)

    assert found(database, first) is None
    assert found(database, second) is not None
    assert found(database, persons) is not None


def test_a_replaced_key_put_back_does_not_pass_and_replaces_nothing(database: Database) -> None:
    first, second = make_text(uuid7()), make_text(uuid7())
    for text in (first, second, first):
        install(database, text)

    assert found(database, first) is None
    assert found(database, second) is not None


def test_a_settings_key_that_was_revoked_stays_revoked(database: Database) -> None:
    text = make_text(uuid7())
    install(database, text)
    key = found(database, text)
    assert key is not None
    database.write(lambda session: revoke(session, key.id))

    install(database, text)

    assert found(database, text) is None


def test_the_settings_key_outlives_a_new_secret_of_the_installation(database: Database) -> None:
    text = make_text(uuid7())
    install(database, text)

    install(database, text, b"a new one")

    assert found(database, text, b"a new one") is not None


def test_the_settings_key_cannot_take_another_keys_place(database: Database) -> None:
    mine = made(database, name="mine")
    forged = make_text(mine.key.id)

    with pytest.raises(SettingsInvalid, match="another key"):
        install(database, forged)

    assert found(database, mine.text) is not None
    assert found(database, forged) is None


@pytest.mark.parametrize(
    "weak",
    [
        "",
        "admin",
        "x" * 64,
        f"vt_live_{'0' * 32}_short",
        f"vt_live_{'0' * 32}_{'x' * 64}",
        f"vt_live_{'0' * 32}_{'é' * 64}",
    ],
)
def test_a_weak_key_in_the_setting_is_refused_and_not_repeated(database: Database, weak: str) -> None:
    with pytest.raises(SettingsInvalid, match="vitrine keys new") as raised:
        install(database, weak)
    assert not weak or weak not in str(raised.value)


def test_a_key_that_was_drawn_is_never_weak() -> None:
    assert not any(is_weak(make_text(uuid7())) for _ in range(1000))
    assert not is_weak(f"vt_live_{uuid4().hex}_{uuid4().hex}")
