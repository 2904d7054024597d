"""How a round goes: checks find cases, kinds of cases may have a mend. Owns the order and the bounds; knows no check.

Cases are found in chunks, each by one read transaction, while the service runs: so a check looks twice where rows and
files must agree, and a mend asks again inside its own transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from catalogue.database import Database, now
from catalogue.decoding import DecoderPool
from catalogue.doctor.report import EXAMPLES, Finding, Report
from catalogue.images import Limits
from catalogue.storage import PhotoStore, StoredFile

AT_ONCE = 100  # cases mended together
CHUNK = 500  # ids in one statement
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class House:
    """What is examined, at which time by the database's clock, and what working copies are made again with."""

    database: Database
    photos: PhotoStore
    decoder: DecoderPool
    limits: Limits
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is wrong: `shown` is what a person finds it by, `subject_id` the row (mostly a photo's)."""

    code: str
    shown: str
    catalogue_id: UUID | None = None
    subject_id: UUID | None = None
    file: StoredFile | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What to say of such cases, and how to mend them: `mend` returns how many are well now, and may come twice."""

    says: str
    remedy: str
    mend: Callable[[House, Sequence[Case]], int] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    find: Callable[[House], Iterator[Case]]
    kinds: Mapping[str, Kind]


def house(database: Database, photos: PhotoStore, decoder: DecoderPool, limits: Limits) -> House:
    with database.reading() as session:
        return House(database, photos, decoder, limits, now(session))


def examine(house: House, checks: Sequence[Check]) -> Report:
    """Name what differs; changes nothing."""
    tally = _Tally()
    for check in checks:
        for case in check.find(house):
            tally.add(case)
    return tally.report(checks)


def repair(house: House, checks: Sequence[Check]) -> Report:
    """As `examine`, and mend what can be mended without losing anything. Checks come in order: files before rows."""
    tally = _Tally()
    for check in checks:
        waiting: dict[str, list[Case]] = defaultdict(list)
        for case in check.find(house):
            tally.add(case)
            waiting[case.code].append(case)
            if len(waiting[case.code]) == AT_ONCE:
                tally.mended[case.code] += _mend(house, check.kinds[case.code], waiting.pop(case.code))
        for code, cases in waiting.items():
            tally.mended[code] += _mend(house, check.kinds[code], cases)
    report = tally.report(checks)
    for finding in report.findings:
        log.info("doctor_repaired", code=finding.code, found=finding.count, mended=finding.mended)
    return report


def _mend(house: House, kind: Kind, cases: list[Case]) -> int:
    return kind.mend(house, cases) if kind.mend else 0


class _Tally:
    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = defaultdict(list)
        self.mended: Counter[str] = Counter()

    def add(self, case: Case) -> None:
        self._count[case.code] += 1
        if len(self._examples[case.code]) < EXAMPLES:
            self._examples[case.code].append(case.shown)

    def report(self, checks: Sequence[Check]) -> Report:
        kinds = {code: kind for check in checks for code, kind in check.kinds.items()}
        return Report(
            tuple(
                Finding(
                    code, kinds[code].says, kinds[code].remedy, count, tuple(self._examples[code]), self.mended[code]
                )
                for code, count in self._count.items()
            )
        )
