"""The photo store in a folder and in fsspec's memory; and what only a folder can promise. S3 is an integration test."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.errors import PhotoMissing, PhotoStoreUnreachable, SettingsInvalid, StorageFull
from catalogue.storage import PhotoStore, Place
from tests.unit.catalogue.storage_contract import (
    ORIGINAL,
    OTHER,
    SHA256,
    WORKING,
    PhotoStoreContract,
    fresh_name,
    listed,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "photos"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(ORIGINAL)
    return path


def kept(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class TestHere(PhotoStoreContract):
    @pytest.fixture(params=["path", "file url", "memory"])
    def url(self, request: pytest.FixtureRequest, folder: Path) -> str:
        return {"path": str(folder), "file url": f"file://{folder}", "memory": f"memory://{fresh_name()}"}[
            request.param
        ]

    @pytest.fixture
    def store(self, url: str) -> PhotoStore:
        return PhotoStore(url)

    @pytest.fixture
    def second(self, url: str) -> PhotoStore:
        return PhotoStore(url)


def test_file_and_folders_are_on_disk_before_put_returns(
    folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = record_syncs(monkeypatch)
    PhotoStore(str(folder)).put_original(SHA256, source)
    target = folder / "originals" / SHA256[:2]
    assert [path for path in synced if not path.endswith(".part")] == [
        str(path) for path in (folder.parent.parent, folder.parent, folder, folder / "originals", target)
    ]
    assert sum(path.endswith(".part") for path in synced) == 1


def test_what_was_deleted_does_not_come_back_with_the_power(
    folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PhotoStore(str(folder))
    store.put_original(SHA256, source)
    synced = record_syncs(monkeypatch)
    store.delete(SHA256)
    assert synced == [str(folder / "originals" / SHA256[:2])]


def record_syncs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc here: which files were synced was NOT CHECKED")
    synced: list[str] = []
    real = os.fsync

    def record(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    return synced


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full_only_when_synced_leaves_no_partial_file(
    folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    store = PhotoStore(str(folder))
    store.put_working(SHA256, WORKING)

    def full(descriptor: int) -> None:  # as network folders answer: the write succeeds, the sync does not
        raise OSError(number, os.strerror(number))

    (folder / "originals" / SHA256[:2]).mkdir(parents=True)
    with monkeypatch.context() as patch, pytest.raises(StorageFull, match="Free some space"):
        patch.setattr(os, "fsync", full)
        store.put_original(SHA256, source)
    assert kept(folder) == [f"working/{SHA256[:2]}/{SHA256}.jpg"]
    store.put_original(SHA256, source)
    assert store.has(SHA256)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(mount)], capture_output=True)
    if done.returncode != 0:
        pytest.skip("only root can mount a tiny disk: the test on a really full one DID NOT RUN")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_a_really_full_disk_is_named_and_leaves_no_partial_file(tiny_disk: Path, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 200_000)
    with pytest.raises(StorageFull):
        PhotoStore(str(tiny_disk)).put_original(SHA256, large)
    assert kept(tiny_disk) == []


def test_a_folder_that_is_not_mounted_is_away_and_has_lost_nothing(folder: Path, source: Path) -> None:
    store = PhotoStore(str(folder))
    store.put_original(OTHER, source)
    with pytest.raises(PhotoMissing):
        store.read_working(OTHER)
    away = folder.rename(folder.with_name("elsewhere"))
    for _ in ("no folder at all", "an empty mount point"):
        with pytest.raises(PhotoStoreUnreachable, match="mounted"):
            store.read_working(OTHER)
        with pytest.raises(PhotoStoreUnreachable):
            store.check()
        folder.mkdir(exist_ok=True)
    folder.rmdir()
    away.rename(folder)
    store.check()


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_a_disk_that_fails_is_the_houses_fault_and_no_lost_photo(
    folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    store = PhotoStore(str(folder))
    store.put_working(SHA256, WORKING)

    def fail(_path: Path) -> bytes:
        raise OSError(number, os.strerror(number), "/secret/place")

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(PhotoStoreUnreachable, match="try again") as raised:
        store.read_working(SHA256)
    assert "/secret/place" not in str(raised.value)


def test_files_that_are_no_photos_have_no_name_and_unfinished_ones_say_so(folder: Path, source: Path) -> None:
    PhotoStore(str(folder)).put_original(SHA256, source)
    shelf = folder / "originals" / SHA256[:2]
    for name in (f".{SHA256}.0a.part", ".DS_Store", OTHER, f"{SHA256}.jpg"):
        (shelf / name).write_bytes(b"x")
    (shelf / "folder").mkdir()
    found = {file.name: (file.sha256, file.is_unfinished) for file in listed(PhotoStore(str(folder)), Place.KEPT)}
    assert found == {
        SHA256: (SHA256, False),
        f".{SHA256}.0a.part": (None, True),
        ".DS_Store": (None, False),
        OTHER: (None, False),  # in another's folder
        f"{SHA256}.jpg": (None, False),
    }


def test_an_address_of_no_known_kind_is_named() -> None:
    with pytest.raises(SettingsInvalid, match=r"nonsense://.*fsspec"):
        PhotoStore("nonsense://photos")


def test_a_missing_library_for_s3_is_named_by_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.core.url_to_fs", missing)
    with pytest.raises(SettingsInvalid, match="extra `s3`"):
        PhotoStore("s3://bucket/photos")
