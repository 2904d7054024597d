"""Kill -9 of API and caption worker during an import: every accepted photo is ready afterwards, exactly once."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import psutil
import pytest
from sqlalchemy import select

from catalogue import changes
from catalogue.models import Item, Photo
from catalogue.states import ChangeKind, PhotoStatus
from service.client import Client
from tests.integration.floor import ROOT, Floor, environment, picture, wait_until
from tests.integration.running import free_port

pytestmark = pytest.mark.slow

PHOTOS, KILLS = 100, 5


@pytest.fixture
def serving(floor: Floor) -> Iterator[tuple[Floor, subprocess.Popen[bytes]]]:
    """`vitrine up` with a short lease, on a port of its own."""
    here = replace(floor, settings=replace(floor.settings, bind=("127.0.0.1", free_port())))
    with (here.settings.data / "up.log").open("ab") as log:
        up = subprocess.Popen(
            [sys.executable, "-c", "from service.cli import main; main()", "up"],
            cwd=ROOT, env=environment(here.settings), stdout=log, stderr=log,
        )  # fmt: skip
    yield here, up
    up.terminate()
    assert up.wait(30) == 0


def processes(up: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The API's and the worker's processes, without the guardians beside them."""
    found = []
    for process in psutil.Process(up.pid).children(recursive=True):
        try:
            command = process.cmdline()
        except psutil.Error:  # it has just ended
            continue
        if "workers.guardian" not in command and {"gunicorn", "work"} & set(command):
            found.append(process)
    return found


def kill_one(up: subprocess.Popen[bytes], chance: random.Random) -> str:
    """One of them at random, as soon as there is one."""
    while not (alive := processes(up)):
        time.sleep(0.05)
    victim = chance.choice(sorted(alive, key=lambda process: process.pid))
    name = "worker" if "work" in victim.cmdline() else "api"
    victim.kill()
    return name


def test_every_accepted_photo_is_ready_once_though_processes_are_killed_during_the_import(
    serving: tuple[Floor, subprocess.Popen[bytes]],
) -> None:
    floor, up = serving
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)  # noqa: S311 - a seed that can be run again
    sys.stdout.write(f"seed {seed}\n")
    killed: list[str] = []
    accepted: dict[str, str] = {}
    with Client(floor.settings.url, patience_s=120) as client:
        wait_until(lambda: client.ready() is not None, 120, "the service is ready")
        done = threading.Event()

        def upload(number: int) -> None:
            taken = client.upload(f"sku-{number}", [picture(number)])
            for refusal in taken.refused.values():
                raise refusal
            accepted[f"sku-{number}"] = taken.accepted[0]["id"]

        def kill_now_and_then() -> None:
            for number in sorted(chance.sample(range(5, PHOTOS - 5), KILLS)):
                while len(accepted) < number and not done.is_set():
                    time.sleep(0.005)
                time.sleep(chance.uniform(0, 0.2))
                killed.append(kill_one(up, chance))

        killer = threading.Thread(target=kill_now_and_then)
        killer.start()
        with ThreadPoolExecutor(4) as importers:
            list(importers.map(upload, range(PHOTOS)))
        done.set()
        killer.join()
        assert len(killed) == KILLS
        wait_until(lambda: _ready(floor) == PHOTOS, 240, f"all are ready (seed {seed}, killed {killed})")
        wait_until(lambda: client.ready() is not None, 60, "the service is ready again")
    with floor.database.reading() as session:
        rows = session.execute(
            select(Item.sku, Photo.id).join(
                Photo, (Photo.item_id == Item.id) & (Photo.catalogue_id == Item.catalogue_id)
            )
        ).all()
        seq = changes.present(session, floor.catalogue.id)
    assert {sku: str(photo_id) for sku, photo_id in rows} == accepted
    assert len(rows) == PHOTOS
    assert {floor.changes(photo_id, ChangeKind.VECTORS) for _, photo_id in rows} == {1}
    assert floor.work() == []
    assert _found(floor.settings.url, seq) == set(accepted)


def _ready(floor: Floor) -> int:
    with floor.database.reading() as session:
        return len(session.scalars(select(Photo.id).where(Photo.status == PhotoStatus.READY)).all())


def _found(url: str, seq: int) -> set[str]:
    """All skus that a search without a threshold finds in a view that has `seq`, page by page."""
    skus: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = (
            httpx.get(
                f"{url}/v1/search",
                params={"q": "a photo", "min_confidence": "0", "limit": "100", **cursor},
                headers={"Vitrine-Min-Seq": str(seq)},
                trust_env=False,
            )
            .raise_for_status()
            .json()
        )
        skus += [hit["sku"] for hit in answer["hits"]]
        if not answer.get("next_cursor"):
            assert len(skus) == len(set(skus)) == answer["total"]["value"]
            return set(skus)
        cursor = {"cursor": answer["next_cursor"]}
