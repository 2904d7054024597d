"""The photo store, the same promises over a folder and over fsspec's memory; and what only a folder can promise."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalogue.errors import PhotoMissing, StorageFull
from catalogue.storage import PhotoStore

ORIGINAL, WORKING = b"original " * 1000, b"working copy " * 100
SHA256 = hashlib.sha256(ORIGINAL).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(ORIGINAL)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "photos"


@pytest.fixture(params=["path", "file url", "memory"])
def store(request: pytest.FixtureRequest, folder: Path) -> PhotoStore:
    urls = {"path": str(folder), "file url": f"file://{folder}", "memory": f"memory://photos-{uuid.uuid4().hex}"}
    return PhotoStore(urls[request.param])


def kept(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_was_put_is_read_back(store: PhotoStore, source: Path) -> None:
    assert not store.has(SHA256)
    store.put_original(SHA256, source)
    assert not store.has(SHA256)
    store.put_working(SHA256, WORKING)
    assert store.has(SHA256)
    assert store.read_working(SHA256) == WORKING
    with store.open_original(SHA256) as file:
        assert file.read() == ORIGINAL


def test_putting_again_changes_nothing(store: PhotoStore, source: Path) -> None:
    for working_copy in (WORKING, b"made by a later version"):
        store.put_original(SHA256, source)
        store.put_working(SHA256, working_copy)
    assert store.read_working(SHA256) == WORKING


def test_what_is_missing_is_named(store: PhotoStore) -> None:
    with pytest.raises(PhotoMissing, match=SHA256):
        store.read_working(SHA256)
    with pytest.raises(PhotoMissing, match=SHA256):
        store.open_original(SHA256)


def test_deleting_twice_is_no_error_and_leaves_others(store: PhotoStore, source: Path) -> None:
    other = "f" * 64
    for key in (SHA256, other):
        store.put_original(key, source)
        store.put_working(key, WORKING)
    store.delete(SHA256)
    store.delete(SHA256)
    assert not store.has(SHA256)
    assert store.has(other)


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "../" + "a" * 61]
)
def test_what_is_no_sha256_never_touches_a_path(store: PhotoStore, source: Path, key: str) -> None:
    for verb in (store.has, store.read_working, store.open_original, store.delete):
        with pytest.raises(ValueError, match="SHA-256"):
            verb(key)
    with pytest.raises(ValueError, match="SHA-256"):
        store.put_original(key, source)


def test_threads_that_put_the_same_photo_leave_one_whole_file(folder: Path, source: Path) -> None:
    store = PhotoStore(str(folder))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.put_original(SHA256, source), range(40)))
    assert kept(folder) == [f"originals/{SHA256[:2]}/{SHA256}"]


def test_file_and_folders_are_on_disk_before_put_returns(
    folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def record(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc here: which files were synced was NOT CHECKED")
    monkeypatch.setattr(os, "fsync", record)
    PhotoStore(str(folder)).put_original(SHA256, source)
    target = folder / "originals" / SHA256[:2]
    assert [path for path in synced if not path.endswith(".part")] == [
        str(path) for path in (folder.parent.parent, folder.parent, folder, folder / "originals", target)
    ]
    assert sum(path.endswith(".part") for path in synced) == 1


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
