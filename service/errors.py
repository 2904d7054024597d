"""What can go wrong at the doors alone. Owns these types and their codes; their HTTP status is in problems.py.

VitrineError
├── NotJson            the body is not JSON
├── MalformedForm      the multipart body cannot be read
├── NotMultipart       photos come as multipart/form-data
├── NotNdjson          a batch comes as lines of JSON
├── NoPhotoAccepted    several photos were sent, and none is one: its faults say why
├── BodyTooSlow        the client stalled while it sent its request
├── RequestRefused     open mode: a foreign Host or Origin; a key: an Origin that is not among its own
├── KeyRequired        there are keys, and none was sent
├── KeyRefused         the key is unknown, wrong or revoked
├── ScopeTooSmall      the key is for less than this call
├── OtherCatalogue     the key is for another catalogue than the one that was named
├── CursorInvalid      not a cursor of ours, or of another query
├── CursorExpired      model set or settings have changed since
├── QueryExpired       a query photo's token that is not known, or no longer
├── ModelNotReady      no model set is active, or its checkpoint is not there
├── ModelBusy          every place before the model is taken
└── SeedsNotReady      look-alikes of an item whose photos are not ready
"""

from __future__ import annotations

from catalogue.errors import InvalidInput, VitrineError


class NotJson(VitrineError):
    code = "not-json"


class MalformedForm(VitrineError):
    code = "malformed-form"


class NotMultipart(VitrineError):
    code = "not-multipart"


class NotNdjson(VitrineError):
    code = "not-ndjson"


class NoPhotoAccepted(InvalidInput):
    code = "no-photo-accepted"


class BodyTooSlow(VitrineError):
    code = "body-too-slow"


class RequestRefused(VitrineError):
    code = "request-refused"


class KeyRequired(VitrineError):
    code = "key-required"


class KeyRefused(VitrineError):
    code = "key-refused"


class ScopeTooSmall(VitrineError):
    code = "scope-too-small"


class OtherCatalogue(VitrineError):
    code = "other-catalogue"


class CursorInvalid(InvalidInput):
    code = "invalid-cursor"


class CursorExpired(InvalidInput):
    code = "cursor-expired"


class QueryExpired(InvalidInput):
    code = "query-expired"


class ModelNotReady(VitrineError):
    code = "model-not-ready"


class ModelBusy(VitrineError):
    code = "model-busy"


class SeedsNotReady(VitrineError):
    code = "seeds-not-ready"
