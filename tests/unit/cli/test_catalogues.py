"""`vitrine catalogues`: what is listed and set, and how a change reaches searches; a new one has the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalogue import changes
from catalogue.catalogues import Catalogue, ensure_catalogue, read_catalogue
from catalogue.database import Database
from catalogue.states import ChangeKind
from service.cli import run
from tests.databases import Prepared
from tests.unit.catalogue import shop


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITRINE_DATA", str(tmp_path / "data"))


@pytest.fixture
def served(database: Database, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database that the commands are about."""
    monkeypatch.setenv("VITRINE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    return database


def kept(database: Database, name: str = "default") -> Catalogue:
    with database.reading() as session:
        return read_catalogue(session, name)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run(["catalogues", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_catalogues_are_listed_with_their_items(
    served: Database, catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.put(served, catalogue, "a")
    assert said(capsys, "list") == [
        {"name": "default", "language": "en", "currency": "EUR", "min_confidence": None, "items": 1}
    ]
    assert run(["catalogues", "list"]) == 0
    assert "default" in capsys.readouterr().out


def test_a_setting_is_kept_with_a_new_version_and_a_change(
    served: Database, catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    with served.reading() as session:
        before = changes.present(session, catalogue.id)

    made = said(capsys, "set", "default", "--min-confidence", "0.45", "--language", "PT-br")

    assert (made["min_confidence"], made["language"]) == (0.45, "pt-BR")
    now = kept(served)
    assert (now.settings, now.language) == ({"min_confidence": 0.45}, "pt-BR")
    assert now.settings_version == catalogue.settings_version + 2
    with served.reading() as session:
        kinds = [change.kind for change in changes.since(session, catalogue.id, before)]
    assert kinds == [ChangeKind.CATALOGUE] * 2
    assert said(capsys, "set", "default", "--min-confidence", "default")["min_confidence"] is None
    assert kept(served).settings == {}


def test_the_same_setting_again_changes_nothing(served: Database, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "set", "default", "--min-confidence", "0")
    before = kept(served)
    said(capsys, "set", "default", "--min-confidence", "0.0", "--language", "en")
    assert kept(served) == before
    assert before.settings == {"min_confidence": 0}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["set", "default", "--min-confidence", "1.5"], "it goes from 0 to 1"),
        (["set", "default", "--min-confidence", "nan"], "it goes from 0 to 1"),
        (["set", "default", "--language", "english"], "'english' is no language that is known"),
        (["set", "default", "--language", "en_US"], "BCP 47"),
        (["set", "nowhere", "--language", "en"], "There is no catalogue 'nowhere'"),
        (["create", "default"], "There is a catalogue 'default' already"),
        (["create", "a/b"], "'a/b' cannot be a catalogue's name"),
        (["create", "x" * 65], "1 to 64"),
        (["create", "ünder"], "begins with a letter or digit"),
        (["create", "new", "--currency", "EURO"], "'EURO' is no ISO 4217 code"),
        (["create", "new", "--language", "tlh"], "'tlh' is no language"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(
    served: Database, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = said(capsys, "list")
    assert run(["catalogues", *arguments]) == 1
    assert sentence in capsys.readouterr().err
    assert said(capsys, "list") == before


@pytest.mark.parametrize("arguments", [["set"], ["set", "default"], ["set", "default", "--min-confidence", "high"]])
def test_wrong_usage_exits_2(served: Database, arguments: list[str]) -> None:
    assert run(["catalogues", *arguments]) == 2


@pytest.fixture
def with_model(stocked: Prepared, adopted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(adopted / "models")
    with stocked.copied(data) as url:
        monkeypatch.setenv("VITRINE_DATABASE_URL", url)
        database = Database(url)
        yield database
        database.close()


def test_a_new_catalogue_has_the_model_that_the_others_have(
    with_model: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    made = said(capsys, "create", "other-shop", "--currency", "JPY", "--language", "de-CH")

    assert made == {
        "name": "other-shop", "language": "de-CH", "currency": "JPY", "min_confidence": None, "items": 0,
    }  # fmt: skip
    assert checkpoint(with_model, "other-shop") == checkpoint(with_model, "default")


def test_preparing_brings_the_model_to_every_catalogue(with_model: Database) -> None:
    with_model.write(lambda session: ensure_catalogue(session, "left-behind", "EUR"))
    assert run(["prepare"]) == 0
    assert checkpoint(with_model, "left-behind") == checkpoint(with_model, "default")


def checkpoint(database: Database, name: str) -> str:
    active = kept(database, name).active_set
    assert active is not None
    return active.checkpoint
