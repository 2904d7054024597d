"""The command line against a running `vitrine up --demo`, each command as a person runs it."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import time
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from captioning.data.drawings import random_drawing, render, sample_catalogue
from service.client import Client, Refusal
from tests.integration.running import VITRINE, Filled, Running, environment, free_port, running, vitrine

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos that no other test has, one of them in a subfolder, and a file that is none."""
    for number, name in enumerate(("bag-1.jpg", "bag-2/front.png")):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        render(random_drawing(50_000 + number), 224).save(path)
    (tmp_path / "photos" / "notes.txt").write_text("not a photo")
    return tmp_path / "photos"


def wait_until_ready(client: Client, sku: str) -> None:
    deadline = time.monotonic() + 60
    while any(photo["state"] != "ready" for photo in client.item(sku)["photos"]):
        assert time.monotonic() < deadline, client.item(sku)
        time.sleep(0.1)


def test_the_demo_shows_a_search_and_look_alikes(filled: Filled) -> None:
    photos = sum(len(drawings) for _, drawings in sample_catalogue())

    assert f"Uploading sample products: {len(sample_catalogue())}\nCaptioning: {photos}\n" in filled.printed
    assert "Search for “blue striped shirt”" in filled.printed
    assert "Looks like " in filled.printed


def test_a_search_prints_a_table_and_json(demo: Running) -> None:
    table = vitrine("search", "blue striped shirt", "--url", demo.url, "--limit", "3")
    answer = vitrine("search", "blue striped shirt", "--url", demo.url, "--limit", "3", "--json")

    assert (table.returncode, answer.returncode) == (0, 0)
    skus = [hit["sku"] for hit in json.loads(answer.stdout)["hits"]]
    assert skus[0] == "SHIRT-01"
    assert all(sku in table.stdout for sku in skus)


def test_a_search_by_photo_finds_the_very_picture(demo: Running, tmp_path: Path) -> None:
    sku, drawings = sample_catalogue()[0]
    render(drawings[0], 640).save(tmp_path / "query.jpg", quality=90)

    answer = vitrine("search", "--photo", str(tmp_path / "query.jpg"), "--url", demo.url, "--json")

    assert json.loads(answer.stdout)["hits"][0]["sku"] == sku, answer.stderr


def test_look_alikes_never_show_the_item_itself(demo: Running) -> None:
    answer = vitrine("similar", "SHIRT-01", "--url", demo.url, "--json")

    skus = [hit["sku"] for hit in json.loads(answer.stdout)["hits"]]
    assert skus
    assert "SHIRT-01" not in skus


def test_an_unknown_sku_is_one_sentence_and_exit_1(demo: Running) -> None:
    done = vitrine("similar", "no-such-item", "--url", demo.url)

    assert done.returncode == 1
    assert done.stderr.startswith("vitrine: ")
    assert done.stderr.count("\n") == 1


def test_a_folder_is_imported_and_what_is_no_photo_is_reported(demo: Running, folder: Path, tmp_path: Path) -> None:
    done = vitrine("import", str(folder), "--url", demo.url, cwd=tmp_path)

    assert done.returncode == 3, done.stderr
    assert "Imported 2 of 3 rows with 2 photos." in done.stdout
    (report,) = tmp_path.glob("import-failures-*.csv")
    assert str(report) in done.stdout
    (failure,) = csv.DictReader(report.read_text().splitlines())
    assert (failure["sku"], failure["photo"]) == ("notes", "notes.txt")
    assert failure["reason"]
    with Client(demo.url) as client:
        wait_until_ready(client, "bag-2")
        with pytest.raises(Refusal, match="notes"):
            client.item("notes")


def test_a_csv_merges_columns_and_uploads_photos(demo: Running, folder: Path, tmp_path: Path) -> None:
    sheet = folder / "shop.csv"
    sheet.write_text(
        "sku,title,file,price,colour\ncsv-1,A bag,bag-1.jpg,19.90,red\ncsv-1,A bag,bag-2/front.png,19.90,red\n"
    )

    first = vitrine("import", str(sheet), "--map", "photo=file", "--url", demo.url, "--json", cwd=tmp_path)
    sheet.write_text("sku,title,price\ncsv-1,A red bag,\n")
    second = vitrine("import", str(sheet), "--url", demo.url, "--json", cwd=tmp_path)

    assert json.loads(first.stdout) == {"rows": 2, "photos": 2, "changed": 2, "failed": 0, "report": None}
    assert (first.returncode, second.returncode) == (0, 0)
    with Client(demo.url) as client:
        item = client.item("csv-1")
    assert (item["title"], item["price"], item["attributes"]) == ("A red bag", None, {"colour": "red"})
    assert len(item["photos"]) == 2


def test_a_row_that_the_service_refuses_is_reported_with_its_reason(demo: Running, tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("sku,title,price\nbad-1,A,cheap\ngood-1,B,1.00\n")

    done = vitrine("import", "shop.csv", "--url", demo.url, "--json", cwd=tmp_path)

    assert done.returncode == 3
    told = json.loads(done.stdout)
    assert (told["rows"], told["failed"]) == (2, 1)
    (failure,) = csv.DictReader(Path(told["report"]).read_text().splitlines())
    assert (failure["line"], failure["sku"], failure["photo"]) == ("2", "bad-1", "")
    assert "price" in failure["reason"]


def test_a_shop_is_exported_with_its_photos_and_imported_again_is_not_changed(demo: Running, tmp_path: Path) -> None:
    exported = vitrine("export", str(tmp_path / "shop"), "--url", demo.url, "--json", cwd=tmp_path)
    again = vitrine("import", str(tmp_path / "shop"), "--url", demo.url, "--json", cwd=tmp_path)

    assert exported.returncode == 0, exported.stderr
    told = json.loads(exported.stdout)
    assert told["items"] >= len(sample_catalogue())
    photos = list((tmp_path / "shop" / "photos").glob("*/*"))
    assert len(photos) == told["photos"] >= told["items"]
    for photo in photos:
        with Image.open(photo) as image:
            image.load()
    assert json.loads(again.stdout) == {
        "rows": told["items"], "photos": told["photos"], "changed": 0, "failed": 0, "report": None,
    }  # fmt: skip


def test_a_photo_is_captioned_without_a_service(tmp_path: Path) -> None:
    render(random_drawing(50_010), 224).save(tmp_path / "a.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "tiny.png")

    done = vitrine("caption", "a.png", "tiny.png", "--json", cwd=tmp_path)

    assert done.returncode == 3
    (answer,) = json.loads(done.stdout)
    assert answer["file"] == "a.png"
    assert answer["text"]
    assert 0 <= answer["confidence"] <= 1
    assert "tiny.png" in done.stderr


def test_the_port_and_the_data_folder_of_a_running_service_are_refused(demo: Running, tmp_path: Path) -> None:
    port = httpx.URL(demo.url).port or 0

    same_port = vitrine("up", env=environment(tmp_path / "other", port))
    same_folder = vitrine("up", env=environment(demo.data, free_port()))

    assert (same_port.returncode, same_folder.returncode) == (1, 1)
    assert same_port.stderr.startswith(f"vitrine: Port {port} of 127.0.0.1 is taken")
    assert same_folder.stderr.startswith("vitrine: Vitrine is running already on this data folder.")


def test_an_address_that_others_could_reach_is_refused(tmp_path: Path) -> None:
    env = environment(tmp_path / "data", free_port()) | {"VITRINE_BIND": "0.0.0.0:8000"}

    done = vitrine("up", env=env)

    assert done.returncode == 1
    assert done.stderr.startswith("vitrine: VITRINE_BIND is 0.0.0.0:8000")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_process_and_a_second_start_uploads_nothing(
    filled: Filled, tmp_path: Path, number: signal.Signals
) -> None:
    with running(filled.copy(tmp_path), "--demo") as again:
        with Client(again.url) as client:
            assert sum(1 for _ in client.items()) == len(sample_catalogue())
        children = psutil.Process(again.process.pid).children(recursive=True)
        assert len(children) >= 4  # two guardians, API and worker

        assert again.stop(number) == 0

    assert "Uploading" not in again.printed
    assert not [child for child in children if child.is_running()]


def test_an_import_that_is_stopped_and_then_killed_goes_on_where_it_was(demo: Running, tmp_path: Path) -> None:
    skus = [f"many-{number}" for number in range(20_000)]
    (tmp_path / "shop.csv").write_text("sku\n" + "\n".join(skus))

    stopped, said = _import_until(signal.SIGINT, demo, tmp_path, rows=1_000)
    killed, said_then = _import_until(signal.SIGKILL, demo, tmp_path, rows=stopped + 1)
    last = vitrine("import", "shop.csv", "--url", demo.url, "--json", cwd=tmp_path)

    assert re.fullmatch(rf"Stopped after {stopped:,} rows\. Import again to go on from there\.\n+", said)
    assert said_then == f"Going on after row {stopped:,}, where the last import stopped.\n"
    assert last.stderr == f"Going on after row {killed:,}, where the last import stopped.\n"
    assert json.loads(last.stdout)["rows"] == len(skus)
    with Client(demo.url) as client:
        assert all(client.item(sku) for sku in skus[:: len(skus) // 50])
        deletes = [json.dumps({"op": "delete", "sku": sku}).encode() for sku in skus]
        assert len(client.write_items(deletes[:10_000]) + client.write_items(deletes[10_000:])) == len(skus)


def _import_until(number: signal.Signals, shop: Running, folder: Path, *, rows: int) -> tuple[int, str]:
    """Import until so many rows would not be repeated, then send the signal; how many would not, and what was said."""
    with subprocess.Popen(
        [*VITRINE, "import", "shop.csv", "--url", shop.url],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_ctrl_c,
    ) as importing:
        while _rows_kept(folder) < rows:
            time.sleep(0.05)
        importing.send_signal(number)
        _, said = importing.communicate(timeout=60)
    assert importing.returncode in {130, -number}
    return _rows_kept(folder), said


def _hear_ctrl_c() -> None:
    """A shell's background jobs, and so whatever they start, ignore it; this test may run in one."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _rows_kept(folder: Path) -> int:
    """How many rows an import that is running here would not repeat."""
    journal = folder / ".vitrine-import-shop.csv.json"
    return int(json.loads(journal.read_text())["tally"]["rows"]) if journal.exists() else 0
