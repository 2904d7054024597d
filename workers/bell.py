"""The doorbell: tells workers that something is due, without saying what. Owns when it is worth ringing.

A ring carries no work: what is due stands in SQL. A lost ring costs a few seconds, until the sweeper rings again.
"""

from __future__ import annotations

import threading
import time

import redis
import structlog
from celery import Celery
from celery.exceptions import CeleryError
from kombu.exceptions import KombuError

from catalogue.settings import Settings
from workers import doorbell
from workers.app import create_app

EXPIRES_S = 60
QUIET_S = 5.0  # after a failure; meanwhile nobody waits for a broker that is away
PASSED_ON = ("request_id", "traceparent")
AWAY = (OSError, CeleryError, KombuError, redis.RedisError)  # what a broker that is away makes of a call
log = structlog.get_logger()


class Bell:
    """Rings a queue's workers, at most once until one of them has heard it. Threads may share it; imports no torch."""

    def __init__(self, settings: Settings, app: Celery | None = None) -> None:
        self._app = app or create_app(settings)
        self._lock = threading.Lock()
        self._quiet_until = 0.0  # 0: the last ring went well
        if not settings.broker_url:
            doorbell.make_folders(settings.queue_folder)

    def ring(self, queue: str = "caption") -> bool:
        """Ring, unless a ring is waiting already; returns whether it rang. Call it after the commit.

        Never raises: an upload is safe in SQL, and must not fail because a bell is broken. The caller's request id
        and trace (structlog's context variables) go along, so that the task's log lines name them.
        """
        if not self._may_try():
            return False
        context = structlog.contextvars.get_contextvars()
        headers = {name: context[name] for name in PASSED_ON if name in context}
        try:
            rang = not self.is_waiting(queue)
            if rang:
                self._app.send_task(
                    queue, queue=queue, exchange="", routing_key=queue, expires=EXPIRES_S, headers=headers,
                    retry=False, ignore_result=True,
                )  # fmt: skip
        except AWAY as error:
            self._quiet_until = time.monotonic() + QUIET_S
            log.warning("ring_lost", queue=queue, error=type(error).__name__)
            return False
        self._quiet_until = 0.0
        return rang

    def is_waiting(self, queue: str) -> bool:
        """Whether a ring lies there that no worker has heard yet. Fails when the broker is away."""
        with self._app.producer_or_acquire() as producer:
            return bool(producer.channel.queue_declare(queue).message_count)

    def state(self, queue: str = "caption") -> bool | None:
        """Whether a ring waits to be heard; None while the broker cannot be reached."""
        if not self._may_try():
            return None
        try:
            waiting = self.is_waiting(queue)
        except AWAY:
            self._quiet_until = time.monotonic() + QUIET_S
            return None
        self._quiet_until = 0.0
        return waiting

    def close(self) -> None:
        self._app.close()

    def _may_try(self) -> bool:
        """After a failure one caller at a time finds out whether the broker is back; the others do not wait for it."""
        if not self._quiet_until:
            return True
        with self._lock:
            if time.monotonic() < self._quiet_until:
                return False
            self._quiet_until = time.monotonic() + QUIET_S
        return True
