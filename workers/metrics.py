"""What workers count of their work. Where it is kept, and how it is shown, is catalogue/metrics.py's."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

FINISHED = Counter(
    "vitrine_work_finished",
    "Work that left a worker's hands: done; to be tried again; failed for good; lost, because its lease had run out.",
    ["kind", "outcome"],
)
BATCH_JOBS = Histogram(
    "vitrine_batch_jobs", "How many jobs a claim brought.", ["kind"], buckets=(1, 2, 4, 8, 12, 16, 24, 32)
)
STAGE_SECONDS = Histogram(
    "vitrine_pipeline_stage_seconds",
    "What a batch waited for: pictures being read, the model, and the transaction that writes.",
    ["kind", "stage"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
