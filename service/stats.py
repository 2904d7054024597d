"""`GET /v1/stats`: how much a catalogue holds and how far its work is. Owns the route; counting is catalogue's."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from flask import Response

from catalogue import changes
from catalogue.catalogues import ModelSet as SetFacts
from catalogue.catalogues import read_catalogue
from catalogue.leases import live_workers
from catalogue.states import PhotoStatus, Space, WorkKind
from catalogue.stats import Counts, WorkCount, adopting_set, count_catalogue
from service import reports, schemas
from service.callers import caller
from service.documented import HEALTH, READING, Reply, blueprint, says
from service.exchange import answer, check_reached
from service.health import SILENT_S
from service.services import services

api = blueprint("stats", __name__, HEALTH)


@api.get("/stats", responses=says(Reply(200, "The numbers.", reports.Stats), problems=READING))
def stats(query: schemas.CatalogueQuery) -> Response:
    """Count what there is.

    Items, photos by state, vectors, work by kind, and how far a new model is. All numbers are of one moment. It counts
    anew each time, so ask it every few seconds at most.
    """
    with services().database.reading() as session:
        catalogue = read_catalogue(session, caller().catalogue)
        check_reached(session, catalogue)
        counts = count_catalogue(session, catalogue)
        adopting = adopting_set(session, catalogue)
        workers = live_workers(session, within_s=SILENT_S)
        seq = changes.present(session, catalogue.id)
    return answer(
        reports.Stats(
            catalogue=catalogue.name,
            items=reports.ItemCounts(total=counts.items, published=counts.published),
            photos=_photos(counts),
            vectors=_vectors(counts),
            work=_work(counts, catalogue.active_set, adopting),
            active_set=None if catalogue.active_set is None else _model_set(catalogue.active_set),
            adopting_set=None if adopting is None else _progress(counts, adopting),
            workers=[reports.Worker(owner=w.owner, queue=w.queue, device=w.device) for w in workers],
            seq=seq,
            view_seq=services().views.loaded_seq(catalogue.id),
        )
    )


def _photos(counts: Counts) -> reports.PhotoCounts:
    photos = counts.photos
    return reports.PhotoCounts(
        pending=photos[PhotoStatus.PENDING],
        ready=photos[PhotoStatus.READY],
        failed=photos[PhotoStatus.FAILED],
        bytes=counts.photo_bytes,
    )


def _vectors(counts: Counts) -> reports.VectorCounts:
    held = counts.vectors
    return reports.VectorCounts(look=held[Space.LOOK], meaning=held[Space.MEANING], words=held[Space.WORDS])


def _work(counts: Counts, active: SetFacts | None, adopting: SetFacts | None) -> list[reports.WorkCounts]:
    return [
        reports.WorkCounts(
            kind=kind.value,
            model_set=_role(set_id, active, adopting),
            due=count.due,
            leased=count.leased,
            later=count.later,
            failed=count.failed,
            oldest_due_s=round(count.oldest_due_s, 1),
        )
        for (set_id, kind), count in sorted(counts.work.items(), key=lambda line: (str(line[0][0]), line[0][1].value))
    ]


def _role(set_id: UUID, active: SetFacts | None, adopting: SetFacts | None) -> Literal["active", "adopting", "other"]:
    if active is not None and set_id == active.id:
        return "active"
    return "adopting" if adopting is not None and set_id == adopting.id else "other"


def _progress(counts: Counts, adopting: SetFacts) -> reports.Adopting:
    pictures = counts.work.get((adopting.id, WorkKind.PICTURE), WorkCount())
    total = sum(counts.photos.values())
    return reports.Adopting(
        set=_model_set(adopting), done=max(0, total - pictures.open), failed=pictures.failed, total=total
    )


def _model_set(facts: SetFacts) -> reports.ModelSet:
    return reports.ModelSet(id=str(facts.id), checkpoint=facts.checkpoint, captioner=facts.captioner)
