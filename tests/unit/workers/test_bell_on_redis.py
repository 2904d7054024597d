"""The doorbell over a real broker: coalesced, never in a caller's way, and well again by itself."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from catalogue.errors import SettingsInvalid
from catalogue.settings import Settings
from tests.servers import Valkey, valkey
from workers import bell as bells
from workers.app import create_app
from workers.bell import Bell


@pytest.fixture(scope="module")
def broker() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


@pytest.fixture
def bell(broker: Valkey, tmp_path: Path) -> Iterator[Bell]:
    broker.flush()
    bell = Bell(Settings(data=tmp_path, broker_url=broker.url))
    yield bell
    bell.close()


def kept(broker: Valkey) -> set[bytes]:
    """The keys that the broker holds."""
    with redis.Redis(port=broker.port) as client:
        return set(client.scan_iter())


def test_many_rings_that_nobody_has_heard_are_one_message(broker: Valkey, bell: Bell) -> None:
    assert [bell.ring() for _ in range(5)] == [True, False, False, False, False]
    with redis.Redis(port=broker.port) as client:
        assert client.llen("caption") == 1


def test_a_ring_after_the_brokers_data_was_wiped_is_a_new_message(broker: Valkey, bell: Bell) -> None:
    bell.ring()
    broker.flush()
    assert bell.ring()


def test_a_ring_that_was_heard_leaves_nothing_behind(broker: Valkey, bell: Bell, tmp_path: Path) -> None:
    bell.ring()
    app = create_app(Settings(data=tmp_path, broker_url=broker.url))
    with app.connection_for_read() as connection, connection.SimpleQueue("caption") as queue:
        queue.get(timeout=5)  # and no acknowledgement, as when its worker is killed
        assert not any(b"unacked" in key for key in kept(broker))
    app.close()


def test_without_its_broker_nothing_rings_and_the_next_callers_do_not_even_try(
    broker: Valkey, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    bell.ring()
    broker.stop(signal.SIGKILL)
    assert bell.ring() is False
    broker.start()
    assert bell.ring() is False, "it was asked again at once"
    monkeypatch.setattr(bells, "QUIET_S", 0.0)
    monkeypatch.setattr(bell, "_quiet_until", 0.001)  # long past
    assert bell.ring()


def test_a_broker_that_froze_holds_no_caller_for_ever(broker: Valkey, bell: Bell) -> None:
    bell.ring()
    broker.send(signal.SIGSTOP)
    try:
        assert bell.ring() is False
        assert bell.state() is None
    finally:
        broker.send(signal.SIGCONT)


def test_celerys_own_variables_do_not_move_the_broker(
    broker: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.flush()
    for name in ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"):
        monkeypatch.setenv(name, "redis://nowhere.invalid:1/0")
    app = create_app(Settings(data=tmp_path, broker_url=broker.url))
    bell = Bell(Settings(data=tmp_path, broker_url=broker.url), app)
    assert bell.ring()
    with app.connection_for_read() as connection, connection.SimpleQueue("caption") as queue:
        queue.get(timeout=5).ack()
    bell.close()


def test_a_broker_of_another_kind_is_refused_when_the_settings_are_read() -> None:
    with pytest.raises(SettingsInvalid, match=r"VITRINE_BROKER_URL is \*\*\*; it must be a redis:// or rediss:// URL"):
        Settings.from_env({"VITRINE_BROKER_URL": "amqp://guest:hush@host"})
