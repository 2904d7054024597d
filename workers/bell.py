"""The doorbell: tells workers that something is due, without saying what. Owns when it is worth ringing.

A ring carries no work: what is due stands in SQL. A lost ring costs a few seconds, until the sweeper rings again.
"""

from __future__ import annotations

import redis
import structlog
from celery import Celery
from celery.exceptions import CeleryError
from kombu.exceptions import KombuError

from catalogue.settings import Settings
from workers import doorbell
from workers.app import create_app

EXPIRES_S = 60
UNHEARD_S = 5  # on Redis: a ring that nobody heard for so long may be rung again
PASSED_ON = ("request_id", "traceparent")
log = structlog.get_logger()


class Bell:
    """Rings a queue's workers, at most once until one of them has heard it. Threads may share it; imports no torch."""

    def __init__(self, settings: Settings, app: Celery | None = None) -> None:
        self._app = app or create_app(settings)
        self._folder = settings.queue_folder
        self._redis = redis.Redis.from_url(settings.broker_url) if settings.broker_url else None
        if self._redis is None:
            doorbell.make_folders(self._folder)

    def ring(self, queue: str = "caption") -> bool:
        """Ring, unless a ring is waiting already; returns whether it rang. Call it after the commit.

        Never raises: an upload is safe in SQL, and must not fail because a bell is broken. The caller's request id
        and trace (structlog's context variables) go along, so that the task's log lines name them.
        """
        context = structlog.contextvars.get_contextvars()
        headers = {name: context[name] for name in PASSED_ON if name in context}
        try:
            if self._is_waiting(queue):
                return False
            self._app.send_task(
                queue, queue=queue, exchange="", routing_key=queue, expires=EXPIRES_S, headers=headers, retry=False,
                ignore_result=True,
            )  # fmt: skip
        except (OSError, CeleryError, KombuError, redis.RedisError) as error:
            log.warning("ring_lost", queue=queue, error=type(error).__name__)
            return False
        return True

    def heard(self, queue: str) -> None:
        """A worker starts: from now on what is rung is not covered by what it heard."""
        if self._redis is not None:
            self._redis.delete(_key(queue))

    def close(self) -> None:
        self._app.close()
        if self._redis is not None:
            self._redis.close()

    def _is_waiting(self, queue: str) -> bool:
        if self._redis is None:
            return doorbell.waiting(self._folder, queue)
        return not self._redis.set(_key(queue), "1", nx=True, ex=UNHEARD_S)


def _key(queue: str) -> str:
    return f"vitrine:bell:{queue}"
