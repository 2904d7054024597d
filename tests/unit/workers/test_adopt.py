"""The shipped checkpoint, copied into a data folder and made known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from captioning.captioner import PRETRAINED
from captioning.checkpoint import MANIFEST_FILE, WEIGHTS_FILE
from captioning.errors import CheckpointDamaged
from captioning.text import ONNX_FILE
from catalogue.catalogues import ensure_catalogue, read_catalogue
from catalogue.database import Database
from catalogue.models import ModelSet
from catalogue.settings import Settings
from workers.adopt import adopt_model


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture
def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A catalogue without a model; the sentence encoder's export (seconds) is left to integration tests."""
    monkeypatch.setattr("workers.adopt._export_sentence_encoder", lambda folder: (folder / ONNX_FILE).touch())
    database.write(lambda session: ensure_catalogue(session, "default", "EUR"))
    yield database


def sets(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(func.count()).select_from(ModelSet)).one()


def test_the_first_adopted_model_is_active_and_its_files_are_in_the_data_folder(
    settings: Settings, shop: Database
) -> None:
    adopted = adopt_model(settings, shop)
    with shop.reading() as session:
        assert read_catalogue(session).active_set == adopted
    folder = settings.models_folder / adopted.checkpoint
    assert (folder / WEIGHTS_FILE).read_bytes() == (PRETRAINED / WEIGHTS_FILE).read_bytes()
    assert [path.name for path in settings.models_folder.iterdir()] == [adopted.checkpoint]


def test_adopting_twice_changes_nothing(settings: Settings, shop: Database) -> None:
    first = adopt_model(settings, shop)
    written = (settings.models_folder / first.checkpoint / WEIGHTS_FILE).stat().st_mtime_ns
    assert adopt_model(settings, shop) == first
    assert (settings.models_folder / first.checkpoint / WEIGHTS_FILE).stat().st_mtime_ns == written
    assert sets(shop) == 1


def test_a_damaged_copy_is_replaced_by_a_whole_one(settings: Settings, shop: Database) -> None:
    folder = settings.models_folder / adopt_model(settings, shop).checkpoint
    (folder / WEIGHTS_FILE).write_bytes(b"cut")
    adopt_model(settings, shop)
    assert (folder / WEIGHTS_FILE).read_bytes() == (PRETRAINED / WEIGHTS_FILE).read_bytes()
    assert [path.name for path in settings.models_folder.iterdir()] == [folder.name]


def test_a_damaged_source_is_not_adopted(settings: Settings, shop: Database, tmp_path: Path) -> None:
    source = tmp_path / "mine"
    source.mkdir()
    (source / MANIFEST_FILE).write_bytes((PRETRAINED / MANIFEST_FILE).read_bytes())
    (source / WEIGHTS_FILE).write_bytes((PRETRAINED / WEIGHTS_FILE).read_bytes()[:-1])
    with pytest.raises(CheckpointDamaged):
        adopt_model(Settings(data=settings.data, model=source), shop)
    assert sets(shop) == 0
    assert not settings.models_folder.exists()
