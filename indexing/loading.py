"""SQL to batches for a view: everything at one change number, or what some changes touch. Writes nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import Catalogue, read_catalogue
from catalogue.errors import NotFound
from catalogue.facts import shown_captions
from catalogue.states import PhotoStatus, Space
from indexing.vectors import from_float16

log = structlog.get_logger()
T = TypeVar("T")

CHUNK = 500  # ids in one statement; rows held as Python objects at a time are a few times that
STREAMED = 5_000


@dataclass(frozen=True, slots=True)
class ItemRead:
    """`texts`: title, string attributes, sku and the shown captions of its ready photos."""

    id: UUID
    sku: str
    group: str | None
    created_at: datetime
    published: bool
    available: bool
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhotoRead:
    id: UUID
    item_id: UUID
    position: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SpaceRead:
    """`vectors` (n, d) of the batch's fresh photos, in their order; zeros where `held` is false."""

    vectors: NDArray[np.float32]
    held: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Batch:
    """The present truth about the items `touched`: those not in `items` are gone, and so is any photo not named.

    `kept` photos have the vectors that the view knows already, `fresh` ones those in `spaces`.
    """

    touched: Sequence[UUID]
    items: Sequence[ItemRead]
    kept: Sequence[PhotoRead] = ()
    fresh: Sequence[PhotoRead] = ()
    spaces: Mapping[Space, SpaceRead] = field(default_factory=dict)


def read_catalogue_by_id(session: Session, catalogue_id: UUID) -> Catalogue:
    name = session.scalar(select(models.Catalogue.name).where(models.Catalogue.id == catalogue_id))
    if name is None:
        raise NotFound(f"There is no catalogue {catalogue_id}.")
    return read_catalogue(session, name)


def read_everything(session: Session, catalogue: Catalogue) -> Batch:
    """All items and ready photos; call it in the read transaction that gave the change number.

    Streamed: no statement lasts for the whole of a large catalogue, nor holds it twice.
    """
    photos = _photos(session.execute(_ready_photos(catalogue).execution_options(yield_per=STREAMED)))
    captions = _captions(session, catalogue, photos)
    items = _items(session.execute(_all_items(catalogue).execution_options(yield_per=STREAMED)), captions)
    return Batch((), items, (), photos, _read_vectors(session, catalogue, photos, None, {}))


def read_touched(
    session: Session,
    catalogue: Catalogue,
    touched: Sequence[UUID],
    keep: set[UUID],
    dimensions: Mapping[Space, int],
) -> Batch:
    """The items `touched` with their ready photos; vectors only of photos that are not in `keep`."""
    rows: list[Any] = []
    photos: list[PhotoRead] = []
    for chunk in _chunks(touched):
        rows += session.execute(_all_items(catalogue).where(models.Item.id.in_(chunk)))
        photos += _photos(session.execute(_ready_photos(catalogue).where(models.Photo.item_id.in_(chunk))))
    fresh = [photo for photo in photos if photo.id not in keep]
    kept = [photo for photo in photos if photo.id in keep]
    ids = [photo.id for photo in fresh]
    spaces = _read_vectors(session, catalogue, fresh, ids, dimensions)
    return Batch(touched, _items(rows, _captions(session, catalogue, photos)), kept, fresh, spaces)


def _all_items(catalogue: Catalogue) -> Select[Any]:
    item = models.Item
    return select(
        item.id, item.sku, item.group, item.created_at, item.published, item.available, item.title, item.attributes
    ).where(item.catalogue_id == catalogue.id)


def _ready_photos(catalogue: Catalogue) -> Select[UUID, UUID, int, str]:
    photo = models.Photo
    return select(photo.id, photo.item_id, photo.position, photo.sha256).where(
        photo.catalogue_id == catalogue.id, photo.status == PhotoStatus.READY
    )


def _photos(rows: Iterable[Any]) -> list[PhotoRead]:
    return [PhotoRead(*row) for row in rows]


def _items(rows: Iterable[Any], captions: Mapping[UUID, list[str]]) -> list[ItemRead]:
    return [
        ItemRead(
            id=item_id,
            sku=sku,
            group=group,
            created_at=created_at,
            published=published,
            available=available,
            texts=(title, sku, *_strings(attributes), *captions.get(item_id, ())),
        )
        for item_id, sku, group, created_at, published, available, title, attributes in rows
    ]


def _strings(attributes: Mapping[str, Any]) -> Iterator[str]:
    for value in attributes.values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str):
                yield part


def _captions(session: Session, catalogue: Catalogue, photos: Sequence[PhotoRead]) -> dict[UUID, list[str]]:
    captioner = catalogue.active_set.captioner if catalogue.active_set else None
    by_item: dict[UUID, list[str]] = defaultdict(list)
    for chunk in _chunks(photos):
        shown = shown_captions(session, catalogue.id, captioner, [photo.id for photo in chunk])
        for photo in chunk:
            if photo.id in shown:
                by_item[photo.item_id].append(shown[photo.id].text)
        session.expunge_all()
    return by_item


def _read_vectors(
    session: Session,
    catalogue: Catalogue,
    photos: Sequence[PhotoRead],
    only: Sequence[UUID] | None,
    dimensions: Mapping[Space, int],
) -> dict[Space, SpaceRead]:
    if catalogue.active_set is None or not photos:
        return {}
    places = {photo.id: place for place, photo in enumerate(photos)}
    reading = _Reading(len(photos), dict(dimensions))
    for rows in _vector_rows(session, catalogue, only):
        by_space: dict[Space, tuple[list[int], list[bytes]]] = defaultdict(lambda: ([], []))
        for photo_id, space, values in rows:
            if photo_id in places:
                by_space[space][0].append(places[photo_id])
                by_space[space][1].append(values)
        for space, (at, stored) in by_space.items():
            reading.take(space, at, stored)
    for space, read in reading.spaces.items():
        if refused := reading.refused[space]:
            log.warning("vectors_refused", space=space.value, refused=refused, held=int(np.count_nonzero(read.held)))
    return reading.spaces


def _vector_rows(session: Session, catalogue: Catalogue, only: Sequence[UUID] | None) -> Iterator[Sequence[Any]]:
    model_set = catalogue.active_set
    if model_set is None:
        return
    vector = models.Vector
    prints = {Space.LOOK: model_set.look, Space.MEANING: model_set.meaning, Space.WORDS: model_set.words}
    of_set = or_(*(and_(vector.space == space, vector.fingerprint == print_) for space, print_ in prints.items()))
    wanted = select(vector.photo_id, vector.space, vector.values).where(vector.catalogue_id == catalogue.id, of_set)
    if only is None:
        yield from session.execute(wanted.execution_options(yield_per=STREAMED)).partitions()
        return
    for chunk in _chunks(only):
        yield session.execute(wanted.where(vector.photo_id.in_(chunk))).all()


class _Reading:
    """Vectors on their way from rows to one array a space; counts what it refuses."""

    def __init__(self, photos: int, dimensions: dict[Space, int]) -> None:
        self._photos = photos
        self._dimensions = dimensions
        self.spaces: dict[Space, SpaceRead] = {}
        self.refused: Counter[Space] = Counter()

    def take(self, space: Space, places: list[int], stored: list[bytes]) -> None:
        dimension = self._dimensions.setdefault(space, max(1, _commonest_length(stored) // 2))  # 1: all were empty
        if space not in self.spaces:
            vectors = np.zeros((self._photos, dimension), np.float32)
            self.spaces[space] = SpaceRead(vectors, np.zeros(self._photos, np.bool_))
        fitting = [(at, values) for at, values in zip(places, stored, strict=True) if len(values) == 2 * dimension]
        rows, good = from_float16(b"".join(values for _, values in fitting), dimension)
        at = np.array([place for place, _ in fitting], np.int64)
        self.spaces[space].vectors[at] = rows
        self.spaces[space].held[at] = good
        self.refused[space] += len(stored) - int(np.count_nonzero(good))


def _commonest_length(stored: list[bytes]) -> int:
    """What most rows agree on says how long a space's vectors are; of equally common lengths the longest."""
    lengths = Counter(map(len, stored))
    return max(lengths, key=lambda length: (lengths[length], length))


def _chunks(whole: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(whole)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
