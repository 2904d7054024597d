"""What is spooled on its way in, where the disk has no room for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.errors import StorageFull
from service.incoming import IncomingPhoto

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
