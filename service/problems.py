"""Errors become problem+json (RFC 9457) here, and nowhere else: the only file that knows both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

import structlog
from flask import Flask, Response, g
from gunicorn.http.errors import ParseException
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError

from catalogue import errors as known
from catalogue.database_faults import named
from catalogue.errors import InvalidInput, VitrineError
from indexing import errors as seen
from service import errors as ours
from service.answers import Fault, Problem

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kind:
    """How an error type is answered; `retry_after_s` where coming back later helps."""

    status: HTTPStatus
    title: str
    retry_after_s: int | None = None


KINDS: Mapping[type[VitrineError], Kind] = MappingProxyType(
    {
        ours.NotJson: Kind(HTTPStatus.BAD_REQUEST, "Not JSON"),
        ours.MalformedForm: Kind(HTTPStatus.BAD_REQUEST, "Malformed form"),
        ours.NotMultipart: Kind(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Not a multipart form"),
        ours.NotNdjson: Kind(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Not lines of JSON"),
        ours.NoPhotoAccepted: Kind(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "No photo among the parts"),
        ours.BodyTooSlow: Kind(HTTPStatus.REQUEST_TIMEOUT, "The body came too slowly"),
        ours.RequestRefused: Kind(HTTPStatus.FORBIDDEN, "Refused"),
        ours.KeyRequired: Kind(HTTPStatus.UNAUTHORIZED, "A key is needed"),
        ours.KeyRefused: Kind(HTTPStatus.UNAUTHORIZED, "The key is refused"),
        ours.ScopeTooSmall: Kind(HTTPStatus.FORBIDDEN, "The key's scope is too small"),
        ours.OtherCatalogue: Kind(HTTPStatus.FORBIDDEN, "The key is for another catalogue"),
        ours.CursorInvalid: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid cursor"),
        ours.CursorExpired: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Expired cursor"),
        ours.QueryExpired: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Expired query photo"),
        seen.SeqNotReached: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Change number not reached"),
        ours.ModelNotReady: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "No model yet", retry_after_s=5),
        ours.ModelBusy: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The model is busy", retry_after_s=1),
        seen.FilterSyntax: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "A filter that cannot be read"),
        seen.UnknownField: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "No such field"),
        seen.FilterType: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "A filter compares what cannot be compared"),
        seen.ViewBehind: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "Not loaded yet", retry_after_s=1),
        ours.SeedsNotReady: Kind(HTTPStatus.CONFLICT, "Photos not ready", retry_after_s=5),
        known.FieldConversion: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Values that cannot be converted"),
        known.FieldTypeMismatch: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Wrong type for a field"),
        known.InvalidInput: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid input"),
        known.NotFound: Kind(HTTPStatus.NOT_FOUND, "Not found"),
        known.PhotoMissing: Kind(HTTPStatus.NOT_FOUND, "The photo's file is missing"),
        known.VersionMismatch: Kind(HTTPStatus.PRECONDITION_FAILED, "Somebody else wrote in between"),
        known.PhotoNotFailed: Kind(HTTPStatus.CONFLICT, "Only a failed photo can be retried"),
        known.ImageRejected: Kind(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Not a photo that can be read"),
        known.PhotoTooLarge: Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The photo is too large"),
        known.UploadsBusy: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "Too many uploads at once", retry_after_s=2),
        known.StorageFull: Kind(HTTPStatus.INSUFFICIENT_STORAGE, "The disk is full"),
        known.PhotoStoreUnreachable: Kind(
            HTTPStatus.SERVICE_UNAVAILABLE, "The photo store cannot be reached", retry_after_s=5
        ),
        known.DatabaseBusy: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The database is busy", retry_after_s=2),
        known.DatabaseAway: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The database cannot be reached", retry_after_s=5),
    }
)

UNEXPECTED = "Something went wrong here that is not your fault. The log has it under this request's id."
_INTERNAL = Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error")

# What werkzeug raises by itself: code, kind and sentence, since its own are HTML-minded.
_HTTP: Mapping[int, tuple[str, Kind, str]] = MappingProxyType(
    {
        400: (
            "bad-request",
            Kind(HTTPStatus.BAD_REQUEST, "Bad request"),
            "The request could not be read. Check its body, and that all of it was sent.",
        ),
        404: (known.NotFound.code, KINDS[known.NotFound], "There is nothing at this address."),
        405: (
            "method-not-allowed",
            Kind(HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed"),
            "This address does not take that method.",
        ),
        413: (
            "too-large",
            Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large"),
            "The request's body is larger than this call takes. Send less at a time.",
        ),
    }
)

# Every type of problem there is, by its code: each has a page, and the contract says which call answers which.
TYPES: Mapping[str, Kind] = MappingProxyType(
    {error.code: kind for error, kind in KINDS.items()}
    | {code: kind for code, kind, _ in _HTTP.values()}
    | {VitrineError.code: _INTERNAL}
)


def problem_of(error: VitrineError) -> Problem:
    """The error as the API shows it."""
    kind = _kind(error)
    faults = error.faults if isinstance(error, InvalidInput) else ()
    shown = [Fault(pointer=fault.pointer, detail=fault.detail) for fault in faults]
    return _problem(error.code, kind, str(error), shown)


def register(app: Flask) -> None:
    """Answer every error of this app by a problem."""
    app.register_error_handler(VitrineError, _answer_known)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(ParseException, _answer_malformed)
    app.register_error_handler(DBAPIError, _answer_of_database)
    app.register_error_handler(NoConnectionLeft, _answer_of_database)
    app.register_error_handler(Exception, _answer_unexpected)


def _kind(error: VitrineError) -> Kind:
    return next((KINDS[base] for base in type(error).__mro__ if base in KINDS), _INTERNAL)


def _problem(code: str, kind: Kind, detail: str, faults: Sequence[Fault] = ()) -> Problem:
    problem = Problem(
        type=f"/problems/{code}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=g.get("request_id", ""),
    )
    return problem.model_copy(update={"errors": list(faults)}) if faults else problem


def _response(problem: Problem, kind: Kind) -> Response:
    response = Response(
        problem.model_dump_json(exclude_unset=True), status=problem.status, content_type="application/problem+json"
    )
    if kind.retry_after_s is not None:
        response.headers["Retry-After"] = str(kind.retry_after_s)
    if kind.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _answer_known(error: VitrineError) -> Response:
    kind = _kind(error)
    return _answer_unexpected(error) if kind is _INTERNAL else _response(problem_of(error), kind)


def _answer_http(error: HTTPException) -> Response:
    if error.code is not None and error.code >= InternalServerError.code:
        return _answer_unexpected(error)
    code, kind, detail = _HTTP.get(error.code or BadRequest.code, _HTTP[BadRequest.code])
    response = _response(_problem(code, kind, detail), kind)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _answer_malformed(_error: Exception) -> Response:
    """The server reads chunks while the body is read, and finds only then that they are none."""
    return _answer_http(BadRequest())


def _answer_of_database(error: DBAPIError | NoConnectionLeft) -> Response:
    """SQL is the truth: without it there is no answer, and never an older one from the index."""
    meant = named(error)
    if meant is None:
        return _answer_unexpected(error)
    log.error("database_failed", code=meant.code, exc_info=error)
    return _answer_known(meant)


def _answer_unexpected(error: Exception) -> Response:
    log.error("request_failed", exc_info=error)
    return _response(_problem(VitrineError.code, _INTERNAL, UNEXPECTED), _INTERNAL)
