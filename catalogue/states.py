"""The words a column may hold, and the allowed moves of a photo: plain Enums, so that mypy rejects a typo."""

from __future__ import annotations

import enum


class PhotoStatus(enum.Enum):
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


MOVES = {
    PhotoStatus.PENDING: {PhotoStatus.READY, PhotoStatus.FAILED},
    PhotoStatus.FAILED: {PhotoStatus.PENDING, PhotoStatus.READY},  # a retry; a switch to a set that did not fail on it
    PhotoStatus.READY: {PhotoStatus.FAILED},  # a switch to a model set under which this photo failed
}


def moved(present: PhotoStatus, to: PhotoStatus) -> PhotoStatus:
    """Where a photo goes; a move that is not allowed is a fault of ours."""
    if to not in MOVES[present]:
        raise AssertionError(f"A photo cannot go from {present.value} to {to.value}.")
    return to


class CaptionSource(enum.Enum):
    MODEL = "model"
    PERSON = "person"
    IMPORT = "import"


class WorkKind(enum.Enum):
    """`TEXT` sorts before `PICTURE` in claims: it is cheap, and somebody has just edited a title."""

    TEXT = "text"
    PICTURE = "picture"


class ChangeKind(enum.Enum):
    """What a reader of the feed has to read again; never a value."""

    VECTORS = "vectors"
    TEXT = "text"
    ATTRIBUTES = "attributes"
    HIDDEN = "hidden"
    GONE = "gone"
    CATALOGUE = "catalogue"


class Space(enum.Enum):
    LOOK = "look"
    MEANING = "meaning"
    WORDS = "words"


class FieldType(enum.Enum):
    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    STRINGS = "list of strings"
    NUMBERS = "list of numbers"
    BOOLEANS = "list of booleans"


class KeyScope(enum.Enum):
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
