"""The pool: what a file does to its decoder never reaches the caller, and no child outlives its parent."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from PIL import Image

from catalogue import decoding
from catalogue.confinement import BYTES_A_PIXEL, BYTES_ASIDE, OPEN_FILES
from catalogue.decoding import DecoderPool
from catalogue.errors import ImageRejected, PhotoTooLarge, UploadsBusy
from catalogue.images import Limits, decode

pytestmark = pytest.mark.slow
LIMITS = Limits(max_bytes=64 << 20, max_pixels=64_000_000)
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    Image.new("RGB", (200, 100), "red").save(folder / "small.png")
    Image.effect_noise((7000, 7000), 90).save(folder / "large.png", compress_level=1)
    (folder / "page.jpg").write_text("<html>")
    return folder


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(children=2) as pool:
        yield pool


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(command(child))]


def command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return list(process.cmdline())
    return []


def test_a_child_decodes_what_the_function_decodes(pool: DecoderPool, photos: Path) -> None:
    assert pool.decode(photos / "small.png", LIMITS) == decode(photos / "small.png", LIMITS)


def test_rejections_come_back_as_they_were_raised(pool: DecoderPool, photos: Path) -> None:
    with pytest.raises(ImageRejected, match="a web page") as rejected:
        pool.decode(photos / "page.jpg", LIMITS)
    assert rejected.value.reason == "not-a-photo"
    with pytest.raises(PhotoTooLarge):
        pool.decode(photos / "small.png", Limits(max_bytes=10, max_pixels=1 << 20))
    with pytest.raises(FileNotFoundError):
        pool.decode(photos / "nothing", LIMITS)


def test_many_threads_share_few_children(pool: DecoderPool, photos: Path) -> None:
    before = children()  # another test's pool may still be open in this process; of ours one child is warm
    with ThreadPoolExecutor(12) as threads:
        sizes = list(threads.map(lambda _: pool.decode(photos / "small.png", LIMITS).width, range(60)))
    assert sizes == [200] * 60
    assert len(set(children()) - set(before)) <= 2


def test_a_photo_that_takes_too_long_is_rejected_and_the_next_one_is_read(photos: Path) -> None:
    with DecoderPool(children=1, time_limit_s=0.02) as pool:
        with pytest.raises(ImageRejected, match=r"longer than 0\.02 seconds") as rejected:
            pool.decode(photos / "large.png", LIMITS)
        assert rejected.value.reason == "too-slow"
    with DecoderPool(children=1, time_limit_s=20) as pool:
        assert pool.decode(photos / "small.png", LIMITS).width == 200


def test_a_photo_that_kills_its_decoder_twice_is_rejected_and_the_next_one_is_read(photos: Path) -> None:
    large, answered = photos / "large.png", threading.Event()

    def kill_who_reads_it() -> None:
        while not answered.is_set():
            for child in children():
                with contextlib.suppress(psutil.Error):
                    if any(file.path == str(large) for file in child.open_files()):
                        child.kill()
            time.sleep(0.005)

    killer = threading.Thread(target=kill_who_reads_it)
    with DecoderPool(children=1) as pool:
        killer.start()
        try:
            with pytest.raises(ImageRejected, match="crashed its decoder") as rejected:
                pool.decode(large, LIMITS)
        finally:
            answered.set()
            killer.join()
        assert rejected.value.reason == "decoder-died"
        assert pool.decode(photos / "small.png", LIMITS).width == 200


def test_a_child_killed_while_it_waits_costs_nothing(photos: Path) -> None:
    with DecoderPool(children=1) as pool:
        before = set(children())
        pool.decode(photos / "small.png", LIMITS)
        (ours,) = [child for child in children() if child not in before]
        ours.kill()
        assert pool.decode(photos / "small.png", LIMITS).width == 200


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets another process be limited")
def test_a_photo_that_wants_more_memory_than_it_may_have_is_rejected_and_its_child_replaced(photos: Path) -> None:
    with DecoderPool(children=1) as pool:
        before = set(children())
        pool.decode(photos / "small.png", LIMITS)
        (first,) = set(children()) - before
        first.rlimit(psutil.RLIMIT_DATA, (64 << 20, 64 << 20))  # the child's own limit is raised up to this one only
        with pytest.raises(
            ImageRejected, match=r"more memory than one photo may have\. Save it again, smaller"
        ) as rejected:
            pool.decode(photos / "large.png", LIMITS)
        assert rejected.value.reason == "too-much-memory"
        assert pool.decode(photos / "large.png", LIMITS).width == 7000
        assert first not in children()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows another process's limits")
def test_a_child_has_limits_for_the_largest_photo_writes_no_file_and_opens_few(photos: Path) -> None:
    with DecoderPool(children=1, time_limit_s=7) as pool:
        before = set(children())
        pool.decode(photos / "small.png", LIMITS)
        (child,) = set(children()) - before
        assert child.rlimit(psutil.RLIMIT_DATA)[0] == BYTES_ASIDE + BYTES_A_PIXEL * LIMITS.max_pixels
        assert 7 <= child.rlimit(psutil.RLIMIT_CPU)[0] <= 7 + sum(child.cpu_times()) + 1
        assert child.rlimit(psutil.RLIMIT_FSIZE) == child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
        assert child.rlimit(psutil.RLIMIT_NOFILE) == (OPEN_FILES, OPEN_FILES)


def test_a_caller_waits_its_turn_only_so_long(photos: Path) -> None:
    with DecoderPool(children=1, turn_limit_s=0.05) as pool, ThreadPoolExecutor(1) as other:
        pool.decode(photos / "small.png", LIMITS)
        reading = other.submit(pool.decode, photos / "large.png", LIMITS)
        with pytest.raises(UploadsBusy, match="Too many photos"):
            while not reading.done():
                pool.decode(photos / "small.png", LIMITS)
        assert reading.result().width == 7000
        assert pool.decode(photos / "small.png", LIMITS).width == 200


def test_a_child_that_does_not_start_is_not_waited_for_without_end(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DecoderPool(children=1) as pool:
        with monkeypatch.context() as patched:
            patched.setattr(decoding, "START_LIMIT_S", 0)
            with pytest.raises(UploadsBusy, match="could be started"):
                pool.decode(photos / "small.png", LIMITS)
        assert pool.decode(photos / "small.png", LIMITS).width == 200


def test_a_closed_pool_leaves_no_child_and_says_so(photos: Path) -> None:
    before = set(children())
    pool = DecoderPool(children=2)
    pool.decode(photos / "small.png", LIMITS)
    pool.close()
    assert set(children()) <= before
    with pytest.raises(RuntimeError, match="closed"):
        pool.decode(photos / "small.png", LIMITS)


PARENT = """
import sys, time, psutil
from pathlib import Path
from catalogue.decoding import DecoderPool
from catalogue.images import Limits
pool = DecoderPool(children=1)
pool.decode(Path(sys.argv[1]), Limits(1 << 20, 1 << 20))
print(*(child.pid for child in psutil.Process().children()), flush=True)
time.sleep(600)
"""


def test_children_die_with_a_parent_that_was_killed(photos: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(photos / "small.png")], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with parent:
        assert parent.stdout is not None
        orphans = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert orphans
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs(orphans, timeout=15)
    assert alive == []
