"""What the pipeline tells of itself: whose trace a photo's line has, and what is counted."""

from __future__ import annotations

import structlog
from prometheus_client import REGISTRY
from structlog.contextvars import bound_contextvars, merge_contextvars

from tests.unit.workers.conftest import Bench

UPLOAD, RING = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"vitrine_{name}", labels) or 0.0


def test_a_photos_line_has_the_trace_of_its_upload_and_never_that_of_who_rang(bench: Bench) -> None:
    with bound_contextvars(traceparent=f"00-{UPLOAD}-00f067aa0ba902b7-01"):
        traced = bench.add("traced", (200, 0, 0))
    untraced = bench.add("untraced", (0, 200, 0))
    ring = bound_contextvars(traceparent=f"00-{RING}-00f067aa0ba902b7-01")
    with ring, structlog.testing.capture_logs(processors=[merge_contextvars]) as lines:
        bench.run()
    done = {line["photo_id"]: line["traceparent"] for line in lines if line["event"] == "photo_done"}
    assert done[str(traced)].startswith(f"00-{UPLOAD}-")
    assert done[str(untraced)] is None
    (batch,) = [line for line in lines if line["event"] == "batch_done"]
    assert RING in batch["traceparent"]


def test_what_leaves_a_workers_hands_is_counted_by_outcome_and_batches_by_their_fill(bench: Bench) -> None:
    before = {name: count("work_finished_total", kind="picture", outcome=name) for name in ("done", "again")}
    batches = count("batch_jobs_count", kind="picture")
    for number in range(3):
        bench.add(f"tee-{number}", (50 * number, 0, 0))
    bench.add("broken", (0, 0, 0), working_copy=b"no picture")
    bench.run()
    assert count("work_finished_total", kind="picture", outcome="done") == before["done"] + 3
    assert count("work_finished_total", kind="picture", outcome="again") == before["again"] + 1
    assert count("batch_jobs_count", kind="picture") == batches + 1
    for stage in ("read", "model", "write"):
        assert count("pipeline_stage_seconds_count", kind="picture", stage=stage) >= 1
