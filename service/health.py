"""Alive, and ready: what can be served, and what is worse than it should be. Owns the two routes."""

from __future__ import annotations

import shutil

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from sqlalchemy.exc import SQLAlchemyError

from catalogue import changes
from catalogue.catalogues import read_catalogue
from catalogue.errors import VitrineError
from catalogue.leases import LiveWorker, live_workers
from catalogue.settings import Settings
from service import answers
from service.exchange import answer
from service.services import services
from service.warming import Warming

DISK_LOW_BYTES = 2**30
SILENT_S = 20.0  # four heartbeats
VIEW_BEHIND = 1_000  # changes


def blueprint(warming: Warming) -> APIBlueprint:
    api = APIBlueprint("health", __name__, abp_tags=[Tag(name="health")])

    @api.get("/healthz", responses={200: answers.Alive})
    def healthz() -> Response:
        """This process is alive."""
        return answer(answers.Alive(status="alive"))

    @api.get("/readyz", responses={200: answers.Ready, 503: answers.NotReady})
    def readyz() -> Response:
        """This process can answer searches; `degraded` names what is worse than it should be."""
        if warming.failing:
            return _not_ready(warming.failing)
        try:
            return answer(_ready())
        except (VitrineError, SQLAlchemyError) as error:
            return _not_ready((str(error) if isinstance(error, VitrineError) else "The database cannot be reached.",))

    return api


def _not_ready(failing: tuple[str, ...]) -> Response:
    model = answers.NotReady(status="not ready", failing=list(failing))
    return answer(model, status=503, headers={"Retry-After": "1"})


def _ready() -> answers.Ready:
    with services().database.reading() as session:
        catalogue = read_catalogue(session)
        workers = live_workers(session, within_s=SILENT_S)
        present = changes.present(session, catalogue.id)
    view_seq = services().views.present(catalogue.id).seq
    return answers.Ready(
        status="ready",
        device=services().encoders.device,
        workers=[answers.Worker(owner=w.owner, queue=w.queue, device=w.device) for w in workers],
        degraded=_degraded(services().settings, workers, present - view_seq),
        seq=present,
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
