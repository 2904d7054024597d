"""What views tell of themselves. Where it is kept, and how it is shown, is catalogue/metrics.py's."""

from __future__ import annotations

from prometheus_client import Gauge, Histogram

# `pid` names the process, as the library calls it: `api-0`, `api-1`, …
BEHIND = Gauge(
    "vitrine_view_behind_changes",
    "Changes that this process has met and not loaded yet.",
    ["catalogue"],
    multiprocess_mode="liveall",
)
CURRENT = Gauge(
    "vitrine_view_current_timestamp_seconds",
    "When this process last knew that everything is in its view; its age is time() less this.",
    ["catalogue"],
    multiprocess_mode="liveall",
)
LOAD_SECONDS = Histogram(
    "vitrine_view_load_seconds",
    "How long it took to read a view: whole, or what has changed.",
    ["what"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
