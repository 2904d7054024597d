"""A catalogue as a folder, and back: what an export holds, what an import restores, and what ends one in the middle."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from catalogue import keys
from catalogue.models import Catalogue
from catalogue.states import KeyScope
from service.app import close, create_app
from service.cli import run
from service.cli.exporting import NO_PHOTO
from tests.integration.floor import Floor
from tests.integration.shop import Shop, open_shop, picture

SECRET = "the installation's own"
TITLE = "Grüne Tasche “Ölberg” 🎒"
ATTRIBUTES = {
    "sizes": ["S", "M"],
    "weights": [1, 2.5],
    "organic": True,
    "weight": 0.1,
    "released": "2026-11-21",
    "farbe": "grün",
    "code": "0042",
    "nothing": [],
}


@contextmanager
def serving(app: Callable[..., Any], port: int = 0) -> Iterator[str]:
    """The app on a port, any unless one is given."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def url(api: Flask) -> Iterator[str]:
    with serving(api) as url:
        yield url


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def items(folder: Path) -> list[dict[str, Any]]:
    """Of an export, with each photo's bytes for its name."""
    found = [json.loads(line) for line in (folder / "items.jsonl").read_text().splitlines()]
    for item in found:
        for photo in item["photos"]:
            photo["file"] = hashlib.sha256((folder / photo["file"]).read_bytes()).hexdigest()
    return found


def fill(shop: Shop) -> None:
    """A shop with all that an item can have."""
    assert shop.call("PATCH", "/v1/fields/released", json={"type": "date"}).status_code == 201
    shop.put(
        "tee-1",
        title=TITLE,
        price="34.90",
        url="https://shop.example/tee-1",
        group="tees",
        attributes=ATTRIBUTES,
    )
    shop.put("тройник", title="i̇", available=False, attributes={"flags": [True, False]})
    shop.put(" hidden ", published=False, group="tees", price=0)
    one, two, three, four = (shop.upload("tee-1", picture()).json["photos"][0]["id"] for _ in range(4))  # type: ignore[index]  # it is JSON
    shop.upload("only-a-photo", picture(file_format="PNG"))
    shop.work()
    shop.call("PATCH", f"/v1/photos/{three}", json={"position": 0})
    for photo, words in (
        (one, {"text": "a person's words"}),
        (two, {"text": "imported words", "source": "import", "locked": True}),
        (three, {"locked": True}),
    ):
        assert shop.call("PATCH", f"/v1/photos/{photo}/caption", json=words).status_code == 200
    shop.call("DELETE", f"/v1/photos/{four}")
    shop.upload("tee-1", picture())
    shop.work()


@pytest.fixture(scope="session")
def exported(api: Flask, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Path]:
    """A shop that no test alters, and its export."""
    shop = open_shop(api)
    fill(shop)
    folder = tmp_path_factory.mktemp("exported") / "shop"
    with serving(api) as url:
        command("export", folder, "--url", url, "--catalogue", shop.name)
    return shop, folder


def command(*arguments: str | Path, code: int = 0) -> None:
    assert run([str(argument) for argument in arguments]) == code


def test_an_export_imported_elsewhere_is_the_same_catalogue(
    exported: tuple[Shop, Path], url: str, tmp_path: Path
) -> None:
    shop, folder = exported
    other = open_shop(shop.app)

    command("import", folder, "--url", url, "--catalogue", other.name)
    other.work()
    command("export", tmp_path / "again", "--url", url, "--catalogue", other.name)

    wanted = items(folder)
    assert [item["sku"] for item in wanted] == ["tee-1", "тройник", " hidden ", "only-a-photo"]
    assert wanted[0]["attributes"] == ATTRIBUTES
    captions = [(photo["source"], photo["locked"], photo["caption"]) for photo in wanted[0]["photos"]]
    assert captions == [
        ("model", True, TITLE),
        ("person", False, "a person's words"),
        ("import", True, "imported words"),
        ("model", False, TITLE),
    ]
    wanted[0]["photos"][0]["source"] = "import"  # what a model said and somebody locked
    assert items(tmp_path / "again") == wanted
    before, after = (json.loads((each / "fields.json").read_text())["fields"] for each in (folder, tmp_path / "again"))
    assert {"name": "released", "type": "date", "declared": True} in after
    assert after == before
    skus = [[item["sku"] for item in each.call("GET", "/v1/items").json["items"]] for each in (shop, other)]  # type: ignore[index]  # it is JSON
    assert skus[0] == skus[1]


def test_an_import_that_is_repeated_changes_nothing_and_says_so(
    exported: tuple[Shop, Path], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, folder = exported
    other = open_shop(shop.app)
    command("import", folder, "--url", url, "--catalogue", other.name)
    assert "nothing has changed" not in capsys.readouterr().out
    seq = other.seq()

    command("import", folder, "--url", url, "--catalogue", other.name)

    told = capsys.readouterr().out
    assert told.endswith("Imported 4 of 4 rows with 5 photos.\nAll of it was there already: nothing has changed.\n")
    assert other.seq() == seq
    assert not list(Path.cwd().iterdir())


def test_a_restored_order_goes_before_what_the_item_has(shop: Shop, url: str, tmp_path: Path) -> None:
    one, two, three = picture(), picture(), picture()
    shop.upload("tee-1", three, one)
    (tmp_path / "one.jpg").write_bytes(one)
    (tmp_path / "two.jpg").write_bytes(two)
    photos = [{"file": "one.jpg"}, {"file": "two.jpg"}, {"file": "one.jpg"}]
    (tmp_path / "shop.jsonl").write_text(json.dumps({"sku": "tee-1", "photos": photos}))

    command("import", tmp_path / "shop.jsonl", "--url", url, "--catalogue", shop.name)

    shown = shop.call("GET", "/v1/items/tee-1").json
    assert shown is not None
    sizes = [photo["size_bytes"] for photo in shown["photos"]]
    assert sizes == [len(one), len(two), len(three)]


def test_what_is_not_there_any_more_is_reported_and_the_rest_is_restored(
    exported: tuple[Shop, Path], url: str, tmp_path: Path
) -> None:
    shop, folder = exported
    other = open_shop(shop.app)
    shutil.copytree(folder, tmp_path / "first")
    lost = json.loads((tmp_path / "first" / "items.jsonl").read_text().splitlines()[3])["photos"][0]["file"]
    (tmp_path / "first" / lost).unlink()

    command("import", tmp_path / "first", "--url", url, "--catalogue", other.name, code=3)

    (report,) = Path.cwd().glob("import-failures-*.csv")
    assert f"4,only-a-photo,,The photo {lost} is not there." in report.read_text()
    assert other.call("GET", "/v1/items/only-a-photo").status_code == 404
    assert len(other.call("GET", "/v1/items/tee-1").json["photos"]) == 4  # type: ignore[index]  # it is JSON


def test_an_original_that_is_lost_is_reported_and_the_rest_is_exported(shop: Shop, url: str, tmp_path: Path) -> None:
    bytes_of = picture()
    shop.upload("tee-1", bytes_of, picture())
    (shop.services.settings.data / "photos" / "originals").joinpath(
        hashlib.sha256(bytes_of).hexdigest()[:2], hashlib.sha256(bytes_of).hexdigest()
    ).unlink()

    command("export", tmp_path / "first", "--url", url, "--catalogue", shop.name, code=3)

    (item,) = items(tmp_path / "first")
    assert [photo["position"] for photo in item["photos"]] == [0]
    (report,) = Path.cwd().glob("export-failures-*.csv")
    assert "tee-1" in report.read_text()


def test_an_export_goes_nowhere_but_into_a_new_or_an_empty_folder(
    shop: Shop, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.upload("tee-1", picture())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    (tmp_path / "empty").mkdir()

    command("export", tmp_path / "full", "--url", url, "--catalogue", shop.name, code=2)
    assert "is not empty" in capsys.readouterr().err
    command("export", tmp_path / "full" / "mine.txt", "--url", url, "--catalogue", shop.name, code=2)
    command("export", tmp_path / "empty", "--url", url, "--catalogue", shop.name)

    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    assert len(items(tmp_path / "empty")) == 1
    assert not list(tmp_path.glob("*.part"))


def test_cells_of_a_csv_become_values_of_the_types_that_the_catalogue_has(shop: Shop, url: str, tmp_path: Path) -> None:
    shop.put("first", attributes={"weight": 1.5, "organic": True, "sizes": ["S"], "code": "7"})
    shop.call("PATCH", "/v1/fields/released", json={"type": "date"})
    sheet = tmp_path / "shop.csv"
    sheet.write_text(
        "sku,weight,organic,sizes,code,released,new\n"
        "tee-1,2,no,S|M,42,2026-11-21,7\ntee-2,heavy,no,S,42,,\ntee-3,2,no,S,42,tomorrow,\n"
    )

    command("import", sheet, "--url", url, "--catalogue", shop.name, code=3)

    shown = shop.call("GET", "/v1/items/tee-1").json
    assert shown is not None
    assert shown["attributes"] == {
        "weight": 2, "organic": False, "sizes": ["S", "M"], "code": "42", "released": "2026-11-21", "new": "7",
    }  # fmt: skip
    (report,) = Path.cwd().iterdir()
    assert [row["reason"] for row in csv.DictReader(report.read_text().splitlines())] == [
        "weight is 'heavy'; the field holds a number, such as 34.9.",
        "released is 'tomorrow'; the field holds a date, such as 2026-11-21.",
    ]


class Frail:
    """An app whose connections all break once so many requests to addresses of one ending were answered."""

    def __init__(self, app: Flask, ending: str, after: int = 1_000) -> None:
        self._app = app
        self._ending = ending
        self._left = after
        self.asked = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        with self._lock:
            counts = environ["PATH_INFO"].endswith(self._ending) and NO_PHOTO not in environ["PATH_INFO"]
            self.asked += counts
            self._left -= counts
            if self._left < 0:
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                raise ConnectionError("as when a process is killed")
        return self._app(environ, start_response)


def rows_before_the_stop(told: str) -> int:
    return int(told.partition("Stopped after ")[2].partition(" rows")[0].replace(",", ""))


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("service.cli.imports.PATIENCE_S", 0.1)
    monkeypatch.setattr("service.cli.importing.ROWS_AHEAD", 4)
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(picture())
    rows = [f"s{number},A tee,{number}.jpg,1" for number in range(20)]
    sheet = tmp_path / "shop.csv"
    sheet.write_text("\n".join(["sku,title,photo,price", "bad,Bad,,cheap", *rows]))

    with serving(Frail(shop.app, "/photos", after=12)) as url:
        command("import", sheet, "--url", url, "--catalogue", shop.name, code=1)
    stopped_at = rows_before_the_stop(capsys.readouterr().err)
    assert 12 - 4 <= stopped_at <= 12 + 1
    with serving(again := Frail(shop.app, "/photos"), int(url.rpartition(":")[2])) as url:
        command("import", sheet, "--url", url, "--catalogue", shop.name, "--json", code=3)

    assert f"Going on after row {stopped_at}" in capsys.readouterr().err
    assert again.asked == 21 - stopped_at
    shown = shop.call("GET", "/v1/items", query_string={"limit": 100}).json
    assert shown is not None
    assert [len(item["photos"]) for item in shown["items"]] == [1] * 20
    (report,) = Path.cwd().iterdir()  # and no journal
    assert report.read_text().count("bad") == 1


def swap_names(one: Shop, other: Shop) -> None:
    def act(session: Session) -> None:
        for old, new in ((one.name, "aside"), (other.name, one.name), ("aside", other.name)):
            session.execute(update(Catalogue).where(Catalogue.name == old).values(name=new))

    one.services.database.write(act)


def test_an_import_of_another_source_or_elsewhere_begins_anew_and_says_so(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("service.cli.imports.PATIENCE_S", 0.1)
    monkeypatch.setattr("service.cli.importing.ROWS_A_BATCH", 2)
    monkeypatch.setattr("service.cli.importing.ROWS_AHEAD", 2)
    other = open_shop(shop.app)
    sheet = tmp_path / "shop.csv"
    sheet.write_text("sku\n" + "".join(f"s{number}\n" for number in range(20)))

    def interrupted() -> int:
        with serving(Frail(shop.app, "/items:batch", after=5)) as url:
            command("import", sheet, "--url", url, "--catalogue", shop.name, "--restart", code=1)
        assert rows_before_the_stop(capsys.readouterr().err) == 9
        return int(url.rpartition(":")[2])

    def said(port: int, catalogue: Shop, *more: str) -> str:
        with serving(shop.app, port) as url:
            command("import", sheet, "--url", url, "--catalogue", catalogue.name, *more)
        return capsys.readouterr().err

    assert "Going on after row 9" in said(interrupted(), shop)
    assert "Going on" not in said(interrupted(), shop, "--restart")
    interrupted()
    assert "beginning anew" in said(0, shop)  # on another port
    assert "beginning anew" in said(interrupted(), other)
    port = interrupted()
    swap_names(shop, other)  # as if the data had been thrown away, and a catalogue of the name made again
    assert "beginning anew" in said(port, shop)
    port = interrupted()
    sheet.write_text("sku\ns1\n")
    assert "beginning anew" in said(port, shop)


def test_an_export_that_was_cut_off_goes_on_with_the_photos_that_it_has(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("service.cli.exports.PATIENCE_S", 0.1)
    monkeypatch.setattr("service.cli.exporting.ITEMS_AHEAD", 2)
    for number in range(20):
        shop.upload(f"s{number}", picture())

    with serving(Frail(shop.app, "/original", after=15)) as url:
        command("export", tmp_path / "out", "--url", url, "--catalogue", shop.name, code=1)
    assert "out.part" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    (gone,) = (photo["id"] for photo in shop.call("GET", "/v1/items/s19").json["photos"])  # type: ignore[index]  # it is JSON
    shop.call("DELETE", f"/v1/photos/{gone}")
    with serving(again := Frail(shop.app, "/original")) as url:
        command("export", tmp_path / "out", "--url", url, "--catalogue", shop.name)

    assert again.asked == 20 - 15
    assert sum(len(item["photos"]) for item in items(tmp_path / "out")) == 19
    assert len(list((tmp_path / "out" / "photos").glob("*/*"))) == 19


def key(floor: Floor, scope: KeyScope) -> str:
    made = floor.database.write(
        lambda session: keys.create(session, SECRET.encode(), name=str(uuid4()), scope=scope, catalogue=None)
    )
    return made.text


def test_a_key_that_may_not_write_exports_nothing_and_one_that_may_not_declare_says_which_fields(
    floor: Floor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(replace(floor.settings, secret_key=SECRET))
    texts = {scope: key(floor, scope) for scope in KeyScope}
    (tmp_path / "in").mkdir()
    shown = [{"name": name, "type": "date", "declared": True} for name in ("released", "seen")]
    (tmp_path / "in" / "fields.json").write_text(json.dumps({"fields": shown}))
    (tmp_path / "in" / "items.jsonl").write_text('{"sku": "tee-1", "attributes": {"released": "2026-11-21"}}\n')

    with serving(app) as url:
        command("import", tmp_path / "in", "--url", url, "--key", texts[KeyScope.WRITE])
        told = capsys.readouterr().err
        command("export", tmp_path / "out", "--url", url, "--key", texts[KeyScope.READ], code=1)
        refused = capsys.readouterr().err
        command("import", tmp_path / "in", "--url", url, "--key", texts[KeyScope.ADMIN])
        stays = capsys.readouterr().err
    close(app)

    assert "The field 'released' is a date in the export; only an admin key can declare it so here." in told
    assert "'seen'" in told
    assert "write" in refused
    assert not (tmp_path / "out").exists()
    assert "The field 'released' is a string here and a date in the export; it stays what it is." in stays
    assert "'seen'" not in stays
