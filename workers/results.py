"""Puts together what a batch came to: caption, vectors, hash of the text. Encodes texts; reads and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from captioning.captioner import Caption, Captioner, Description
from catalogue.finishing import NewCaption, Result, Texts
from catalogue.states import Space
from catalogue.words import text_hash, words_text
from catalogue.work import Job


def picture_results(
    captioner: Captioner, jobs: Sequence[Job], seen: Description, texts: Mapping[UUID, Texts]
) -> list[Result]:
    """Captions and all three vectors. `words` are made of the caption that will be shown: a person's before ours."""
    there = [row for row, job in enumerate(jobs) if job.photo_id in texts]  # the others were deleted meanwhile
    said = []
    for row in there:
        text = texts[jobs[row].photo_id]
        said.append(words_text(text.title, seen.captions[row].text if text.kept is None else text.kept))
    words = captioner.encode_text(said)["words"]
    return [
        Result(
            work_id=jobs[row].work_id,
            photo_id=jobs[row].photo_id,
            caption=_new_caption(seen.captions[row]),
            vectors={
                Space.LOOK: to_bytes(seen.look[row]),
                Space.MEANING: to_bytes(seen.meaning[row]),
                Space.WORDS: to_bytes(vector),
            },
            words_hash=text_hash(text),
        )
        for row, text, vector in zip(there, said, words, strict=True)
    ]


def text_results(captioner: Captioner, jobs: Sequence[Job], texts: Mapping[UUID, Texts]) -> list[Result]:
    """New `words` of a title or caption that changed; no picture is looked at."""
    there = [job for job in jobs if job.photo_id in texts]
    said = []
    for job in there:
        text = texts[job.photo_id]
        said.append(words_text(text.title, text.model if text.kept is None else text.kept))
    words = captioner.encode_text(said)["words"]
    return [
        Result(job.work_id, job.photo_id, vectors={Space.WORDS: to_bytes(vector)}, words_hash=text_hash(text))
        for job, text, vector in zip(there, said, words, strict=True)
    ]


def to_bytes(vector: NDArray[np.float32]) -> bytes:
    """As SQL keeps a vector: float16, little-endian."""
    return vector.astype("<f2").tobytes()


def _new_caption(caption: Caption) -> NewCaption:
    others = tuple((other.text, other.confidence) for other in caption.alternatives)
    return NewCaption(caption.text, caption.confidence, others)
