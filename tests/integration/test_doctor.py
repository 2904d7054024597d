"""The doctor over a whole house: the command, models and vectors beside rows and files, and a shop that is at work."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select, update

from catalogue import doctor, models
from catalogue.decoding import DecoderPool
from catalogue.errors import PhotoStoreUnreachable
from catalogue.images import Limits
from catalogue.items import delete_item
from catalogue.states import PhotoStatus, Space, WorkKind
from catalogue.storage import FileKind, Place
from service import checkup
from service.cli import DONE, FAILED, SOME_FAILED, run
from tests.integration.floor import Floor, picture
from tests.unit.catalogue.shop import finish_all, patch
from workers.erasing import erase_due

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def command(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """`vitrine doctor …` on this floor: its exit code and what it printed."""
    monkeypatch.setenv("VITRINE_DATA", str(floor.settings.data))
    monkeypatch.setenv("VITRINE_DATABASE_URL", floor.settings.database_url)
    monkeypatch.chdir(floor.settings.data)

    def ask(*options: str) -> tuple[int, str]:
        capfd.readouterr()
        code = run(["doctor", *options])
        return code, capfd.readouterr().out

    return ask


def fill(floor: Floor) -> list[UUID]:
    photo_ids = [floor.upload(f"item-{number}", picture(number), f"Item {number}") for number in range(3)]
    finish_all(floor.database)
    return photo_ids


def codes(floor: Floor) -> list[str]:
    return sorted(each.code for each in checkup.examine(floor.settings, floor.database, floor.photos).findings)


def lose(floor: Floor, photo_id: UUID, *kinds: FileKind) -> None:
    sha256 = floor.photo(photo_id).sha256
    for file in floor.photos.listing(Place.KEPT, sha256[:2]):
        if file.sha256 == sha256 and file.kind in kinds:
            floor.photos.remove(file)


def test_the_command_says_that_nothing_differs(floor: Floor, command: Callable[..., tuple[int, str]]) -> None:
    fill(floor)
    assert command() == (DONE, "Nothing differs. (What is in the files was not read: --deep does.)\n")
    assert command("--repair", "--deep") == (DONE, "Nothing differs.\n")
    code, printed = command("--json")
    assert (code, json.loads(printed)) == (DONE, {"clean": True, "findings": []})


def test_the_command_names_what_differs_and_mends_what_it_can(
    floor: Floor, command: Callable[..., tuple[int, str]]
) -> None:
    first, second, _ = fill(floor)
    lose(floor, first, FileKind.WORKING)
    code, printed = command()
    assert code == FAILED
    assert "photos without a working copy (working-copy-missing): 1\n" in printed
    assert str(first) in printed
    assert "--repair" in printed
    lose(floor, second, FileKind.ORIGINAL)
    code, printed = command("--repair", "--json")
    assert code == SOME_FAILED
    found: dict[str, Any] = {each["code"]: each for each in json.loads(printed)["findings"]}
    assert {name: each["left"] for name, each in found.items()} == {"working-copy-missing": 0, "original-missing": 1}
    assert found["original-missing"]["examples"] == [str(second)]
    assert floor.photos.read_working(floor.photo(first).sha256)[:2] == b"\xff\xd8"
    code, printed = command("--repair")
    assert (code, "original-missing" in printed, "working-copy" in printed) == (SOME_FAILED, True, False)


def test_a_database_that_was_never_made_is_a_plain_sentence(
    floor: Floor, command: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VITRINE_DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite'}")
    assert command()[0] == FAILED


def test_the_command_estimates_a_larger_shop(floor: Floor, command: Callable[..., tuple[int, str]]) -> None:
    code, printed = command("--photos", "100000", "--json")
    assert code == DONE
    assert json.loads(printed)["view_bytes"] == pytest.approx(547 * 2**20, rel=0.01)
    assert "547 MiB" in command("--photos", "100000")[1]


def test_a_damaged_model_is_named_and_left_to_prepare(
    floor: Floor, command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / "models").mkdir(parents=True)
    settings = replace(floor.settings, data=tmp_path / "elsewhere", photos_url=floor.settings.photos_url)
    report = checkup.repair(settings, floor.database, floor.photos)
    assert [(each.code, each.left, each.remedy) for each in report.findings] == [
        ("model-missing", 1, "Run `vitrine prepare`.")
    ]


def test_files_of_a_deleted_photo_that_are_still_there_after_an_hour_are_erased(floor: Floor) -> None:
    fill(floor)
    catalogue, sha256 = floor.catalogue, floor.photo(fill(floor)[0]).sha256
    floor.database.write(lambda session: delete_item(session, catalogue, "item-0"))
    assert codes(floor) == []
    floor.database.write(lambda session: session.execute(update(models.Erasure).values(due_at=LONG_AGO)))
    assert codes(floor) == ["erasure-overdue"]
    report = checkup.repair(floor.settings, floor.database, floor.photos)
    assert report.clean
    assert not floor.photos.has_file(FileKind.ORIGINAL, sha256)
    assert codes(floor) == []


BAD = {
    "not a number": np.array([np.nan, 1], "<f2").tobytes(),
    "no length": np.zeros(2, "<f2").tobytes(),
    "too long": np.array([1.5, 1.5], "<f2").tobytes(),
    "another dimension": np.array([0.6, 0.8, 0], "<f2").tobytes(),
    "half a number": b"\0\0\0",
    "empty": b"",
}


@pytest.mark.parametrize(
    ("bad", "space", "code", "kind"),
    [
        *((bad, Space.LOOK, "vector-unfit", WorkKind.PICTURE) for bad in BAD),
        ("not a number", Space.WORDS, "words-vector-unfit", WorkKind.TEXT),
    ],
)
def test_a_vector_that_no_view_would_take_is_made_again(
    floor: Floor, bad: str, space: Space, code: str, kind: WorkKind
) -> None:
    photo_id = fill(floor)[1]
    vector = models.Vector
    floor.database.write(
        lambda session: session.execute(
            update(vector).where(vector.photo_id == photo_id, vector.space == space).values(values=BAD[bad])
        )
    )
    assert codes(floor) == [code]
    assert checkup.repair(floor.settings, floor.database, floor.photos).clean
    assert [each[0] for each in floor.work()] == [kind]
    assert codes(floor) == [], "work is due that will make it"
    finish_all(floor.database)
    assert codes(floor) == []


@pytest.mark.slow
def test_a_shop_at_work_is_clean_at_any_moment_and_repair_takes_nothing_from_it(floor: Floor) -> None:
    """Uploads, edits, deletions and erasures go on; the doctor, two days ahead of them, takes each unborn upload for
    forgotten. Nothing else may be found, and no photo may lose a file."""
    ended = threading.Event()
    faults: list[Exception] = []
    hands = [threading.Thread(target=_busy, args=(floor, lane, ended, faults)) for lane in range(2)]
    for hand in hands:
        hand.start()
    found: set[str] = set()
    try:
        with DecoderPool(children=1) as decoder:
            for _ in range(12):
                house = doctor.house(floor.database, floor.photos, decoder, Limits(2**20, 10**6))
                found |= {each.code for each in doctor.examine(house, doctor.CHECKS).findings}
                ahead = replace(house, at=house.at + timedelta(days=2))
                found |= {each.code for each in doctor.repair(ahead, doctor.CHECKS).findings}
    finally:
        ended.set()
        for hand in hands:
            hand.join()
    assert faults == []
    # An upload whose files were thrown out just before its commit is without them until it has put them again.
    for_a_moment = {"files-missing", "original-missing", "working-copy-missing"}
    ahead_of_time = {"file-without-photo", "unfinished-file", "trash-due", "photo-in-trash", "lease-abandoned"}
    assert found <= ahead_of_time | for_a_moment
    finish_all(floor.database)
    assert codes(floor) == []
    with floor.database.reading() as session:
        states = session.scalars(select(models.Photo.status).distinct()).all()
    assert states == [PhotoStatus.READY], "none was given up meanwhile"


def _busy(floor: Floor, lane: int, ended: threading.Event, faults: list[Exception]) -> None:
    catalogue = floor.catalogue
    number = 1_000 * lane
    try:
        while not ended.is_set():
            number += 1
            sku = f"lane-{lane}-{number % 7}"
            _upload(floor, sku, number)
            patch(floor.database, catalogue, sku, title=f"Title {number}")
            finish_all(floor.database)
            if number % 3 == 0:
                floor.database.write(lambda session, sku=sku: delete_item(session, catalogue, sku))  # type: ignore[misc]
                due = update(models.Erasure).values(due_at=LONG_AGO)
                floor.database.write(lambda session, due=due: session.execute(due))  # type: ignore[misc]
                erase_due(floor.database, floor.photos)
    except Exception as error:  # noqa: BLE001 - told to the test, which fails
        faults.append(error)


def _upload(floor: Floor, sku: str, number: int) -> None:
    """As the API: store, register, look, and store again what a collector took before the row stood."""
    try:
        photo_id = floor.upload(sku, picture(number))
    except (
        PhotoStoreUnreachable
    ):  # a file being written, two days old to this doctor: a 503, and the client comes again
        photo_id = floor.upload(sku, picture(number))
    if not floor.photos.has(floor.photo(photo_id).sha256):
        floor.upload(sku, picture(number))
