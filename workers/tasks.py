"""What a ring makes a worker do: work until nothing is due. A few lines; the work is pipeline.py's."""

from __future__ import annotations

import threading
import time
from typing import Any

import structlog
from celery import Celery

from captioning.errors import CaptioningError
from catalogue import traces
from catalogue.errors import VitrineError
from workers.bell import Bell
from workers.pipeline import Pipeline

LONGEST_S = 60.0  # then the task ends and rings again, so that a stop or another queue's turn is never far
log = structlog.get_logger()


def add_caption_task(app: Celery, pipeline: Pipeline, bell: Bell, stopping: threading.Event) -> None:
    """Make `app` answer rings on the queue `caption`."""

    def caption(task: Any) -> None:
        with structlog.contextvars.bound_contextvars(**_passed_on(task.request)):
            began = time.monotonic()
            ends = began + LONGEST_S
            try:
                done = pipeline.run(lambda: stopping.is_set() or time.monotonic() > ends)
                is_more_due = not stopping.is_set() and pipeline.is_due()
            except (VitrineError, CaptioningError) as error:
                # Given back already; the sweeper rings again in a few seconds.
                log.warning("work_stopped", code=error.code, reason=str(error))
                return
            log.info("task_done", jobs=done, ms=round(1e3 * (time.monotonic() - began)))
            if is_more_due:
                bell.ring("caption")

    app.task(caption, name="caption", bind=True, ignore_result=True)


def _passed_on(request: Any) -> dict[str, str]:
    """This task's own id, and the request and trace of whoever rang; the work itself may be others'."""
    passed_on = {"task_id": request.id, traces.NAME: traces.next_hop(request.get(traces.NAME))}
    rung_by = request.get("request_id")
    return passed_on if rung_by is None else {**passed_on, "rung_by": rung_by}
