"""The doctor finds each damage that is done behind everybody's back, by its name alone, and mends it once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from catalogue import doctor, models
from catalogue.catalogues import Catalogue, ensure_catalogue
from catalogue.database import Database
from catalogue.decoding import DecoderPool
from catalogue.doctor import CHECKS, CONTENTS
from catalogue.doctor.estimate import VIEW_BYTES, estimate
from catalogue.errors import PhotoStoreUnreachable
from catalogue.images import Limits
from catalogue.items import delete_item
from catalogue.states import FieldType, PhotoStatus, Space, WorkKind
from catalogue.storage import FileKind, PhotoStore, Place
from tests.unit.catalogue.shop import claim, finish, finish_all, patch, put
from tests.unit.catalogue.ward import Ward, jpeg

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Photo, Caption, Vector, Work = models.Photo, models.Caption, models.Vector, models.Work


@pytest.fixture
def ward(database: Database, catalogue: Catalogue, tmp_path: Path) -> Iterator[Ward]:
    with DecoderPool(children=1) as decoder:
        store = PhotoStore(f"memory://{uuid.uuid4()}")
        yield Ward(doctor.house(database, store, decoder, Limits(2**20, 10**6)), catalogue, tmp_path)


def test_an_empty_house_is_clean(ward: Ward) -> None:
    assert ward.examine() == []


def test_a_shop_in_every_ordinary_state_is_clean(ward: Ward) -> None:
    ward.fill()
    put(ward.database, ward.catalogue, "bag", title="Bag", attributes={"colour": "red", "sizes": [1, 2], "none": []})
    ward.add("bag", 4)
    ward.database.write(lambda session: delete_item(session, ward.catalogue, "mug"))
    patch(ward.database, ward.catalogue, "tee", title="A new title")  # text work is due
    ward.database.write(lambda session: ensure_catalogue(session, "other", "EUR"))
    assert ward.examine() == []
    ward.run(update(Photo).values(status=PhotoStatus.FAILED, reason="It is broken."))
    ward.run(update(Work).values(failed_at=LONG_AGO))
    assert ward.examine() == []


Damage = Callable[[Ward, list[UUID]], None]


@dataclass(frozen=True)
class Wound:
    """What is done to a shop of three ready photos, what is found, and what `--repair` cannot help."""

    damage: Damage
    found: tuple[str, ...]
    left: tuple[str, ...] = ()


def _pending_without_work(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.add("bag", 4)
    ward.run(delete(Work))


def _vectors_gone(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(delete(Vector).where(Vector.photo_id == photo_ids[0], Vector.space == Space.LOOK))


def _words_gone(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(delete(Vector).where(Vector.photo_id == photo_ids[0], Vector.space == Space.WORDS))


def _title_changed_unseen(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(update(models.Item).where(models.Item.sku == "tee").values(title="Written behind all backs"))


def _text_work_failed(ward: Ward, photo_ids: list[UUID]) -> None:
    patch(ward.database, ward.catalogue, "mug", title="A new title")
    ward.run(update(Work).values(failed_at=LONG_AGO, attempts=6))


def _caption_gone(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(delete(Caption).where(Caption.photo_id == photo_ids[1]))


def _numbers_wrong(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(update(Photo).where(Photo.id == photo_ids[0]).values(ready_seq=None))
    ward.run(update(Photo).where(Photo.id == photo_ids[1]).values(ready_seq=10**6))


def _counter_back(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(update(models.CatalogueSeq).values(seq=1), update(Photo).values(ready_seq=1))


def _counter_gone(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(delete(models.CatalogueSeq))


def _two_in_one_place(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(update(Photo).values(position=0))


def _caption_twice(ward: Ward, photo_ids: list[UUID]) -> None:
    def act(session: Session) -> None:
        told = select(Caption).where(Caption.photo_id == photo_ids[0])
        kept = session.scalars(told).one()
        row = {column.name: getattr(kept, column.name) for column in Caption.__table__.columns}
        session.execute(insert(Caption), [{**row, "id": uuid.uuid4(), "created_at": LONG_AGO, "text": "an older one"}])

    ward.database.write(act)


def _lease_of_the_dead(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.add("bag", 4)
    claim(ward.database)
    ward.run(update(Work).values(expires_at=LONG_AGO))


def _field_forgotten(ward: Ward, photo_ids: list[UUID]) -> None:
    put(ward.database, ward.catalogue, "mug", attributes={"colour": "red"})
    ward.run(delete(models.Field))
    finish_all(ward.database)


def _field_of_another_type(ward: Ward, photo_ids: list[UUID]) -> None:
    put(ward.database, ward.catalogue, "mug", attributes={"colour": "red"})
    ward.run(update(models.Field).values(type=FieldType.NUMBER))


def _attributes_of_no_type(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(update(models.Item).where(models.Item.sku == "mug").values(attributes={"odd": [1, "two"]}))


def _unknown_set(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.run(update(models.Catalogue).values(settings={"adopting": str(uuid.uuid4())}))


def _working_copy_gone(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.lose(*(f for f in ward.files(sha256=ward.sha256(photo_ids[0])) if f.kind is FileKind.WORKING))


def _working_copy_empty(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.photos.replace_working(ward.sha256(photo_ids[0]), b"")


def _original_gone(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.lose(*(f for f in ward.files(sha256=ward.sha256(photo_ids[0])) if f.kind is FileKind.ORIGINAL))


def _both_gone(ward: Ward, photo_ids: list[UUID]) -> None:
    ward.lose(*ward.files(sha256=ward.sha256(photo_ids[0])))


def _in_the_trash(ward: Ward, photo_ids: list[UUID]) -> None:
    for file in ward.files(sha256=ward.sha256(photo_ids[0])):
        ward.photos.move(file, Place.TRASH)


WOUNDS = {
    "a pending photo without work": Wound(_pending_without_work, ("pending-without-work",)),
    "vectors gone": Wound(_vectors_gone, ("vectors-missing",)),
    "words gone": Wound(_words_gone, ("words-outdated",)),
    "a title changed unseen": Wound(_title_changed_unseen, ("words-outdated",)),
    "text work that failed for good": Wound(_text_work_failed, ("text-work-failed",)),
    "a caption gone": Wound(_caption_gone, ("caption-missing",)),
    "change numbers that are wrong": Wound(_numbers_wrong, ("ready-without-number",)),
    "a counter set back": Wound(_counter_back, ("counter-behind",)),
    "two photos in one place": Wound(_two_in_one_place, ("position-doubled",)),
    "a caption twice": Wound(_caption_twice, ("caption-doubled",)),
    "the lease of a dead worker": Wound(_lease_of_the_dead, ("lease-abandoned",)),
    "a field forgotten": Wound(_field_forgotten, ("field-not-registered",)),
    "a field of another type": Wound(_field_of_another_type, ("value-of-another-type",), ("value-of-another-type",)),
    "attributes of no type": Wound(_attributes_of_no_type, ("value-of-another-type",), ("value-of-another-type",)),
    "an unknown model set": Wound(_unknown_set, ("model-set-unknown",), ("model-set-unknown",)),
    "a working copy gone": Wound(_working_copy_gone, ("working-copy-missing",)),
    "a working copy cut to nothing": Wound(_working_copy_empty, ("working-copy-damaged",)),
    "an original gone": Wound(_original_gone, ("original-missing",), ("original-missing",)),
    "both files gone": Wound(_both_gone, ("files-missing",)),
    "both files in the trash": Wound(_in_the_trash, ("files-missing", "photo-in-trash")),
}


@pytest.mark.parametrize("name", WOUNDS)
def test_a_damage_is_found_by_its_name_and_mended_once(ward: Ward, name: str) -> None:
    wound = WOUNDS[name]
    wound.damage(ward, ward.fill())
    assert ward.examine() == sorted(wound.found)
    assert ward.examine() == sorted(wound.found), "looking changes nothing"
    assert ward.repair() == list(wound.left)
    assert ward.examine() == list(wound.left)
    before = ward.changes()
    assert ward.repair() == list(wound.left)
    assert ward.changes() == before, "the second time there is nothing to mend"


def test_a_lost_counter_is_set_to_the_last_number_given(ward: Ward) -> None:
    ward.fill()
    before = ward.changes()
    _counter_gone(ward, [])
    assert doctor.examine(ward.house, (doctor.CHECKS[2],)).findings[0].code == "counter-behind"
    doctor.repair(ward.house, CHECKS)
    assert ward.changes() == before


def test_a_photo_that_has_lost_both_files_fails_and_comes_back_when_it_is_sent_again(ward: Ward) -> None:
    photo_id = ward.fill()[0]
    _both_gone(ward, [photo_id])
    before = ward.changes()
    ward.repair()
    lost = ward.photo(photo_id)
    assert (lost.status, lost.reason is not None and "Send the photo again" in lost.reason) == (
        PhotoStatus.FAILED,
        True,
    )
    assert ward.changes() == before + 1
    ward.store(jpeg(1))
    assert ward.examine() == []


def test_work_in_hand_on_a_photo_that_has_lost_its_files_writes_nothing(ward: Ward) -> None:
    photo_id = ward.add("tee", 1)
    ward.add("tee", 2)
    held = claim(ward.database)
    assert held is not None
    _both_gone(ward, [photo_id])
    doctor.repair(ward.house, CHECKS)
    finish(ward.database, held)
    assert ward.photo(photo_id).status is PhotoStatus.FAILED
    assert ward.examine() == []


def test_files_of_no_photo_are_left_alone_for_a_day_then_trashed_then_removed(ward: Ward) -> None:
    ward.fill()
    orphan = ward.store(jpeg(9))
    assert ward.examine() == [], "an upload may be about to commit"
    later = ward.days_later()
    assert later.examine() == ["file-without-photo"]
    assert later.repair() == []
    assert not ward.photos.has(orphan)
    assert len(ward.files(Place.TRASH)) == 2
    assert ward.examine() == [], "its day in the trash has just begun"
    assert ward.repair() == []
    assert len(ward.files(Place.TRASH)) == 2
    assert later.examine() == ["trash-due"]
    assert later.repair() == []
    assert ward.files(Place.TRASH) == []
    assert len(ward.files()) == 6


def test_files_are_kept_while_the_database_has_no_photo_at_all(ward: Ward) -> None:
    sha256 = ward.store(jpeg(1))  # as if another shop's database had been named
    assert ward.days_later().repair() == ["file-without-photo"]
    assert ward.photos.has(sha256)


def test_what_is_in_the_trash_does_not_replace_what_was_sent_again(ward: Ward) -> None:
    (first, *_) = ward.fill()
    sha256 = ward.sha256(first)
    original = next(file for file in ward.files(Place.KEPT, sha256) if file.kind is FileKind.ORIGINAL)
    ward.lose(original)
    (ward.folder / "rotten").write_bytes(b"rotten")
    ward.photos.put_original(sha256, ward.folder / "rotten")
    ward.photos.move(original, Place.TRASH)
    ward.store(jpeg(1))
    assert ward.repair() == []
    with ward.photos.open_original(sha256) as file:
        assert file.read() == jpeg(1)
    assert ward.files(Place.TRASH) == []


def test_files_that_wait_for_their_erasure_are_no_orphans(ward: Ward) -> None:
    ward.fill()
    ward.database.write(lambda session: delete_item(session, ward.catalogue, "tee"))
    assert ward.days_later().examine() == []


def test_an_orphan_that_becomes_a_photo_while_it_is_moved_comes_back(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.fill()
    orphan = ward.store(jpeg(9))
    move = PhotoStore.move

    def committed_just_before(store: PhotoStore, file: object, to: Place) -> bool:
        monkeypatch.setattr(PhotoStore, "move", move)
        ward.add("bag", 9)  # found its files there, and has looked after its commit
        return move(store, file, to)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(PhotoStore, "move", committed_just_before)
    ward.days_later().repair()
    assert ward.photos.has(orphan)
    assert ward.files(Place.TRASH) == []
    assert ward.days_later().examine() == []


def test_a_row_that_is_deleted_while_the_doctor_looks_is_no_case(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    photo_id = ward.fill()[0]
    sha256, has_file = ward.sha256(photo_id), PhotoStore.has_file
    _both_gone(ward, [photo_id])

    def deleted_meanwhile(store: PhotoStore, kind: FileKind, asked: str) -> bool:
        if asked == sha256:
            ward.run(delete(Photo).where(Photo.id == photo_id))
        return has_file(store, kind, asked)

    monkeypatch.setattr(PhotoStore, "has_file", deleted_meanwhile)
    assert ward.examine() == []


def test_an_empty_mount_point_is_not_taken_for_a_shop_that_lost_everything(ward: Ward, tmp_path: Path) -> None:
    photo_ids = ward.fill()
    away = replace(ward.house, photos=PhotoStore(str(tmp_path / "not-mounted")))
    for verb in (doctor.examine, doctor.repair):
        with pytest.raises(PhotoStoreUnreachable, match="mounted"):
            verb(away, CHECKS)
    assert {ward.photo(photo_id).status for photo_id in photo_ids} == {PhotoStatus.READY}


def test_bytes_that_changed_are_found_only_when_they_are_read(ward: Ward, tmp_path: Path) -> None:
    ward.house = replace(ward.house, photos=PhotoStore(str(tmp_path / "photos")))
    photo_ids = ward.fill()
    first, second = (ward.sha256(photo_id) for photo_id in photo_ids[:2])
    original = tmp_path / "photos" / "originals" / first[:2] / first
    original.write_bytes(original.read_bytes()[:-1] + b"?")
    ward.photos.replace_working(second, b"no picture at all")
    assert ward.examine() == []
    deep = (*CHECKS, *CONTENTS)
    assert ward.examine(deep) == ["original-damaged", "working-copy-damaged"]
    assert ward.repair(deep) == ["original-damaged"]
    assert ward.examine(deep) == ["original-missing"], "set aside, so that the photo can be sent again"
    assert len(ward.files(Place.DAMAGED)) == 1
    ward.store(jpeg(1))
    assert ward.examine(deep) == []


def test_an_original_that_was_cut_is_found_by_its_size(ward: Ward, tmp_path: Path) -> None:
    ward.house = replace(ward.house, photos=PhotoStore(str(tmp_path / "photos")))
    sha256 = ward.sha256(ward.fill()[0])
    original = tmp_path / "photos" / "originals" / sha256[:2] / sha256
    original.write_bytes(original.read_bytes()[:-1])
    assert ward.examine() == ["original-damaged"]


def test_a_file_that_was_never_finished_is_removed_when_it_is_old(ward: Ward, tmp_path: Path) -> None:
    ward.house = replace(ward.house, photos=PhotoStore(str(tmp_path / "photos")))
    sha256 = ward.sha256(ward.fill()[0])
    left = tmp_path / "photos" / "originals" / sha256[:2] / f".{sha256}.0a.part"
    left.write_bytes(b"half")
    (left.parent / "notes.txt").write_text("somebody's own")
    assert ward.examine() == []
    later = ward.days_later()
    assert later.examine() == ["unfinished-file"]
    assert later.repair() == []
    assert not left.exists()
    assert (left.parent / "notes.txt").exists()


def test_a_working_copy_is_not_made_from_an_original_whose_bytes_changed(ward: Ward, tmp_path: Path) -> None:
    ward.house = replace(ward.house, photos=PhotoStore(str(tmp_path / "photos")))
    photo_id = ward.fill()[0]
    sha256 = ward.sha256(photo_id)
    original = tmp_path / "photos" / "originals" / sha256[:2] / sha256
    _working_copy_gone(ward, [photo_id])
    original.write_bytes(jpeg(8))  # a fine picture, and another
    assert ward.repair() == ["working-copy-missing"]
    assert not ward.photos.has_file(FileKind.WORKING, sha256)


def test_a_working_copy_of_a_photo_deleted_meanwhile_is_queued_for_erasure(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_id = ward.fill()[2]
    sha256 = ward.sha256(photo_id)
    _working_copy_gone(ward, [photo_id])
    replace_working = PhotoStore.replace_working

    def deleted_and_erased(store: PhotoStore, asked: str, working_copy: bytes) -> None:
        ward.run(delete(Photo).where(Photo.id == photo_id))
        store.delete(sha256)
        replace_working(store, asked, working_copy)

    monkeypatch.setattr(PhotoStore, "replace_working", deleted_and_erased)
    ward.repair()
    with ward.database.reading() as session:
        assert session.scalars(select(models.Erasure.sha256)).all() == [sha256]


def test_counts_go_on_where_examples_end_and_mending_takes_all(ward: Ward) -> None:
    ward.add_many("tee", range(120))
    ward.run(delete(Work))
    (finding,) = doctor.examine(ward.house, CHECKS).findings
    assert (finding.code, finding.count, len(finding.examples), finding.mended) == ("pending-without-work", 120, 5, 0)
    (finding,) = doctor.repair(ward.house, CHECKS).findings
    assert (finding.count, finding.mended, finding.left) == (120, 120, 0)
    with ward.database.reading() as session:
        assert len(session.scalars(select(Work.id).where(Work.kind == WorkKind.PICTURE)).all()) == 120


def test_a_few_photos_are_no_measure_and_a_hundred_are(ward: Ward) -> None:
    general = estimate(ward.database, ward.photos, 1_000)
    assert (general.from_photos, general.view_bytes) == (0, 1_000 * VIEW_BYTES)
    ward.add_many("tee", range(100))
    measured = estimate(ward.database, ward.photos, 1_000)
    assert measured.from_photos == 100
    sizes = [len(jpeg(number)) for number in range(100)]
    assert measured.store_bytes == pytest.approx(1_000 * 2 * sum(sizes) / 100, rel=0.01)
    assert measured.database_bytes > 100_000
