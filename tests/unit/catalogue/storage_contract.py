"""What every photo store promises, whatever it is kept in. A subclass gives `store`, and `second` to the same files."""

from __future__ import annotations

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalogue.errors import PhotoMissing
from catalogue.storage import FileKind, PhotoStore, Place, StoredFile

ORIGINAL, WORKING = b"original " * 1000, b"working copy " * 100
SHA256 = hashlib.sha256(ORIGINAL).hexdigest()
OTHER = hashlib.sha256(b"another photo").hexdigest()


def listed(store: PhotoStore, place: Place, sha256: str = SHA256) -> list[StoredFile]:
    return sorted(store.listing(place, sha256[:2]), key=lambda file: file.kind.value)


class PhotoStoreContract:
    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        path = tmp_path / "upload"
        path.write_bytes(ORIGINAL)
        return path

    def test_what_was_put_is_read_back(self, store: PhotoStore, source: Path, tmp_path: Path) -> None:
        assert not store.has(SHA256)
        store.put_original(SHA256, source)
        assert not store.has(SHA256)
        store.put_working(SHA256, WORKING)
        assert store.has(SHA256)
        assert store.read_working(SHA256) == WORKING
        with store.open_original(SHA256) as file:
            assert file.read() == ORIGINAL
        store.copy_original(SHA256, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == ORIGINAL

    def test_another_process_sees_at_once_what_was_put_and_deleted(
        self, store: PhotoStore, second: PhotoStore, source: Path
    ) -> None:
        assert not second.has(SHA256)
        assert listed(second, Place.KEPT) == []
        store.put_original(SHA256, source)
        store.put_working(SHA256, WORKING)
        assert second.has(SHA256)
        assert len(listed(second, Place.KEPT)) == 2
        store.delete(SHA256)
        assert not second.has(SHA256)
        assert listed(second, Place.KEPT) == []

    def test_putting_again_changes_nothing(self, store: PhotoStore, source: Path) -> None:
        for working_copy in (WORKING, b"made by a later version"):
            store.put_original(SHA256, source)
            store.put_working(SHA256, working_copy)
        assert store.read_working(SHA256) == WORKING

    def test_a_working_copy_can_be_replaced(self, store: PhotoStore) -> None:
        store.put_working(SHA256, b"")
        store.replace_working(SHA256, WORKING)
        assert store.read_working(SHA256) == WORKING

    def test_what_is_missing_is_named(self, store: PhotoStore, source: Path, tmp_path: Path) -> None:
        store.put_original(OTHER, source)
        with pytest.raises(PhotoMissing, match=SHA256):
            store.read_working(SHA256)
        with pytest.raises(PhotoMissing, match=SHA256):
            store.open_original(SHA256)
        with pytest.raises(PhotoMissing, match=SHA256):
            store.copy_original(SHA256, tmp_path / "copy")

    def test_deleting_twice_is_no_error_and_leaves_others(self, store: PhotoStore, source: Path) -> None:
        for key in (SHA256, OTHER):
            store.put_original(key, source)
            store.put_working(key, WORKING)
        store.delete(SHA256)
        store.delete(SHA256)
        assert not store.has(SHA256)
        assert store.has(OTHER)

    @pytest.mark.parametrize(
        "key", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "../" + "a" * 61]
    )
    def test_what_is_no_sha256_never_touches_a_path(self, store: PhotoStore, source: Path, key: str) -> None:
        for verb in (store.has, store.read_working, store.open_original, store.delete):
            with pytest.raises(ValueError, match="SHA-256"):
                verb(key)
        with pytest.raises(ValueError, match="SHA-256"):
            store.put_original(key, source)

    def test_threads_that_put_the_same_photo_leave_one_whole_file(self, store: PhotoStore, source: Path) -> None:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: store.put_original(SHA256, source), range(24)))
        (file,) = listed(store, Place.KEPT)
        assert (file.sha256, file.size_bytes) == (SHA256, len(ORIGINAL))

    def test_a_listing_names_kind_size_and_time(self, store: PhotoStore, source: Path) -> None:
        store.put_original(SHA256, source)
        store.put_working(SHA256, WORKING)
        original, working = listed(store, Place.KEPT)
        assert (original.kind, original.sha256, original.size_bytes) == (FileKind.ORIGINAL, SHA256, len(ORIGINAL))
        assert (working.kind, working.sha256, working.size_bytes) == (FileKind.WORKING, SHA256, len(WORKING))
        assert abs(original.modified - datetime.now(UTC)) < timedelta(minutes=5)

    def test_a_file_goes_to_the_trash_and_back(self, store: PhotoStore, source: Path) -> None:
        store.put_original(SHA256, source)
        (file,) = listed(store, Place.KEPT)
        assert store.move(file, Place.TRASH)
        assert not store.has_file(FileKind.ORIGINAL, SHA256)
        (trashed,) = listed(store, Place.TRASH)
        assert store.move(trashed, Place.KEPT)
        assert store.has_file(FileKind.ORIGINAL, SHA256)
        assert not store.move(trashed, Place.KEPT), "it is gone from the trash"

    def test_what_is_erased_is_in_no_trash(self, store: PhotoStore, source: Path) -> None:
        for place in (Place.TRASH, Place.DAMAGED):
            store.put_original(SHA256, source)
            store.move(listed(store, Place.KEPT)[0], place)
        store.put_original(SHA256, source)
        assert [len(listed(store, place)) for place in Place] == [1, 1, 1]
        store.delete(SHA256)
        assert [listed(store, place) for place in Place] == [[], [], []]

    def test_removing_one_file_leaves_the_other(self, store: PhotoStore, source: Path) -> None:
        store.put_original(SHA256, source)
        store.put_working(SHA256, WORKING)
        store.remove(listed(store, Place.KEPT)[0])
        assert [file.kind for file in listed(store, Place.KEPT)] == [FileKind.WORKING]


def fresh_name() -> str:
    return f"photos-{uuid.uuid4().hex}"
