"""One drill from its start to its verdict. Owns the order of things; each thing is in a file of its own."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from random import Random

from sqlalchemy import select

from catalogue import models
from catalogue.database import Database
from catalogue.states import PhotoStatus
from tests.drill.answers import Answered
from tests.drill.callers import Caller, Watcher
from tests.drill.diary import Diary
from tests.drill.faults import Fault, Storm
from tests.drill.house import House
from tests.drill.people import People
from tests.drill.plan import Deed, Size, deeds
from tests.drill.verdict import Verdict
from tests.integration.floor import wait_until

READY_WITHIN_S = 300
STILL_S = 20.0  # so long a fault waits for the one before to be got over


@dataclass(frozen=True)
class Summary:
    """What a drill came to. It was passed when nothing went wrong."""

    seed: int
    seconds: float
    photos: int
    faults: int
    counts: dict[str, int]
    restarts: dict[str, int]
    wrongs: tuple[str, ...]


def drill(house: House, size: Size, pictures: list[bytes], seed: int, diary: Diary) -> Summary:
    """Import, edit and delete while the house's processes are met by faults; then wait, and judge."""
    luck = Random(seed)  # noqa: S311 - a seed that can be run again
    answered = Answered()
    caller = Caller(house.settings.url, diary)
    database = Database(house.settings.database_url)
    try:
        wait_until(caller.is_ready, READY_WITHIN_S, "the service is ready")
        diary.say("ready; the import and the faults begin")
        struck = _storm(house, deeds(size, pictures, luck), size.faults, caller, answered, diary, luck)
        wait_until(caller.is_ready, READY_WITHIN_S, "the service is ready again")
        wait_until(lambda: _is_done(database), READY_WITHIN_S, "all work is done")
        diary.say("all work is done; judging")
        Verdict(house.settings, database, caller, answered, diary).reach()
    finally:
        caller.close()
        database.close()
    return Summary(
        seed, diary.seconds, answered.photo_count, struck, dict(diary.counts), house.restarts, tuple(diary.wrongs)
    )


def _storm(
    house: House, todo: list[Deed], faults: int, caller: Caller, answered: Answered, diary: Diary, luck: Random
) -> int:
    """Deeds and faults side by side, so many deeds for each fault; returns how many faults met something."""
    storm = Storm(diary, luck)
    people = People(caller, answered, diary)
    watchers = [Watcher(caller, answered, diary, Random(luck.random())) for _ in range(2)]  # noqa: S311
    for watcher in watchers:
        watcher.start()
    struck = 0
    for number, fault in enumerate(storm.plan(house.victims, faults)):
        people.begin(todo[number * len(todo) // faults : (number + 1) * len(todo) // faults])
        enough = people.done + len(todo) // faults
        time.sleep(luck.uniform(0.0, 1.5))
        struck += _strike(storm, fault)
        _wait_for_progress(people, enough)
        if number % 10 == 9:
            diary.say(f"{number + 1} faults, {people.done} of {len(todo)} deeds done, {answered.photo_count} photos")
    people.finish()
    storm.calm()
    for watcher in watchers:
        watcher.end()
    return struck


def _strike(storm: Storm, fault: Fault) -> bool:
    """Whether it met anything: what has just died is waited for a while."""
    until = time.monotonic() + STILL_S
    while not storm.strike(fault):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def _wait_for_progress(people: People, enough: int) -> None:
    """Until so many deeds are done, or a while has passed: else all faults would fall into one great silence."""
    until = time.monotonic() + STILL_S
    while people.done < enough and time.monotonic() < until:
        time.sleep(0.05)


def _is_done(database: Database) -> bool:
    with database.reading() as session:
        states = Counter(session.scalars(select(models.Photo.status)).all())
        open_work = select(models.Work.id).where(models.Work.failed_at.is_(None)).limit(1)
        return not states[PhotoStatus.PENDING] and session.scalars(open_work).first() is None
