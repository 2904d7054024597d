"""A real worker process on a real data folder: what becomes of photos, whoever dies or writes meanwhile."""

from __future__ import annotations

import signal
import time

import pytest

from catalogue.captions import write_caption
from catalogue.items import patch_item
from catalogue.states import CaptionSource, ChangeKind, WorkKind
from catalogue.words import text_hash, words_text
from tests.integration.floor import Floor, end, picture, planted_picture, wait_until
from workers.bell import Bell

pytestmark = pytest.mark.slow


def test_a_rung_worker_makes_an_uploaded_photo_ready_with_caption_and_vectors(floor: Floor) -> None:
    photo_id = floor.upload("tee", picture(1), title="A blue shirt")
    worker = floor.start_worker("worker")
    bell = Bell(floor.settings)
    assert bell.ring()
    wait_until(lambda: floor.photo(photo_id).state == "ready", 60, "the photo is ready")
    photo = floor.photo(photo_id)
    assert photo.caption is not None
    assert photo.caption.source is CaptionSource.MODEL
    assert floor.words_hash(photo_id) == text_hash(words_text("A blue shirt", photo.caption.text))
    assert photo.ready_seq is not None
    assert floor.changes(photo_id, ChangeKind.VECTORS) == 1
    assert floor.work() == []
    assert end(worker) == 0
    bell.close()


KILLED_BY_MAGENTA = """
import os
from captioning.captioner import Captioner
from tests.integration.floor import is_planted
describe = Captioner.describe
def planted(self, images, *rest):
    if any(is_planted(image) for image in images):
        os._exit(9)
    return describe(self, images, *rest)
Captioner.describe = planted
from service.cli import run
run(["work"])
"""


def test_a_picture_that_kills_its_worker_ends_failed_and_its_neighbours_ready(floor: Floor) -> None:
    neighbours = [floor.upload(f"before-{number}", picture(number)) for number in range(3)]
    killer = floor.upload("killer", planted_picture())
    neighbours += [floor.upload(f"after-{number}", picture(number)) for number in range(3, 6)]
    deaths = 0
    worker = floor.start_worker("worker", KILLED_BY_MAGENTA)
    until = time.monotonic() + 400
    while floor.photo(killer).state != "failed":
        assert time.monotonic() < until, floor.work()
        if worker.poll() is not None:
            deaths += 1
            worker = floor.start_worker("worker", KILLED_BY_MAGENTA)
        time.sleep(0.1)
    assert deaths == 6
    photo = floor.photo(killer)
    assert photo.reason == "It ended its worker 6 times."
    assert photo.attempts == 6
    wait_until(lambda: floor.states(neighbours) == {"ready"}, 60, "the neighbours are ready")
    assert end(worker) == 0


HELD_BEFORE = """
import pathlib, sys, time
from captioning.captioner import Captioner
folder = pathlib.Path({folder!r})
real = Captioner.{method}
def held(self, given, *rest):
    if given != ["a photo"]:
        (folder / "reached").touch()
        while not (folder / "go").exists():
            time.sleep(0.02)
    return real(self, given, *rest)
Captioner.{method} = held
from service.cli import run
run(["work"])
"""


def test_what_people_write_while_a_photo_is_captioned_stays_and_is_what_ends_in_its_words(floor: Floor) -> None:
    retitled = floor.upload("retitled", picture(1), title="Old title")
    corrected = floor.upload("corrected", picture(2), title="Tee")
    data, catalogue = floor.settings.data, floor.catalogue
    worker = floor.start_worker("worker", HELD_BEFORE.format(folder=str(data), method="encode_text"))
    wait_until((data / "reached").exists, 60, "the worker has read the old texts")
    floor.retitle("retitled", "New title")
    floor.database.write(lambda session: write_caption(session, catalogue, corrected, text="my own words", locked=None))
    (data / "go").touch()
    wait_until(lambda: floor.states([retitled, corrected]) == {"ready"} and not floor.work(), 60, "all is done")
    made, written = floor.photo(retitled).caption, floor.photo(corrected).caption
    assert made is not None
    assert written is not None
    assert floor.words_hash(retitled) == text_hash(words_text("New title", made.text))
    assert (written.text, written.source) == ("my own words", CaptionSource.PERSON)
    assert floor.words_hash(corrected) == text_hash(words_text("Tee", "my own words"))
    floor.database.write(lambda session: patch_item(session, catalogue, "retitled", {"price": "19.90"}))
    assert floor.work() == []
    assert end(worker) == 0


def test_a_stop_finishes_the_batch_and_gives_the_rest_back_with_its_attempts(floor: Floor) -> None:
    photos = [floor.upload(f"sku-{number}", picture(number)) for number in range(40)]
    data = floor.settings.data
    worker = floor.start_worker("worker", HELD_BEFORE.format(folder=str(data), method="describe"))
    wait_until((data / "reached").exists, 60, "the worker has begun")
    wait_until(lambda: sum(owner is not None for _, _, owner in floor.work()) == 32, 30, "two batches are in hand")
    worker.terminate()
    (data / "go").touch()
    assert worker.wait(30) == 0
    assert floor.work() == [(WorkKind.PICTURE, 0, None)] * 24
    assert sorted(floor.photo(photo_id).state for photo_id in photos) == ["pending"] * 24 + ["ready"] * 16


def test_two_workers_that_nobody_rang_do_each_photo_once(floor: Floor) -> None:
    photos = [floor.upload(f"sku-{number}", picture(number)) for number in range(60)]
    workers = [floor.start_worker(f"worker-{number}") for number in range(2)]
    wait_until(lambda: floor.states(photos) == {"ready"}, 120, "all are ready")
    assert {floor.changes(photo_id, ChangeKind.VECTORS) for photo_id in photos} == {1}
    assert [end(worker) for worker in workers] == [0, 0]


def test_a_worker_frozen_past_its_lease_loses_its_rows_to_another(floor: Floor) -> None:
    photos = [floor.upload(f"sku-{number}", picture(number)) for number in range(4)]
    data = floor.settings.data
    frozen = floor.start_worker("frozen", HELD_BEFORE.format(folder=str(data), method="describe"))
    wait_until((data / "reached").exists, 60, "the first worker has begun")
    frozen.send_signal(signal.SIGSTOP)
    other = floor.start_worker("other")
    wait_until(lambda: floor.states(photos) == {"ready"}, 120, "the other has taken over")
    captions = [floor.photo(photo_id) for photo_id in photos]
    (data / "go").touch()
    frozen.send_signal(signal.SIGCONT)
    wait_until(lambda: "results_of_lost_leases" in floor.log("frozen"), 60, "the first has noticed")
    assert [floor.photo(photo_id) for photo_id in photos] == captions
    assert {floor.changes(photo_id, ChangeKind.VECTORS) for photo_id in photos} == {1}
    assert [end(worker) for worker in (frozen, other)] == [0, 0]
