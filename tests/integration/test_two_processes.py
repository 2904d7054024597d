"""Two API processes over one shop, on each database: a write at one door is seen at the other, under its number."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalogue.settings import Settings
from tests.databases import Prepared
from tests.integration.conftest import data_folder
from tests.integration.floor import ROOT, environment, picture, wait_until
from tests.integration.running import free_port
from workers import doorbell

pytestmark = pytest.mark.slow
READY_WITHIN_S = 90.0
WORKED_WITHIN_S = 60.0


@pytest.fixture(scope="module")
def doors(
    stocked: Prepared, adopted: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Two services of one process each, and a worker, over the same rows and photos."""
    data = data_folder(adopted, tmp_path_factory.mktemp("doors") / "data")
    with ExitStack() as open_until_the_end:
        url = open_until_the_end.enter_context(stocked.copied(data))
        settings = Settings(data=data, database_url=url, threads=1, device="cpu")
        doorbell.empty(settings.queue_folder)
        open_until_the_end.enter_context(_process(settings, "work"))
        both = [replace(settings, bind=("127.0.0.1", free_port())) for _ in range(2)]
        for each in both:
            open_until_the_end.enter_context(_process(each, "serve"))
        a, b = (open_until_the_end.enter_context(httpx.Client(base_url=each.url, timeout=30)) for each in both)
        wait_until(lambda: _is_ready(a) and _is_ready(b), READY_WITHIN_S, "both are ready")
        yield a, b


@contextmanager
def _process(settings: Settings, command: str) -> Iterator[None]:
    with (settings.data / f"{command}-{settings.bind[1]}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", command],
            cwd=ROOT, env=environment(settings) | {"VITRINE_PROCESSES": "1"}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _after(written: httpx.Response) -> dict[str, str]:
    """The header by which a read sees that write."""
    assert written.is_success, written.text
    return {"Vitrine-Min-Seq": written.headers["Vitrine-Seq"]}


def _skus(found: httpx.Response) -> list[str]:
    assert found.status_code == 200, found.text
    return [hit["sku"] for hit in found.json()["hits"]]


def _upload(client: httpx.Client, sku: str, number: int) -> dict[str, Any]:
    answered = client.post(f"/v1/items/{sku}/photos", files={"photo": ("a.jpg", picture(number), "image/jpeg")})
    assert answered.status_code == 202, answered.text
    photo: dict[str, Any] = answered.json()["photos"][0]
    return photo


def _until_ready(client: httpx.Client, photo_id: str) -> dict[str, Any]:
    wait_until(
        lambda: client.get(f"/v1/photos/{photo_id}").json()["state"] == "ready", WORKED_WITHIN_S, "the photo is ready"
    )
    photo: dict[str, Any] = client.get(f"/v1/photos/{photo_id}").json()
    return photo


Doors = tuple[httpx.Client, httpx.Client]


def test_a_title_written_at_one_door_is_found_at_the_other_under_its_number(doors: Doors) -> None:
    for number in range(60):
        writer, reader = doors if number % 3 else doors[::-1]
        word = f"zanzibar{number}"
        written = writer.put("/v1/items/wandering", json={"title": word})
        assert _skus(reader.get("/v1/search", params={"q": word}, headers=_after(written))) == ["wandering"]
        read = reader.get("/v1/items/wandering", headers=_after(written))
        assert read.json()["title"] == word
        assert int(read.headers.get("Vitrine-Seq", written.headers["Vitrine-Seq"])) >= 0


def test_what_one_door_deleted_is_in_no_later_answer_of_the_other(doors: Doors) -> None:
    for number in range(30):
        writer, reader = doors if number % 2 else doors[::-1]
        sku, word = f"fleeting-{number}", f"ephemeral{number}"
        written = writer.put(f"/v1/items/{sku}", json={"title": word})
        assert _skus(reader.get("/v1/search", params={"q": word}, headers=_after(written))) == [sku]
        assert writer.delete(f"/v1/items/{sku}").status_code == 204
        assert _skus(reader.get("/v1/search", params={"q": word})) == []  # without a number: the promise is to all
        assert reader.get(f"/v1/items/{sku}").status_code == 404


def test_a_photo_is_found_at_either_door_from_its_ready_seq_on(doors: Doors) -> None:
    for number, (writer, reader) in enumerate((doors, doors[::-1])):
        sku = f"pictured-{number}"
        photo = _until_ready(reader, _upload(writer, sku, 9_000 + number)["id"])
        for client in doors:
            headers = {"Vitrine-Min-Seq": str(photo["ready_seq"])}
            found = client.post(
                "/v1/search",
                files={"photo": ("q.jpg", picture(9_000 + number), "image/jpeg")},
                headers=headers,
            )
            assert _skus(found)[0] == sku
            assert client.get("/v1/search", params={"q": photo["caption"]["text"]}, headers=headers).status_code == 200


def test_a_persons_caption_of_one_door_is_found_at_the_other_under_its_number(doors: Doors) -> None:
    a, b = doors
    photo = _until_ready(b, _upload(a, "corrected", 9_100)["id"])
    tag = b.get(f"/v1/photos/{photo['id']}").headers["ETag"]
    written = a.patch(
        f"/v1/photos/{photo['id']}/caption", json={"text": "a quixotic lampshade"}, headers={"If-Match": tag}
    )
    assert written.status_code == 200, written.text
    assert _skus(b.get("/v1/search", params={"q": "quixotic lampshade"}, headers=_after(written)))[0] == "corrected"
    late = b.patch(f"/v1/photos/{photo['id']}/caption", json={"text": "something else"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["type"] == "/problems/version-mismatch"


def test_of_two_writers_with_one_tag_at_two_doors_exactly_one_wins(doors: Doors) -> None:
    tag = doors[0].put("/v1/items/contested", json={"title": "Round 0"}).headers["ETag"]
    for number in range(1, 21):
        answers: list[httpx.Response] = []
        start = threading.Barrier(2)

        def write(client: httpx.Client, title: str, tag: str = tag) -> None:
            start.wait()  # noqa: B023 - the threads end before the loop goes on
            answers.append(client.patch("/v1/items/contested", json={"title": title}, headers={"If-Match": tag}))  # noqa: B023

        writers = [
            threading.Thread(target=write, args=(client, f"Round {number} by {name}"))
            for client, name in zip(doors, "ab", strict=True)
        ]
        for thread in writers:
            thread.start()
        for thread in writers:
            thread.join()
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert (won.status_code, lost.status_code) == (200, 412)
        seen = doors[number % 2].get("/v1/items/contested")
        assert (seen.json()["title"], seen.headers["ETag"]) == (won.json()["title"], won.headers["ETag"])
        tag = won.headers["ETag"]


def test_a_number_that_was_never_given_is_refused_at_once(doors: Doors) -> None:
    for client in doors:
        refused = client.get("/v1/search", params={"q": "shirt"}, headers={"Vitrine-Min-Seq": "99999999"})
        assert refused.status_code == 422
        assert refused.json()["type"].startswith("/problems/")


def test_many_writers_at_both_doors_each_see_their_own_write(doors: Doors) -> None:
    failures: list[str] = []

    def shop(number: int) -> None:
        with (
            httpx.Client(base_url=doors[0].base_url, timeout=30) as a,
            httpx.Client(base_url=doors[1].base_url, timeout=30) as b,
        ):
            for turn in range(15):
                writer, reader = (a, b) if (number + turn) % 2 else (b, a)
                word = f"busy{number}x{turn}"
                written = writer.put(f"/v1/items/busy-{number}", json={"title": word})
                found = reader.get("/v1/search", params={"q": word}, headers=_after(written))
                if found.status_code == 503:  # two busy cores: it says so, and names when to come back
                    assert found.headers["Retry-After"]
                elif f"busy-{number}" not in _skus(found):
                    failures.append(word)

    threads = [threading.Thread(target=shop, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
