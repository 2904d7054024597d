"""The Celery app: broker, queues, worker options, from the settings. Imports no torch and knows no task's work."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu.entity import Exchange, Queue

from catalogue.settings import Settings
from workers import doorbell

QUEUES = ("caption", "index", "maintenance")
POLLING_S = 0.2
# The pool is the process itself: a model is loaded once, and nothing forks after torch has run. Workers prove that
# they live by a heartbeat row, so Celery's own gossip, events and remote control are left out.
OPTIONS = ("--pool=solo", "--without-gossip", "--without-mingle", "--without-heartbeat")


def create_app(settings: Settings) -> Celery:
    """The app of every process that rings or listens. Opens no connection."""
    app = Celery("vitrine", set_as_current=False)
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
        **_broker(settings),
    )
    return app


def _queue(name: str) -> Any:
    """By the nameless exchange, which every broker has: nothing to bind, and no table of bindings to race for."""
    return Queue(name, Exchange(""), routing_key=name)  # type: ignore[no-untyped-call]  # kombu has no types


def _broker(settings: Settings) -> dict[str, Any]:
    if settings.broker_url:
        return {"broker_url": settings.broker_url}
    folders = doorbell.folders(settings.queue_folder)
    return {
        "broker_transport": doorbell.Transport,
        "broker_transport_options": {**folders, "store_processed": True, "polling_interval": POLLING_S},
    }
