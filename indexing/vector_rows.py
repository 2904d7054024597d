"""Stored vectors to one array a space. Owns what is read and what left out; which is good, vectors.py says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import Catalogue, ModelSet
from catalogue.states import Space
from indexing.ids import in_chunks
from indexing.vectors import from_float16

log = structlog.get_logger()

STREAMED = 5_000  # rows at a time


@dataclass(frozen=True, slots=True)
class SpaceRead:
    """`vectors` (n, d) of the photos asked for, in their order; zeros where `held` is false."""

    vectors: NDArray[np.float32]
    held: NDArray[np.bool_]


def read_all_vectors(session: Session, catalogue: Catalogue, photo_ids: Sequence[UUID]) -> dict[Space, SpaceRead]:
    """Of the active set, of these photos, which are all there are: streamed, so that nothing is held twice."""
    if catalogue.active_set is None or not photo_ids:
        return {}
    rows = session.execute(_wanted(catalogue.id, catalogue.active_set).execution_options(yield_per=STREAMED))
    return _read(photo_ids, rows.partitions(), {})


def read_vectors(
    session: Session, catalogue: Catalogue, photo_ids: Sequence[UUID], dimensions: Mapping[Space, int]
) -> dict[Space, SpaceRead]:
    """Of the active set, of these photos; a space that has a dimension already refuses vectors of another."""
    if catalogue.active_set is None or not photo_ids:
        return {}
    wanted = _wanted(catalogue.id, catalogue.active_set)
    chunks = (session.execute(wanted.where(models.Vector.photo_id.in_(chunk))).all() for chunk in in_chunks(photo_ids))
    return _read(photo_ids, chunks, dimensions)


def _wanted(catalogue_id: UUID, model_set: ModelSet) -> Select[UUID, Space, bytes]:
    vector = models.Vector
    prints = {Space.LOOK: model_set.look, Space.MEANING: model_set.meaning, Space.WORDS: model_set.words}
    of_set = or_(*(and_(vector.space == space, vector.fingerprint == print_) for space, print_ in prints.items()))
    return select(vector.photo_id, vector.space, vector.values).where(vector.catalogue_id == catalogue_id, of_set)


def _read(
    photo_ids: Sequence[UUID], chunks: Iterator[Sequence[Any]], dimensions: Mapping[Space, int]
) -> dict[Space, SpaceRead]:
    places = {photo_id: place for place, photo_id in enumerate(photo_ids)}
    reading = _Reading(len(photo_ids), dict(dimensions))
    for rows in chunks:
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
