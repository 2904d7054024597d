"""What is done to the shop and to its processes, drawn from one seed. Does none of it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from captioning.data.drawings import random_drawing, render


@dataclass(frozen=True, slots=True)
class Upload:
    sku: str
    title: str
    photo: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.photo).hexdigest()


@dataclass(frozen=True, slots=True)
class Retitle:
    sku: str
    title: str


@dataclass(frozen=True, slots=True)
class Correct:
    """A person's words for the item's first photo."""

    sku: str
    text: str


@dataclass(frozen=True, slots=True)
class Delete:
    sku: str


Deed = Upload | Retitle | Correct | Delete


@dataclass(frozen=True, slots=True)
class Size:
    photos: int
    faults: int
    deletions: int
    titles: int
    captions: int

    @classmethod
    def of(cls, photos: int, faults: int) -> Size:
        """Of a thousand photos a hundred are deleted, a hundred retitled, and a person captions twenty."""
        return cls(photos, faults, photos // 10, photos // 10, max(1, photos // 50))


def deeds(size: Size, pictures: Sequence[bytes], luck: Random) -> list[Deed]:
    """In an order that makes sense for each sku; every fifth item has two photos, and some share their picture.

    Deleted items are others than those that are edited, so that what was answered last is known of each.
    """
    skus = [f"sku-{number - (number % 5 == 4):04}" for number in range(size.photos)]
    uploads = [Upload(sku, f"Article {sku}", picture) for sku, picture in zip(skus, pictures, strict=True)]
    chosen = luck.sample(sorted(set(skus)), size.deletions + max(1, size.titles // 2) + size.captions)
    deleted, edited = chosen[: size.deletions], chosen[size.deletions :]
    retitled, captioned = edited[: max(1, size.titles // 2)], edited[len(edited) - size.captions :]
    later: list[Deed] = [Delete(sku) for sku in deleted]
    later += [Retitle(luck.choice(retitled), f"Retitled by hand zebra{number}") for number in range(size.titles)]
    later += [Correct(sku, f"as seen by a person giraffe{number}") for number, sku in enumerate(captioned)]
    luck.shuffle(later)
    return _woven(uploads, later, luck)


def _woven(uploads: list[Upload], later: list[Deed], luck: Random) -> list[Deed]:
    """Each later deed at some place after its item's last upload."""
    last = {upload.sku: place for place, upload in enumerate(uploads)}
    places = sorted(
        ((luck.uniform(last[deed.sku], len(uploads)), deed) for deed in later), key=lambda placed: placed[0]
    )
    woven: list[Deed] = []
    for place, upload in enumerate(uploads):
        woven.append(upload)
        while places and places[0][0] < place + 1:
            woven.append(places.pop(0)[1])
    return woven + [deed for _, deed in places]


def pictures(count: int, outside: Path | None) -> list[bytes]:
    """Real photos where there are some, else drawn ones; every twenty-fifth is the one before it once more."""
    if outside is None:
        found = [_drawn(number) for number in range(count)]
    else:
        found = [path.read_bytes() for path in sorted((outside / "products" / "photos").glob("*.jpg"))[:count]]
    # The fifth-last of each 25 begins an item of its own, so that the twins belong to different items.
    return [found[number - 1] if number % 25 == 20 else found[number] for number in range(count)]


def _drawn(seed: int) -> bytes:
    out = io.BytesIO()
    render(random_drawing(seed), size=320).save(out, "JPEG", quality=90)
    return out.getvalue()
