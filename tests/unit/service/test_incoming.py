"""What is spooled on its way in: without room for it, in many parts, left by a process that died."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from catalogue.errors import StorageFull
from service.incoming import IncomingPhoto
from service.services import ABANDONED_S, _empty_folder

FULL = Path("/dev/full")  # takes every open, and no byte


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_small_photo_that_fits_the_buffer_but_not_the_disk_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = IncomingPhoto(tmp_path, 1000)
    photo._file.close()
    monkeypatch.setattr(photo, "_file", FULL.open("wb"))
    photo.write(b"a few bytes")
    with pytest.raises(StorageFull):
        photo.seek(0)
    photo.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_room_for_another_file_is_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StorageFull):
        IncomingPhoto(tmp_path, 1000)


def test_parts_that_have_come_whole_hold_no_file_open(tmp_path: Path) -> None:
    photos = []
    before = _next_descriptor(tmp_path)
    for _ in range(50):
        photo = IncomingPhoto(tmp_path, 1000)
        photo.write(b"whole")
        photo.seek(0)
        photos.append(photo)
    assert _next_descriptor(tmp_path) < before + len(photos)
    assert {photo.path.read_bytes() for photo in photos} == {b"whole"}
    for photo in photos:
        photo.close()
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_throws_away_meanwhile_stops_no_start(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")  # listed, and not there
    left, taken = tmp_path / "left", tmp_path / "taken"
    for path in (left, taken):
        path.write_bytes(b"x")
    os.utime(left, (0, left.stat().st_mtime - ABANDONED_S - 60))
    _empty_folder(tmp_path)
    assert taken.exists()
    assert not left.exists()


def _next_descriptor(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY)
    os.close(descriptor)
    return descriptor
