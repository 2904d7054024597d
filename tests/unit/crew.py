"""The workers of a state machine: what they do to the stage, what befalls them, and what the ledger says of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from catalogue import finishing, switching, work
from catalogue.database import now
from catalogue.models import Erasure, Work
from catalogue.states import WorkKind
from tests.unit.ledger import JobKey
from tests.unit.stage import CONTENTS, Hand, Made, Stage
from workers.erasing import erase_due


class Fate(Enum):
    """What becomes of a claim. Who oversleeps or goes on still has it in hand."""

    FINISH = "finish"
    FINISH_LATE = "finish late"
    FAIL = "fail"
    FAIL_FOR_GOOD = "fail for good"
    STOP = "stop"
    DIE = "die"
    OVERSLEEP = "oversleep"
    GO_ON = "go on"


class Crew:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ledger = stage.ledger
        self.hands: list[Hand] = []

    def claim(self, batch: int) -> None:
        """Text first, the active set before trials, what has been claimed before alone; None only if nothing is due."""
        taken = self.stage.write(lambda s: work.claim(s, "worker", lease_s=3600, batch=batch))
        claimable = self.ledger.claimable()
        assert (taken is None) == (not claimable)
        if taken is None:
            return
        keys = [JobKey(job.photo_id, taken.kind, taken.model_set_id) for job in taken.jobs]
        assert set(keys) <= set(claimable)
        assert taken.kind is WorkKind.TEXT or not any(key.kind is WorkKind.TEXT for key in claimable)
        best = min(job.rank for key, job in claimable.items() if key.kind is taken.kind)
        assert min(claimable[key].rank for key in keys) == best
        assert len(keys) <= batch
        assert len(keys) == 1 or not any(claimable[key].attempts for key in keys)
        for key in keys:
            claimable[key].claim(taken.token)
        self.hands.append(Hand(taken, self.stage.describe(taken)))

    def meet(self, hand: Hand, fate: Fate) -> None:
        match fate:
            case Fate.FINISH:
                self.finish(hand, self.stage.describe(hand.claim))
            case Fate.FINISH_LATE:  # with the texts as they were at the claim
                self.finish(hand, hand.made)
            case Fate.FAIL | Fate.FAIL_FOR_GOOD:
                self.fail(hand.claim, final=fate is Fate.FAIL_FOR_GOOD)
            case Fate.STOP:
                self.give_back(hand.claim.token)
            case Fate.DIE:
                self.lose_the_lease(hand.claim.token)
            case Fate.OVERSLEEP:
                self.lose_the_lease(hand.claim.token)
                self.hands.append(hand)
            case Fate.GO_ON:
                self.renew(hand.claim.token)
                self.hands.append(hand)

    def finish(self, hand: Hand, made: list[Made]) -> None:
        """What is another's by now writes nothing."""
        done = self.stage.write(lambda s: finishing.finish(s, hand.claim, [each.result for each in made]))
        held = [each for each in made if self.ledger.is_held(each.key, hand.claim.token)]
        assert done.kept == {each.result.work_id for each in held}
        self.ledger.finish({each.key: each.said for each in held})

    def fail(self, claim: work.Claim, *, final: bool) -> None:
        for job in claim.jobs:
            failed = partial(
                finishing.fail, catalogue_id=claim.catalogue_id, work_id=job.work_id, token=claim.token, reason="no",
                final=final,
            )  # fmt: skip
            self.stage.write(failed)
            key = JobKey(job.photo_id, claim.kind, claim.model_set_id)
            if self.ledger.is_held(key, claim.token):
                self.ledger.fail(key, final=final)
                self.put_off(job.work_id)

    def give_back(self, token: int) -> None:
        jobs = self.ledger.held(token)
        assert self.stage.write(lambda s: work.give_back(s, token)) == len(jobs)
        for job in jobs:
            job.give_back()

    def renew(self, token: int) -> None:
        """Also what has run out, as long as nobody else has taken it."""
        jobs = self.ledger.held(token)
        assert self.stage.write(lambda s: work.renew(s, token, lease_s=3600)) == len(jobs)
        for job in jobs:
            job.is_live = True

    def lose_the_lease(self, token: int) -> None:
        of_hand = update(Work).where(Work.token == token)
        self.stage.write(lambda s: s.execute(of_hand.values(expires_at=_long_ago(s))))
        for job in self.ledger.held(token):
            job.is_live = False

    def end_pauses(self) -> None:
        self.stage.write(lambda s: s.execute(update(Work).values(due_at=_long_ago(s))))
        for job in self.ledger.jobs.values():
            job.is_due = True

    def wear_out(self) -> None:
        free = update(Work).where(Work.owner.is_(None), Work.failed_at.is_(None))
        self.stage.write(lambda s: s.execute(free.values(attempts=work.MOST_ATTEMPTS - 1)))
        for job in self.ledger.jobs.values():
            if job.token is None and not job.has_failed:
                job.attempts = work.MOST_ATTEMPTS - 1

    def sweep(self) -> None:
        with self.stage.database.reading() as session:
            worn_out = work.exhausted(session)
        for each in worn_out:
            self.stage.write(partial(finishing.fail_exhausted, worn_out=each))
        self.stage.write(switching.switch_when_complete)
        self.ledger.sweep()

    def erase(self) -> None:
        """The bytes that no photo has are gone, and no others."""
        self.stage.write(lambda s: s.execute(update(Erasure).values(due_at=_long_ago(s))))
        erase_due(self.stage.database, self.stage.store)
        had = {picture.content for picture in self.ledger.pictures.values()}
        assert {content for content in CONTENTS if self.stage.has_bytes(content)} == had

    def put_off(self, work_id: UUID) -> None:
        """The pause after a failure ends when `pauses_end` says so, however slow the machine is."""
        pause = update(Work).where(Work.id == work_id, Work.failed_at.is_(None))
        self.stage.write(lambda s: s.execute(pause.values(due_at=now(s) + timedelta(days=1))))


def _long_ago(session: Session) -> datetime:
    return now(session) - timedelta(days=1)
