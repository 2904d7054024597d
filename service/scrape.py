"""`GET /metrics`: every process's numbers, and what SQL and the broker say now. Counts nothing itself.

What stands in SQL is asked once a scrape, by whoever is scraped.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from catalogue import metrics, stats
from catalogue.leases import live_workers
from catalogue.states import WorkKind
from service.documented import ANY, ENTRY, HEALTH, blueprint, says
from service.health import SILENT_S
from service.services import services

api = blueprint("scrape", __name__, HEALTH, prefix=None)


@api.get(
    "/metrics",
    responses={
        **says(problems=[*ANY, *ENTRY, "database-busy", "database-unreachable"]),
        200: {"description": "The metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}},
    },
)
def get_metrics() -> Response:
    """Scrape the metrics.

    In Prometheus' text format: of all processes that share this one's data folder. What is due, and the state of the
    queue, are asked at that moment, and are the same whichever process answers.
    """
    return Response(metrics.exposition(_in_sql, _in_queue), content_type=metrics.CONTENT_TYPE)


def _in_sql() -> Iterable[Metric]:
    with services().database.reading() as session:
        counted = stats.count_work(session)
        workers = live_workers(session, within_s=SILENT_S)
    work = GaugeMetricFamily(
        "vitrine_work", "Work by state: due, leased, due later, failed for good.", labels=["kind", "state"]
    )
    oldest = GaugeMetricFamily(
        "vitrine_work_oldest_due_seconds", "For how long the oldest due work has been due.", labels=["kind"]
    )
    for kind in WorkKind:
        count = counted.get(kind, stats.WorkCount())
        work.add_metric([kind.value, "due"], count.due)
        work.add_metric([kind.value, "leased"], count.leased)
        work.add_metric([kind.value, "later"], count.later)
        work.add_metric([kind.value, "failed"], count.failed)
        oldest.add_metric([kind.value], count.oldest_due_s)
    alive = GaugeMetricFamily("vitrine_workers", "Workers heard of lately.", labels=["queue"])
    alive.add_metric(["caption"], sum(worker.queue == "caption" for worker in workers))
    return work, oldest, alive


def _in_queue() -> Iterable[Metric]:
    waiting = services().bell.state()
    yield GaugeMetricFamily("vitrine_queue_reachable", "Whether the broker answers.", value=float(waiting is not None))
    yield GaugeMetricFamily("vitrine_queue_ring_waiting", "Whether a ring lies unheard.", value=float(bool(waiting)))
