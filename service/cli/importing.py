"""An import on its way to the service: items by batches, photos several at a time. Prints nothing."""

from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from service.cli.report import Failure
from service.cli.restoring import restore
from service.cli.rows import BadRow, Row
from service.client import Client, Refusal

# Four uploads keep two cores busy decoding; more would only wait in the service.
LANES = 4
ROWS_AHEAD = 8 * LANES
# A batch is answered when all of it is done: a short one loses little when the service dies, a long one no time.
ROWS_A_BATCH = 1_000
BYTES_A_BATCH = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row; `changed`: not all of it was there already."""

    photos: int = 0
    changed: bool = False
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class _Parcel:
    """Rows that go together, and the lines that some of them have in a batch."""

    rows: list[Row | BadRow]
    lines: dict[int, bytes]  # by the row's place


def send_all(client: Client, rows: Iterable[Row | BadRow]) -> Generator[Outcome]:
    """Send rows and give their outcomes in the rows' order.

    Items are written in the rows' order. Photos of one sku share a lane, so that they arrive in theirs. One batch is in
    memory, and `ROWS_AHEAD` rows whose photos are on their way. Closing this iterator (as Ctrl-C does) lets what is on
    its way finish and sends nothing more.

    Raises:
        NotAdmitted, ServiceUnreachable: the key does not do, or the service stayed away; rows after the last outcome
            were not, or not surely, imported.
    """
    lanes = [ThreadPoolExecutor(1, thread_name_prefix="import") for _ in range(LANES)]
    waiting: deque[Callable[[], Outcome]] = deque()
    try:
        for row, written in _written(client, rows):
            if isinstance(row, BadRow) or written.failures or not row.photos:
                waiting.append(lambda outcome=written: outcome)  # type: ignore[misc]  # bound now
            else:
                lane = lanes[zlib.crc32(row.sku.encode(errors="surrogatepass")) % LANES]
                waiting.append(lane.submit(_with_photos, client, row, written).result)
            if len(waiting) >= ROWS_AHEAD:
                yield waiting.popleft()()
        while waiting:
            yield waiting.popleft()()
    finally:
        for lane in lanes:
            lane.shutdown(wait=False, cancel_futures=True)
        for lane in lanes:
            lane.shutdown()


def _written(client: Client, rows: Iterable[Row | BadRow]) -> Iterator[tuple[Row | BadRow, Outcome]]:
    """Each row, once its item is as it says."""
    for parcel in _parcels(rows):
        answers = client.write_items(list(parcel.lines.values())) if parcel.lines else []
        by_place = dict(zip(parcel.lines, answers, strict=True))
        for place, row in enumerate(parcel.rows):
            answer = by_place.get(place)
            if isinstance(row, BadRow):
                yield row, _failed(row, row.reason)
            elif isinstance(answer, Refusal):
                yield row, _failed(row, str(answer))
            else:
                yield row, Outcome(changed=answer is not None and answer.changed)


def _parcels(rows: Iterable[Row | BadRow]) -> Iterator[_Parcel]:
    parcel, size = _Parcel([], {}), 0
    for row in rows:
        line = b"" if isinstance(row, BadRow) else _line(row)
        if len(parcel.rows) == ROWS_A_BATCH or (parcel.rows and size + len(line) > BYTES_A_BATCH):
            yield parcel
            parcel, size = _Parcel([], {}), 0
        if line:
            parcel.lines[len(parcel.rows)] = line
            size += len(line)
        parcel.rows.append(row)
    if parcel.rows:
        yield parcel


def _line(row: Row) -> bytes:
    """Its line in a batch; none for photos alone: an item is not made when none of its photos is one.

    In ASCII: a lone surrogate, which is no text, is the service's to refuse.
    """
    if row.photos and not row.patch:
        return b""
    return json.dumps({"sku": row.sku, **row.patch}, allow_nan=False).encode()


def _with_photos(client: Client, row: Row, written: Outcome) -> Outcome:
    try:
        upload = client.upload(row.sku, [photo.file for photo in row.photos])
        restored = restore(client, row, upload)
    except (Refusal, OSError) as error:
        return _failed(row, str(error))
    refusals = {**upload.refused, **restored.refused}
    return Outcome(
        len(upload.accepted),
        written.changed or upload.changed or restored.changed,
        tuple(Failure(row.line, row.sku, row.photos[place].file.name, str(why)) for place, why in refusals.items()),
    )


def _failed(row: Row | BadRow, reason: str) -> Outcome:
    return Outcome(failures=(Failure(row.line, row.sku, "", reason),))
