"""Dates as text (RFC 3339) and as microseconds since 1970 in UTC. Owns which texts are dates; knows no field."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

FORM: Final = "2026-11-21 or 2026-11-21T18:03:07Z"  # for sentences that refuse another one

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - offsets are reckoned with apart: an aware time overflows at both ends
_FIRST, _LAST = ((end - _EPOCH) // timedelta(microseconds=1) for end in (datetime.min, datetime.max))  # noqa: DTZ901
_DATE = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[Tt](?P<time>(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(?P<fraction>\d{1,9}))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<hours>[01]\d|2[0-3]):(?P<minutes>[0-5]\d)))?",
    re.ASCII,
)


def to_microseconds(text: str) -> int | None:
    """The moment that a full-date (its midnight in UTC) or a date-time with an offset names; None for other texts.

    Microseconds are the finest: further digits are cut. A second 60 is refused, as is a moment outside the years 1 to
    9999 of UTC.
    """
    parts = _DATE.fullmatch(text)
    if parts is None:
        return None
    try:
        local = datetime.fromisoformat(f"{parts['day']}T{parts['time'] or '00:00:00'}")
    except ValueError:  # a 30th of February
        return None
    ahead = timedelta(hours=int(parts["hours"] or 0), minutes=int(parts["minutes"] or 0))
    seconds = (local - _EPOCH) + (ahead if parts["sign"] == "-" else -ahead)
    moment = seconds // timedelta(microseconds=1) + int((parts["fraction"] or "")[:6].ljust(6, "0"))
    return moment if _FIRST <= moment <= _LAST else None


def to_text(microseconds: int) -> str:
    """A date-time in UTC, with a fraction of a second only where there is one."""
    moment = (_EPOCH + timedelta(microseconds=microseconds)).replace(tzinfo=UTC)
    return moment.isoformat().replace("+00:00", "Z")
