"""Claim, read ahead, run the model, write: until nothing is due or a stop is asked. Knows no queue and no bell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from uuid import UUID

import structlog
from PIL import Image

from captioning.errors import CheckpointDamaged, ModelMismatch
from catalogue.database import Database
from catalogue.errors import DatabaseBusy, StorageFull
from catalogue.finishing import Result, Texts, fail, finish, read_texts
from catalogue.states import WorkKind
from catalogue.storage import PhotoStore
from catalogue.work import Claim, Job, claim
from workers.hold import Hold
from workers.models import Models
from workers.reading import Picture, Reader, Reading, Unreadable
from workers.results import picture_results, text_results

log = structlog.get_logger()

# The house's faults, not a photo's: the work is given back, its attempts uncounted, and tried again a little later.
HOUSE_FAULTS = (DatabaseBusy, StorageFull, CheckpointDamaged, ModelMismatch, MemoryError)
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

    def close(self) -> None:
        self._reader.close()

    def run(self, stop: Callable[[], bool]) -> int:
        """Work until nothing is due or `stop()` says so; what is in hand then is given back. Returns the jobs done.

        While the model runs on one batch, the next one is claimed and being read.
        """
        done = 0
        with Hold(self._database, self._lease_s) as hold:
            batch = None if stop() else self._take(hold, None)
            while batch is not None:
                ahead = None if stop() else self._take_ahead(hold, batch.claim)
                done += self._work(hold, batch)
                if stop():
                    break
                batch = ahead or self._take(hold, batch.claim)
        return done

    def _take(self, hold: Hold, last: Claim | None) -> Batch | None:
        taken = self._claim(hold, last)
        return None if taken is None else self._begin(taken)

    def _take_ahead(self, hold: Hold, present: Claim) -> Batch | None:
        """The next batch, unless this one or that one may kill the process: neither may take the other along."""
        if _is_suspect(present):
            return None
        taken = self._claim(hold, present)
        if taken is None:
            return None
        if _is_suspect(taken):
            hold.give_back(taken.token)
            return None
        try:
            return self._begin(taken)
        except HOUSE_FAULTS:
            # Raised again once its turn comes and nothing else is in hand: another set's damage must not stop this one.
            hold.give_back(taken.token)
            return None

    def _claim(self, hold: Hold, last: Claim | None) -> Claim | None:
        """Claim due work; catalogues come in turn."""
        after = last.catalogue_id if last else None
        taken = self._database.write(
            lambda session: claim(session, self._owner, lease_s=self._lease_s, batch=self._batch, after=after)
        )
        if taken is not None:
            hold.add(taken.token)
        return taken

    def _begin(self, taken: Claim) -> Batch:
        if taken.kind is WorkKind.TEXT:
            return Batch(taken, [])
        size = self._models.get(taken.checkpoint).manifest.trained.preprocess.size
        return Batch(taken, self._reader.begin(taken.jobs, size))

    def _work(self, hold: Hold, batch: Batch) -> int:
        began = perf_counter()
        jobs = list(batch.claim.jobs)
        images: dict[UUID, Image.Image] = {}
        for reading in batch.readings:
            match reading.result():
                case Picture(job, image):
                    images[job.work_id] = image
                case Unreadable(job, reason):
                    jobs.remove(job)
                    self._fail(batch.claim, job, reason)
        read = perf_counter()
        done = self._finish(batch.claim, jobs, images) if jobs else 0
        hold.drop(batch.claim.token)
        log.info(
            "batch_done", kind=batch.claim.kind.value, jobs=len(batch.claim.jobs), done=done,
            waited_ms=round((read - began) * 1e3), worked_ms=round((perf_counter() - read) * 1e3),
        )  # fmt: skip
        return done

    def _finish(self, taken: Claim, jobs: Sequence[Job], images: Mapping[UUID, Image.Image]) -> int:
        """Compute and write the jobs; when that fails, each of them alone, so that only the guilty one is blamed."""
        try:
            results = self._results(taken, jobs, images)
            finished = self._database.write(lambda session: finish(session, taken, results))
        except HOUSE_FAULTS:
            raise
        except Exception as error:
            if len(jobs) == 1:
                log.exception("job_failed", photo_id=str(jobs[0].photo_id), attempts=jobs[0].attempts)
                self._fail(taken, jobs[0], f"The captioner failed on this photo ({_in_short(error)}).")
                return 0
            log.warning("batch_failed", jobs=len(jobs), error=type(error).__name__)
            return sum(self._finish(taken, [job], images) for job in jobs)
        lost = len(results) - len(finished.kept)
        if lost:
            log.warning("results_of_lost_leases", jobs=lost)
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
        log.warning("photo_not_done", photo_id=str(job.photo_id), attempts=job.attempts, reason=reason)
        self._database.write(lambda session: fail(session, taken.catalogue_id, job.work_id, taken.token, reason))


def _in_short(error: Exception) -> str:
    """What the API may show of an error: a database's goes on with its statement and all that was to be written."""
    first = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first[:LONGEST_REASON]}"


def _is_suspect(taken: Claim) -> bool:
    """Claimed before and not finished: it comes alone, and may be what killed its worker."""
    return taken.jobs[0].attempts > 1
