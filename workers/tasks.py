"""What a ring makes a worker do: work until nothing is due. A few lines; the work is pipeline.py's."""

from __future__ import annotations

import threading
import time
from typing import Any

import structlog
from celery import Celery

from captioning.errors import CaptioningError
from catalogue import work
from catalogue.database import Database
from catalogue.errors import VitrineError
from workers.bell import PASSED_ON, Bell
from workers.pipeline import Pipeline

LONGEST_S = 60.0  # then the task ends and rings again, so that a stop or another queue's turn is never far
log = structlog.get_logger()


def add_caption_task(
    app: Celery, pipeline: Pipeline, database: Database, bell: Bell, stopping: threading.Event
) -> None:
    """Make `app` answer rings on the queue `caption`."""

    def caption(task: Any) -> None:
        with structlog.contextvars.bound_contextvars(**_passed_on(task.request)):
            bell.heard("caption")
            ends = time.monotonic() + LONGEST_S
            try:
                done = pipeline.run(lambda: stopping.is_set() or time.monotonic() > ends)
            except (VitrineError, CaptioningError) as error:
                # Given back already; the sweeper rings again in a few seconds.
                log.exception("work_stopped", code=error.code)
                return
            log.info("task_done", jobs=done)
            if not stopping.is_set() and _is_due(database):
                bell.ring("caption")

    app.task(caption, name="caption", bind=True, ignore_result=True)


def _passed_on(request: Any) -> dict[str, str]:
    """The request id and trace of whoever rang, and this task's own id."""
    headers = {name: value for name in PASSED_ON if (value := request.get(name)) is not None}
    return {"task_id": request.id, **headers}


def _is_due(database: Database) -> bool:
    with database.reading() as session:
        return work.due_exists(session)
