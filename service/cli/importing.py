"""An import on its way to the service: several rows in flight, each item's rows in order. Reads and prints nothing."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from service.cli.rows import BadRow, Row
from service.client import Client, Refusal

# Four uploads keep two cores busy decoding; more would only wait in the service.
LANES = 4
ROWS_AHEAD = 8 * LANES


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that was not imported: a whole row (photo empty), or one of its photos."""

    line: int
    sku: str
    photo: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row."""

    photos: int
    failures: tuple[Failure, ...] = ()


def send_all(client: Client, rows: Iterable[Row | BadRow]) -> Generator[Outcome]:
    """Send rows and give their outcomes in the rows' order.

    Rows of one sku share a lane, so that they are written in their order; at most `ROWS_AHEAD` rows are in memory.
    Closing this iterator (as Ctrl-C does) lets what is on its way finish and sends nothing more.

    Raises:
        NotAdmitted, ServiceUnreachable: the key does not do, or the service stayed away; rows after the last outcome
            were not, or not surely, imported.
    """
    lanes = [ThreadPoolExecutor(1, thread_name_prefix="import") for _ in range(LANES)]
    waiting: deque[Future[Outcome]] = deque()
    try:
        for row in rows:
            waiting.append(lanes[zlib.crc32(row.sku.encode()) % LANES].submit(send, client, row))
            if len(waiting) >= ROWS_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for lane in lanes:
            lane.shutdown(wait=False, cancel_futures=True)
        for lane in lanes:
            lane.shutdown()


def send(client: Client, row: Row | BadRow) -> Outcome:
    """Send one row: the item's columns first, then its photos."""
    if isinstance(row, BadRow):
        return Outcome(0, (Failure(row.line, row.sku, "", row.reason),))
    try:
        if row.patch:
            client.write_item(row.sku, row.patch)
        upload = client.upload(row.sku, row.photos)
    except (Refusal, OSError) as error:
        return Outcome(0, (Failure(row.line, row.sku, "", str(error)),))
    failures = [
        Failure(row.line, row.sku, row.photos[place].name, str(refusal)) for place, refusal in upload.refused.items()
    ]
    return Outcome(len(upload.accepted), tuple(failures))
