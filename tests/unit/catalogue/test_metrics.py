"""Metrics of several processes in one folder: summed, kept when one is killed; what is said of its life goes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.running import free_port

# Shares the folder, counts as it is told line by line, and says what a scrape of it shows.
PROGRAM = """
import sys
from pathlib import Path
from catalogue import logs, metrics
logs.configure("test")
metrics.share(Path(sys.argv[1]), sys.argv[2])
from prometheus_client import Counter, Gauge, Histogram
photos = Counter("vitrine_test_photos", "Photos.", ["outcome"])
stage = Histogram("vitrine_test_seconds", "Seconds.", buckets=(1, 10))
behind = Gauge("vitrine_test_behind", "Behind.", ["catalogue"], multiprocess_mode="liveall")
print("shares", flush=True)
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
sys.stdout.write(metrics.exposition().decode())
"""

Numbers = dict[tuple[str, ...], float]


class Counting:
    """A process that counts."""

    def __init__(self, folder: Path, role: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), role], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._expect("shares")

    def do(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        self._expect("done")

    def kill(self) -> None:
        self.process.kill()
        with self.process:  # closes its pipes, and waits
            return

    def end(self) -> Numbers:
        """Its last scrape."""
        said, _ = self.process.communicate(timeout=20)
        return numbers(said)

    def _expect(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word


def numbers(exposition: str) -> Numbers:
    """Each sample by its name and the values of its labels."""
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


@contextmanager
def counting(folder: Path, role: str = "api") -> Iterator[Counting]:
    process = Counting(folder, role)
    try:
        yield process
    finally:
        process.kill()


def test_a_scrape_of_any_process_sums_what_all_have_counted(tmp_path: Path) -> None:
    with counting(tmp_path) as one, counting(tmp_path) as two, counting(tmp_path, "caption-worker") as three:
        one.do("photos.labels('done').inc(2); stage.observe(0.5)")
        two.do("photos.labels('done').inc(3); stage.observe(5)")
        three.do("photos.labels('failed').inc()")
        seen = one.end()
        assert seen["vitrine_test_photos_total", "done"] == 5
        assert seen["vitrine_test_photos_total", "failed"] == 1
        assert (seen["vitrine_test_seconds_count",], seen["vitrine_test_seconds_sum",]) == (2, 5.5)
        assert two.end() == seen


def test_what_a_killed_process_has_counted_stays_and_its_place_is_taken_again(tmp_path: Path) -> None:
    for _ in range(3):
        with counting(tmp_path) as killed:
            killed.do("photos.labels('done').inc(2); stage.observe(0.5)")
            killed.kill()
    with counting(tmp_path) as after:
        after.do("photos.labels('done').inc()")
        seen = after.end()
    assert seen["vitrine_test_photos_total", "done"] == 7
    assert seen["vitrine_test_seconds_count",] == 3
    assert {path.name for path in tmp_path.glob("*_*.db")} == {
        "counter_api-0.db", "histogram_api-0.db", "gauge_liveall_api-0.db",
    }  # fmt: skip


def test_gauges_name_the_living_alone(tmp_path: Path) -> None:
    with counting(tmp_path) as one, counting(tmp_path) as two:
        one.do("behind.labels('default').set(4)")
        two.do("behind.labels('default').set(7)")
        two.kill()
        seen = one.end()
    assert seen["vitrine_test_behind", "default", "api-0"] == 4
    assert ("vitrine_test_behind", "default", "api-1") not in seen


def test_who_takes_a_dead_process_place_does_not_tell_its_gauges(tmp_path: Path) -> None:
    with counting(tmp_path) as killed:
        killed.do("behind.labels('default').set(4)")
        killed.kill()
    with counting(tmp_path) as after:
        assert not any("vitrine_test_behind" in name for name in after.end())


def test_the_files_are_there_in_full_before_they_are_mapped(tmp_path: Path) -> None:
    """A page that a full disk could not give would kill the process that touches it."""
    with counting(tmp_path):
        for path in tmp_path.glob("*.db"):
            status = path.stat()
            assert status.st_blocks * 512 >= status.st_size >= 2**20, path.name


def test_a_process_that_cannot_share_its_metrics_serves_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("in the way")
    with counting(tmp_path / "metrics" / "below") as alone:
        alone.do("photos.labels('done').inc()")
        assert alone.end()["vitrine_test_photos_total", "done"] == 1


def test_sharing_after_metrics_were_made_is_a_fault_that_shows_at_once() -> None:
    program = "import workers.metrics; from catalogue import metrics; metrics.share(None, 'api')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "Metrics were made before" in done.stderr


SERVES = """
import sys
from catalogue import metrics
metrics.serve("127.0.0.1", int(sys.argv[1]))
from workers.metrics import FINISHED
FINISHED.labels("picture", "done").inc(3)
print("serves", flush=True)
sys.stdin.read()
"""


def test_a_process_with_a_port_of_its_own_shows_its_numbers_there() -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", SERVES, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serves\n"
        seen = numbers(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=20).text)
        process.kill()
    assert seen["vitrine_work_finished_total", "picture", "done"] == 3


@pytest.mark.parametrize("method", ["GET", "BREW"])
def test_labels_are_none_of_a_clients_inventions(method: str) -> None:
    from service import metrics

    metrics.count_request(None, method, 404, 0.1)
    samples = [sample for family in metrics._REQUEST_SECONDS.collect() for sample in family.samples]
    assert {sample.labels["method"] for sample in samples} <= {*metrics.METHODS, "other"}


def test_every_metric_is_explained_in_the_docs_and_no_other() -> None:
    root = Path(__file__).parents[3]
    made: set[str] = set()
    for module in ("service/metrics.py", "service/scrape.py", "workers/metrics.py", "indexing/metrics.py"):
        made |= set(re.findall(r'"(vitrine_\w+)"', (root / module).read_text("utf-8")))
    table = [
        line.split("|")[1] for line in (root / "docs/metrics.md").read_text("utf-8").splitlines() if "| `v" in line
    ]
    told = {name for cell in table for name in re.findall(r"`(vitrine_\w+)", cell)}
    assert {name.removesuffix("_total") for name in told} == made
