"""An export on its way from the service: items, fields, and photos as they were uploaded. Owns the folder's layout.

    items.jsonl            an item a line, the oldest first, so that an import makes them in the order they were made in
    fields.json            the types of attributes
    photos/7e/<id>.jpeg    the bytes as they were uploaded

It is no snapshot: what is written meanwhile is in it or not. Prints nothing.
"""

from __future__ import annotations

import json
from array import array
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from catalogue.folder import Folder, sync
from service.cli.report import Failure
from service.client import Client, Refusal

ITEMS, FIELDS, PHOTOS = "items.jsonl", "fields.json", "photos"
NEWEST_FIRST = "newest-first.part"
PARTS = ("sku", "title", "attributes", "price", "url", "published", "available", "group")
LANES = 4
ITEMS_AHEAD = 8 * LANES
NO_PHOTO = str(UUID(int=0))

Fetched = Future[str | Refusal]


@dataclass(frozen=True, slots=True)
class Exported:
    """An item that is in the export, with these files; and its photos that are not."""

    line: bytes
    files: tuple[str, ...]
    failures: tuple[Failure, ...]


def export_all(client: Client, folder: Path) -> Generator[Exported]:
    """Write an export into `folder`, item by item; photos that an earlier one left there are not fetched again.

    Raises:
        NotAdmitted: the key may not write, so it would not see all.
        ServiceUnreachable: it stayed away; what is there by now is whole.
    """
    _check_sees_all(client)
    Folder(folder, PHOTOS).replace(FIELDS, _fields(client))
    named: set[str] = set()
    starts = array("Q")
    with (folder / NEWEST_FIRST).open("wb+") as spool:
        for exported in _items(client, folder):
            starts.append(spool.tell())
            spool.write(exported.line)
            named.update(exported.files)
            yield exported
        _write_reversed(spool, starts, folder / ITEMS)
    (folder / NEWEST_FIRST).unlink()
    for left in (folder / PHOTOS).glob("*/*"):
        if str(left.relative_to(folder)) not in named:  # deleted since an earlier export was interrupted
            left.unlink()


def _check_sees_all(client: Client) -> None:
    """Without the right to write, unpublished items would be left out without a word. Raises NotAdmitted."""
    try:
        client.original(NO_PHOTO)
    except Refusal as refusal:
        if not _is_gone(refusal):
            raise


def _fields(client: Client) -> bytes:
    shown = [
        {"name": field["name"], "type": field["type"], "declared": field["declared"]}
        for field in client.fields()
        if not field["reserved"]
    ]
    return json.dumps({"fields": shown}, ensure_ascii=False, indent=2).encode()


def _items(client: Client, folder: Path) -> Iterator[Exported]:
    """Newest first, as the service lists them; photos of a few items are on their way."""
    lanes = ThreadPoolExecutor(LANES, thread_name_prefix="export")
    waiting: deque[tuple[Mapping[str, Any], list[Fetched]]] = deque()
    try:
        for number, item in enumerate(client.items(), 1):
            waiting.append((item, [lanes.submit(_fetch, client, folder, photo) for photo in item["photos"]]))
            if number > ITEMS_AHEAD:
                yield _exported(*waiting.popleft())
        while waiting:
            yield _exported(*waiting.popleft())
    finally:
        lanes.shutdown(cancel_futures=True)


def _fetch(client: Client, folder: Path, photo: Mapping[str, Any]) -> str | Refusal:
    """Have the photo's file; its name, or why it cannot be had."""
    photo_id = str(UUID(photo["id"]))
    ending = "".join(filter(str.isalnum, photo["media_type"].removeprefix("image/")))
    name = f"{PHOTOS}/{photo_id[-2:]}/{photo_id}.{ending}"
    files = Folder(folder, PHOTOS)
    try:
        if not files.exists(name):
            files.put_bytes(name, client.original(photo_id))
    except Refusal as refusal:
        return refusal
    return name


def _exported(item: Mapping[str, Any], fetched: list[Fetched]) -> Exported:
    photos: list[dict[str, Any]] = []
    failures = []
    for photo, outcome in zip(item["photos"], (each.result() for each in fetched), strict=True):
        if isinstance(outcome, str):
            photos.append({"file": outcome, "position": len(photos), **_words(photo["caption"])})
        elif not _is_gone(outcome):  # what was deleted meanwhile is not missed
            failures.append(Failure(0, item["sku"], photo["id"], str(outcome)))
    line = json.dumps({**{part: item[part] for part in PARTS}, "photos": photos}, ensure_ascii=False) + "\n"
    return Exported(line.encode(), tuple(photo["file"] for photo in photos), tuple(failures))


def _words(caption: Mapping[str, Any] | None) -> dict[str, Any]:
    if caption is None:
        return {"caption": None, "source": None, "locked": False}
    return {"caption": caption["text"], "source": caption["source"], "locked": caption["locked"]}


def _is_gone(refusal: Refusal) -> bool:
    return refusal.problem_code == "not-found"


def _write_reversed(spool: IO[bytes], starts: array[int], target: Path) -> None:
    with target.open("wb") as file:
        for start in reversed(starts):
            spool.seek(start)
            file.write(spool.readline())
    sync(target)
