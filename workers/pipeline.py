"""Claim, read ahead, run the model, write: until nothing is due or a stop is asked. Knows no queue and no bell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter
from uuid import UUID

import structlog
from PIL import Image
from sqlalchemy.orm import Session

from captioning.errors import CheckpointDamaged, ModelMismatch
from catalogue import traces
from catalogue.database import Database
from catalogue.errors import DatabaseAway, DatabaseBusy, PhotoStoreUnreachable, StorageFull
from catalogue.finishing import Result, Texts, fail, finish, read_texts
from catalogue.photos import newest_ready
from catalogue.states import WorkKind
from catalogue.storage import PhotoStore
from catalogue.work import MOST_ATTEMPTS, Claim, Job, claim, due_exists
from workers import metrics
from workers.hold import Hold
from workers.models import Models
from workers.reading import Picture, Reader, Reading, Refused, Unreadable
from workers.results import picture_results, text_results

log = structlog.get_logger()

# No photo's fault: the work is given back, its attempts uncounted. By these a model set has to rest; others go on.
SET_FAULTS = (CheckpointDamaged, ModelMismatch)
# And these stop the run; it is tried again a little later.
HOUSE_FAULTS = (DatabaseBusy, DatabaseAway, PhotoStoreUnreachable, StorageFull, MemoryError)
REST_S = 30.0
LONGEST_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class Batch:
    """A claim in hand, its pictures on their way (none for text work)."""

    claim: Claim
    readings: list[Reading]


class Pipeline:
    """Does the due work of all catalogues. One thread calls `run`; reading ahead is its own affair."""

    def __init__(
        self, database: Database, photos: PhotoStore, models: Models, *, owner: str, lease_s: float, batch: int
    ) -> None:
        self._database = database
        self._models = models
        self._owner = owner
        self._lease_s = lease_s
        self._batch = batch
        self._reader = Reader(photos)
        self._hold = Hold(database, lease_s)
        self._served: UUID | None = None  # the catalogue that had the last turn, in this run or an earlier one
        self._resting: dict[UUID, float] = {}  # model sets whose folder is damaged: until when

    def close(self) -> None:
        self._reader.close()

    def run(self, stop: Callable[[], bool]) -> int:
        """Work until nothing is due or `stop()` says so; what is in hand then is given back. Returns the jobs done.

        While the model runs on one batch, the next one is claimed and being read. Work of a model set that cannot be
        opened is left for a while; what else is due is done.

        Raises:
            DatabaseBusy, DatabaseAway, PhotoStoreUnreachable, StorageFull: nothing could go on.
        """
        done = 0
        with self._hold:
            batch = None if stop() else self._take()
            while batch is not None:
                self._served = batch.claim.catalogue_id
                ahead = None if stop() else self._take_ahead(batch.claim)
                done += self._work_unless_damaged(batch)
                if stop():
                    break
                batch = ahead or self._take()
        return done

    def is_due(self) -> bool:
        """Whether another run would find something to do at once."""
        with self._database.reading() as session:
            return due_exists(session, self._at_rest())

    def _take(self) -> Batch | None:
        while (taken := self._claim()) is not None:
            batch = self._begin(taken)
            if batch is not None:
                return batch
        return None

    def _take_ahead(self, present: Claim) -> Batch | None:
        """The next batch, unless this one or that one may kill the process: neither may take the other along."""
        if _is_suspect(present):
            return None
        taken = self._claim()
        if taken is None:
            return None
        if _is_suspect(taken):
            self._hold.give_back(taken.token)
            return None
        return self._begin(taken)

    def _claim(self) -> Claim | None:
        resting = self._at_rest()

        def take(session: Session) -> Claim | None:
            return claim(
                session, self._owner, lease_s=self._lease_s, batch=self._batch, after=self._served, resting=resting
            )

        taken = self._database.write(take)
        if taken is not None:
            self._hold.add(taken.token)
        return taken

    def _begin(self, taken: Claim) -> Batch | None:
        """Start reading; None when the model set cannot be opened, which rests then."""
        if taken.kind is WorkKind.TEXT:
            return Batch(taken, [])
        try:
            size = self._models.get(taken.checkpoint).manifest.trained.preprocess.size
        except SET_FAULTS as error:
            self._rest(taken, error)
            return None
        return Batch(taken, self._reader.begin(taken.jobs, size))

    def _at_rest(self) -> frozenset[UUID]:
        return frozenset(set_id for set_id, until in self._resting.items() if until > monotonic())

    def _rest(self, taken: Claim, error: Exception) -> None:
        self._served = taken.catalogue_id
        self._resting[taken.model_set_id] = monotonic() + REST_S
        log.error("model_set_rests", model_set_id=str(taken.model_set_id), for_s=REST_S, reason=str(error))
        self._hold.give_back(taken.token)

    def _work_unless_damaged(self, batch: Batch) -> int:
        try:
            return self._work(batch)
        except SET_FAULTS as error:
            self._rest(batch.claim, error)
            return 0

    def _work(self, batch: Batch) -> int:
        began = perf_counter()
        jobs = list(batch.claim.jobs)
        kind = batch.claim.kind.value
        metrics.BATCH_JOBS.labels(kind).observe(len(jobs))
        images = self._images(batch)
        if batch.readings:
            jobs = [job for job in jobs if job.work_id in images]
        read = perf_counter()
        metrics.STAGE_SECONDS.labels(kind, "read").observe(read - began)
        done = self._finish(batch.claim, jobs, images) if jobs else 0
        self._hold.drop(batch.claim.token)
        log.info(
            "batch_done", kind=kind, jobs=len(batch.claim.jobs), done=done,
            waited_ms=round((read - began) * 1e3), worked_ms=round((perf_counter() - read) * 1e3),
        )  # fmt: skip
        return done

    def _images(self, batch: Batch) -> dict[UUID, Image.Image]:
        """What could be read, by work; the rest is counted against the photos, unless the photo store is away."""
        images: dict[UUID, Image.Image] = {}
        refused: list[Refused] = []
        for reading in batch.readings:
            match reading.result():
                case Picture(job, image):
                    images[job.work_id] = image
                case Unreadable(job, reason):
                    self._fail(batch.claim, job, reason)
                case Refused() as each:
                    refused.append(each)
        if refused and len(refused) == len(batch.readings) and not self._store_answers(batch.claim):
            raise refused[0].error
        for each in refused:
            self._fail(batch.claim, each.job, "The photo store cannot read the working copy of this photo.")
        return images

    def _store_answers(self, taken: Claim) -> bool:
        """Whether the photo store gives out any photo at all: then what it refuses is the fault of that one."""
        with self._database.reading() as session:
            others = newest_ready(session, taken.catalogue_id)
        return self._reader.can_read_any(others)

    def _finish(self, taken: Claim, jobs: Sequence[Job], images: Mapping[UUID, Image.Image]) -> int:
        """Compute and write the jobs; when that fails, each of them alone, so that only the guilty one is blamed."""
        try:
            with metrics.STAGE_SECONDS.labels(taken.kind.value, "model").time():
                results = self._results(taken, jobs, images)
            with metrics.STAGE_SECONDS.labels(taken.kind.value, "write").time():
                finished = self._database.write(lambda session: finish(session, taken, results))
        except (*HOUSE_FAULTS, *SET_FAULTS):
            raise
        except Exception as error:
            if len(jobs) == 1:
                log.exception("job_failed", photo_id=str(jobs[0].photo_id), attempts=jobs[0].attempts)
                self._fail(taken, jobs[0], f"The captioner failed on this photo ({_in_short(error)}).")
                return 0
            log.warning("batch_failed", jobs=len(jobs), error=type(error).__name__)
            return sum(self._finish(taken, [job], images) for job in jobs)
        lost = len(results) - len(finished.kept)
        metrics.FINISHED.labels(taken.kind.value, "done").inc(len(finished.kept))
        metrics.FINISHED.labels(taken.kind.value, "lost").inc(lost)
        if lost:
            log.warning("results_of_lost_leases", jobs=lost)
        for job in jobs:
            if job.work_id in finished.kept:
                log.info("photo_done", kind=taken.kind.value, **_of(job))
        return len(finished.kept)

    def _results(self, taken: Claim, jobs: Sequence[Job], images: Mapping[UUID, Image.Image]) -> list[Result]:
        captioner = self._models.get(taken.checkpoint)
        if taken.kind is WorkKind.TEXT:
            return text_results(captioner, jobs, self._read_texts(taken, jobs))
        seen = captioner.describe([images[job.work_id] for job in jobs])
        # Read after the captions are made: the later, the fewer titles change in between.
        return picture_results(captioner, jobs, seen, self._read_texts(taken, jobs))

    def _read_texts(self, taken: Claim, jobs: Sequence[Job]) -> dict[UUID, Texts]:
        with self._database.reading() as session:
            return read_texts(session, taken.catalogue_id, taken.model_set_id, [job.photo_id for job in jobs])

    def _fail(self, taken: Claim, job: Job, reason: str) -> None:
        outcome = "again" if job.attempts < MOST_ATTEMPTS else "failed"
        metrics.FINISHED.labels(taken.kind.value, outcome).inc()
        log.warning("photo_not_done", kind=taken.kind.value, attempts=job.attempts, reason=reason, **_of(job))
        self._database.write(lambda session: fail(session, taken.catalogue_id, job.work_id, taken.token, reason))


def _of(job: Job) -> dict[str, str | None]:
    """Which photo, and the trace of who uploaded or edited it: not of who rang, which is this task's own."""
    return {"photo_id": str(job.photo_id), traces.NAME: job.trace and traces.next_hop(job.trace)}


def _in_short(error: Exception) -> str:
    """What the API may show of an error: a database's goes on with its statement and all that was to be written."""
    first = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first[:LONGEST_REASON]}"


def _is_suspect(taken: Claim) -> bool:
    """Claimed before and not finished: it comes alone, and may be what killed its worker."""
    return taken.jobs[0].attempts > 1
