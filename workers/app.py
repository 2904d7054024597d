"""The Celery app: broker, queues, worker options, from the settings. Imports no torch and knows no task's work."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu.connection import Connection
from kombu.entity import Exchange, Queue

from catalogue.settings import Settings
from workers import doorbell

QUEUES = ("caption", "index", "maintenance")
POLLING_S = 0.2
# How long a process waits for an answer of Redis, and a worker between two attempts to reach it again.
BROKER_TIMEOUT_S = 0.5
RECONNECT_S = 2.0
# The pool is the process itself: a model is loaded once, and nothing forks after torch has run. Workers prove that
# they live by a heartbeat row, so Celery's own gossip, events and remote control are left out.
OPTIONS = ("--pool=solo", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING")


class _Connection(Connection):
    """One that is back soon after its broker: kombu's pauses grow to half a minute."""

    def _ensure_connection(self, *args: Any, **options: Any) -> Any:
        options["interval_max"] = RECONNECT_S
        return super()._ensure_connection(*args, **options)  # type: ignore[no-untyped-call]  # kombu has no types


class _App(Celery):  # type: ignore[misc]  # Celery has no types
    """Celery that asks our settings alone where its broker is; its own prefers CELERY_BROKER_URL and the like."""

    def __init__(self, broker: str) -> None:
        super().__init__("vitrine", backend="disabled://", set_as_current=False)
        self._broker = broker
        self.amqp.Connection = _Connection

    def connection_for_read(self, url: str | None = None, **options: Any) -> Any:
        return super().connection_for_read(url or self._broker, **options)

    def connection_for_write(self, url: str | None = None, **options: Any) -> Any:
        return super().connection_for_write(url or self._broker, **options)


def create_app(settings: Settings) -> Celery:
    """The app of every process that rings or listens. Opens no connection."""
    app = _App(settings.broker_url or "localhost")
    app.conf.update(
        task_queues=[_queue(name) for name in QUEUES],
        task_default_queue="caption",
        task_default_exchange="",
        task_default_routing_key="caption",
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        accept_content=["json"],
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        worker_cancel_long_running_tasks_on_connection_loss=True,  # those acknowledged late: none of ours
        broker_connection_max_retries=None,  # a worker outlives its broker, however long that is away
        **(_redis() if settings.broker_url else _doorbell(settings)),
    )
    return app


def _queue(name: str) -> Any:
    """By the nameless exchange, which every broker has: nothing to bind, and no table of bindings to race for."""
    return Queue(name, Exchange(""), routing_key=name)  # type: ignore[no-untyped-call]  # kombu has no types


def _redis() -> dict[str, Any]:
    """A ring is gone once it is heard, and may be lost: it carries nothing, and the sweeper rings again.

    So kombu keeps no copies of unacknowledged messages (`ack_emulation`), and there is no visibility timeout that a
    long task could outlast and be started twice by.
    """
    options = {
        "ack_emulation": False,
        "socket_timeout": BROKER_TIMEOUT_S,
        "socket_connect_timeout": BROKER_TIMEOUT_S,
        "max_retries": 0,  # of a ring; a worker's own connection is retried for ever
        "health_check_interval": 5,  # a worker notices a broker that froze or vanished within twice that
    }
    return {"broker_transport_options": options}


def _doorbell(settings: Settings) -> dict[str, Any]:
    folders = doorbell.folders(settings.queue_folder)
    options = {**folders, "store_processed": True, "polling_interval": POLLING_S}
    return {"broker_transport": doorbell.Transport, "broker_transport_options": options}
