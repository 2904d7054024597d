"""The error tree. Owns what can go wrong and the sentence that says what to do; knows nothing of HTTP.

VitrineError
├── SettingsInvalid         a setting is wrong: named with its value and range
├── SchemaUnsupported       the database is at a revision this code cannot serve
├── InvalidInput            well-formed and wrong; lists each fault by JSON pointer
│   ├── FieldTypeMismatch   a value of another type than its field's
│   └── FieldConversion     a field has values that cannot be of the type it is to get
├── NotFound                no such thing in this catalogue
├── VersionMismatch         somebody else wrote in between
├── PhotoNotFailed          only a failed photo can be retried
├── ImageRejected           the bytes are no photo that Vitrine takes
├── PhotoTooLarge           more bytes than the limit
├── PhotoMissing            the photo store has no such bytes
├── PhotoStoreUnreachable   the photo store does not answer, refuses, or is not there
├── UploadsBusy             too many uploads or photos at a time
├── BackupInvalid           a backup that cannot be taken, read, or restored here
├── StorageFull             the disk or bucket is full
├── DatabaseBusy            locked or deadlocked even after retries
└── DatabaseAway            it cannot be reached, or was lost on the way
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self


class VitrineError(Exception):
    """Base of all; `code` is stable and part of the contract, the message is one plain sentence for a person."""

    code: ClassVar[str] = "internal"


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong place in an input: a JSON pointer and one plain sentence."""

    pointer: str
    detail: str


class SettingsInvalid(VitrineError):
    code = "settings-invalid"


class SchemaUnsupported(VitrineError):
    code = "schema-unsupported"


class InvalidInput(VitrineError):
    code = "invalid-input"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.detail for fault in faults))
        self.faults = tuple(faults)

    @classmethod
    def at(cls, pointer: str, detail: str) -> Self:
        return cls([Fault(pointer, detail)])


class FieldTypeMismatch(InvalidInput):
    code = "field-type"


class FieldConversion(InvalidInput):
    """`faults` are some of the values; the sentence says how many there are."""

    code = "field-conversion"

    def __init__(self, sentence: str, faults: Sequence[Fault]) -> None:
        super().__init__(faults)
        self.args = (sentence,)


class NotFound(VitrineError):
    code = "not-found"


class VersionMismatch(VitrineError):
    code = "version-mismatch"


class PhotoNotFailed(VitrineError):
    code = "photo-not-failed"


class ImageRejected(VitrineError):
    """`reason` is a stable word for metrics (`truncated`, `too-many-pixels`); the sentence is for a person."""

    code = "not-a-photo"

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason

    def __reduce__(self) -> tuple[type[ImageRejected], tuple[str, str]]:
        # It crosses from the decoding child to its parent.
        return (type(self), (self.reason, str(self)))


class PhotoTooLarge(VitrineError):
    code = "photo-too-large"


class PhotoMissing(VitrineError):
    code = "photo-missing"


class PhotoStoreUnreachable(VitrineError):
    code = "photo-store-unreachable"


class UploadsBusy(VitrineError):
    code = "uploads-busy"


class StorageFull(VitrineError):
    code = "storage-full"


class DatabaseBusy(VitrineError):
    code = "database-busy"


class BackupInvalid(VitrineError):
    code = "backup-invalid"


class DatabaseAway(VitrineError):
    code = "database-unreachable"
