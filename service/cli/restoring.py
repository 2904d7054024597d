"""What an export holds beyond a row and its photos' bytes: order, people's captions, types of fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogue.states import FieldType
from service.cli.rows import Row, SourceUnreadable, Words
from service.client import Client, NotAdmitted, Refusal, Upload


@dataclass(frozen=True, slots=True)
class Restored:
    """Whether order or captions had to be changed, and the captions that the service refused, by the photo's place."""

    changed: bool = False
    refused: Mapping[int, Refusal] = field(default_factory=dict)


def restore(client: Client, row: Row, upload: Upload) -> Restored:
    """Bring a row's photos, which are uploaded, into their order, and give them their captions.

    Raises:
        Refusal: the order could not be restored.
    """
    placed = [upload.accepted[at] for at in sorted(upload.accepted) if row.photos[at].place is not None]
    changed = _order(client, row.sku, placed)
    refused = {}
    for at, photo in upload.accepted.items():
        words = row.photos[at].words
        if words is not None and not _says(photo["caption"], words):
            try:
                client.write_caption(str(photo["id"]), words.text, source=words.source, locked=words.locked)
                changed = True
            except Refusal as refusal:
                refused[at] = refusal
    return Restored(changed, refused)


def _order(client: Client, sku: str, placed: Sequence[Mapping[str, Any]]) -> bool:
    """These photos first, in this order, then what else the item has."""
    if [photo["position"] for photo in placed] == list(range(len(placed))):
        return False
    wanted = dict.fromkeys(str(photo["id"]) for photo in placed)  # the same bytes twice are one photo
    order = [photo["id"] for photo in client.item(sku)["photos"]]
    moved = False
    for place, photo_id in enumerate(wanted):
        if order[place] != photo_id:
            client.move_photo(photo_id, place)
            order.remove(photo_id)
            order.insert(place, photo_id)
            moved = True
    return moved


def _says(shown: Mapping[str, Any] | None, words: Words) -> bool:
    return shown is not None and (shown["text"], shown["source"], shown["locked"]) == (
        words.text,
        words.source,
        words.locked,
    )


def declare_fields(client: Client, path: Path) -> Iterator[str]:
    """Give the catalogue's fields the types that an export's have; a sentence for each that stays otherwise.

    Values tell most types by themselves: only dates, which they do not tell, and fields that somebody declared are.
    """
    present = {shown["name"]: shown["type"] for shown in client.fields()}
    for name, kind, declared in _exported(path):
        if present.get(name) == kind:
            continue
        if name in present:
            yield f"The field {name!r} is a {present[name]} here and a {kind} in the export; it stays what it is."
        elif declared or kind == FieldType.DATE.value:
            try:
                client.declare(name, kind)
            except NotAdmitted:
                yield f"The field {name!r} is a {kind} in the export; only an admin key can declare it so here."


def _exported(path: Path) -> list[tuple[str, str, bool]]:
    try:
        return [(shown["name"], shown["type"], shown["declared"]) for shown in json.loads(path.read_bytes())["fields"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise SourceUnreadable(f"{path.name} is not what an export writes. Export again, or remove it.") from error
