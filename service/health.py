"""Alive, and ready: what can be served, and what is worse than it should be. Owns the two routes."""

from __future__ import annotations

import shutil

from flask import Response
from sqlalchemy.exc import SQLAlchemyError

from catalogue import changes
from catalogue.catalogues import read_catalogue
from catalogue.errors import VitrineError
from catalogue.leases import LiveWorker, live_workers
from catalogue.settings import Settings
from catalogue.stats import adopting_set, failed_work
from service import reports
from service.documented import ANY, HEALTH, RETRY_AFTER, Reply, blueprint, says
from service.exchange import answer
from service.services import services
from service.warming import warming

DISK_LOW_BYTES = 2**30
SILENT_S = 20.0  # four heartbeats
VIEW_BEHIND = 1_000  # changes


api = blueprint("health", __name__, HEALTH, prefix=None)


@api.get("/healthz", responses=says(Reply(200, "It is alive.", reports.Alive), problems=ANY))
def healthz() -> Response:
    """Is this process alive?

    For whoever restarts processes. Looks at nothing else: a service without its database is alive.
    """
    return answer(reports.Alive(status="alive"))


@api.get(
    "/readyz",
    responses=says(
        Reply(200, "It can answer searches.", reports.Ready),
        Reply(503, "It cannot, and says what fails.", reports.NotReady, (RETRY_AFTER,)),
        problems=ANY,
    ),
)
def readyz() -> Response:
    """Can this process answer searches?

    For whoever sends requests to processes. `degraded` names what is worse than it should be, such as a nearly full
    disk or silent workers; reading goes on.
    """
    failing = warming().failing
    if failing:
        return _not_ready(failing)
    try:
        return answer(_ready())
    except (VitrineError, SQLAlchemyError) as error:
        return _not_ready((str(error) if isinstance(error, VitrineError) else "The database cannot be reached.",))


def _not_ready(failing: tuple[str, ...]) -> Response:
    model = reports.NotReady(status="not ready", failing=list(failing))
    return answer(model, status=503, headers={"Retry-After": "1"})


def _ready() -> reports.Ready:
    with services().database.reading() as session:
        catalogue = read_catalogue(session)
        workers = live_workers(session, within_s=SILENT_S)
        present = changes.present(session, catalogue.id)
        adopting = adopting_set(session, catalogue)
        refused = 0 if adopting is None else failed_work(session, catalogue.id, adopting.id)
    view_seq = services().views.present(catalogue.id).seq
    return reports.Ready(
        status="ready",
        device=services().encoders.device,
        degraded=[
            *_degraded(services().settings, workers, present - view_seq),
            *_waiting(queue_answers=services().bell.state() is not None, refused=refused),
        ],
    )


def _degraded(settings: Settings, workers: list[LiveWorker], behind: int) -> list[str]:
    found = []
    free = shutil.disk_usage(settings.data).free
    if free < DISK_LOW_BYTES:
        found.append(f"disk nearly full: {free / 2**20:,.0f} MiB are free; uploads are refused when it is full")
    if not any(worker.queue == "caption" for worker in workers):
        found.append(f"workers silent: no caption worker was heard of for {SILENT_S:g} seconds; uploads wait")
    if behind > VIEW_BEHIND:
        found.append(f"view behind: {behind:,} changes are not loaded yet; searches show an older state")
    return found


def _waiting(*, queue_answers: bool, refused: int) -> list[str]:
    """What holds work up without stopping anything."""
    found = []
    if not queue_answers:
        found.append("queue unreachable: uploads are kept, and are captioned once the broker is back")
    if refused:
        found.append(f"work failed: {refused:,} of the photos, under the model that is on its way")
    return found
