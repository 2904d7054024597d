"""The doorbell of the embedded profile: coalesced, whole, heard by one, and never in a caller's way."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import pytest
import structlog

from catalogue.settings import Settings
from workers import doorbell
from workers.app import QUEUES, create_app
from workers.bell import Bell


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def bell(settings: Settings) -> Iterator[Bell]:
    bell = Bell(settings)
    yield bell
    bell.close()


def rings(settings: Settings) -> list[Path]:
    return sorted((settings.queue_folder / "rings").iterdir())


def test_many_rings_that_nobody_has_heard_are_one_message(settings: Settings, bell: Bell) -> None:
    assert [bell.ring() for _ in range(5)] == [True, False, False, False, False]
    assert len(rings(settings)) == 1


def test_each_queue_has_its_own_bell(settings: Settings, bell: Bell) -> None:
    assert all(bell.ring(queue) for queue in QUEUES)
    assert len(rings(settings)) == len(QUEUES)


def test_a_ring_after_one_was_heard_is_a_new_message(settings: Settings, bell: Bell) -> None:
    bell.ring()
    rings(settings)[0].unlink()
    assert bell.ring()


def test_a_ring_has_no_content_expires_and_carries_the_request_id(settings: Settings, bell: Bell) -> None:
    with structlog.contextvars.bound_contextvars(request_id="req-7", traceparent="00-ab-cd-01", sku="secret"):
        bell.ring()
    message = json.loads(rings(settings)[0].read_text())
    assert message["headers"]["request_id"] == "req-7"
    assert message["headers"]["traceparent"] == "00-ab-cd-01"
    assert message["headers"]["expires"] is not None
    assert message["headers"]["argsrepr"] == "()"
    assert "secret" not in json.dumps(message)


def test_a_broken_bell_does_not_break_the_caller(settings: Settings, bell: Bell) -> None:
    bell.ring()
    for ring in rings(settings):
        ring.unlink()
    (settings.queue_folder / "rings").rmdir()
    assert bell.ring() is False


def test_all_folders_of_the_transport_are_in_the_data_folder(settings: Settings, bell: Bell) -> None:
    folders = create_app(settings).conf.broker_transport_options
    named = [value for name, value in folders.items() if "folder" in name]
    assert len(named) == 4
    assert all(Path(folder).is_relative_to(settings.queue_folder) for folder in named)


def test_one_message_is_taken_by_one_of_many_readers(settings: Settings) -> None:
    doorbell.make_folders(settings.queue_folder)
    app = create_app(settings)
    taken: list[object] = []

    def read() -> None:
        with app.connection_for_read() as connection:
            channel = connection.channel()
            for _ in range(200):
                try:
                    taken.append(channel._get("caption"))
                except Empty:
                    continue

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    with app.connection_for_write() as connection:
        channel = connection.channel()
        for number in range(100):
            channel._put("caption", {"number": number, "padding": "x" * 100_000})
    for reader in readers:
        reader.join()
    rest = len(rings(settings))
    assert len(taken) + rest == 100
    assert len({json.dumps(message) for message in taken}) == len(taken)
    app.close()


def test_a_start_forgets_the_rings_of_an_earlier_life(settings: Settings, bell: Bell) -> None:
    bell.ring()
    doorbell.empty(settings.queue_folder)
    assert rings(settings) == []
    assert bell.ring()


def test_the_bell_and_the_app_import_no_torch() -> None:
    program = (
        "import sys, workers.bell, workers.app, workers.supervisor, workers.adopt; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
