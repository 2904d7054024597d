"""Request bodies on their way in: how large, how many at a time, whether all of one came. Reads no form and no JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

import flask
from werkzeug.exceptions import ClientDisconnected

from catalogue.errors import UploadsBusy
from service.door import BODY_S, PatientSocket
from service.errors import BodyTooSlow
from service.schemas import MOST_PHOTOS
from service.services import services

JSON_BYTES = 2**20
FORM_SLACK_BYTES = 2**20  # part headers, boundaries and the JSON part
BATCH_BYTES = 64 * 2**20
BATCH = "batches.write_batch"  # the route that reads a body of lines by itself


class Body:
    """A request's body as its handler reads it. Owns that it comes in time and to its end."""

    def __init__(self, stream: IO[bytes], length: int | None) -> None:
        self._stream = stream
        self._length = length  # None where it comes in chunks, which say themselves where they end
        self._read = 0
        self.is_finished = False

    def read(self, size: int = -1) -> bytes:
        """As a file does.

        Raises:
            BodyTooSlow: the client has stalled.
            ClientDisconnected: it left before the end.
            RequestEntityTooLarge: there are more bytes than this call takes.
        """
        try:
            chunk = self._stream.read(size)
        except ClientDisconnected as error:
            if isinstance(error.__context__, TimeoutError):
                raise BodyTooSlow(
                    f"The request's body stopped coming, or came too slowly, for {BODY_S:.0f} seconds. Send it again."
                ) from error
            raise
        self._read += len(chunk)
        self.is_finished = size < 0 or (size > 0 and not chunk) or self._read == self._length
        if (size < 0 or not chunk) and self._length is not None and self._read < self._length:
            raise ClientDisconnected
        return chunk


def register(app: flask.Flask) -> None:
    app.before_request(_take)
    app.after_request(_part)
    app.teardown_request(_leave)


def keep_place() -> Callable[[], None]:
    """This request's place is kept until what is returned is called: its answer goes on when the request has ended."""
    has_place = flask.g.pop("has_place", False)
    places = services().bodies

    def leave() -> None:
        if has_place:
            places.release()

    return leave


def _take() -> None:
    """A form keeps its place until it is answered, for its photos are decoded meanwhile; the rest is read at once."""
    request = flask.request
    is_form = request.mimetype == "multipart/form-data"
    request.max_content_length = _most_bytes(request, is_form=is_form)
    if not _has_body():
        return
    if not services().bodies.acquire(blocking=False):
        raise UploadsBusy("Too many requests are being received already. Send this one again in a few seconds.")
    flask.g.has_place = True
    if not is_form and request.endpoint != BATCH:
        request.get_data()
        _leave(None)


def _most_bytes(request: flask.Request, *, is_form: bool) -> int:
    if is_form:
        return MOST_PHOTOS * services().settings.max_photo_bytes + FORM_SLACK_BYTES
    return BATCH_BYTES if request.endpoint == BATCH else JSON_BYTES


def _leave(_error: BaseException | None) -> None:
    if flask.g.pop("has_place", False):
        services().bodies.release()


def _part(response: flask.Response) -> flask.Response:
    """Unread bytes would be taken for the next request: the connection ends, once the client has got its answer."""
    connection: Any = flask.request.environ.get("gunicorn.socket")
    if isinstance(connection, PatientSocket) and _has_body() and not _is_read():
        connection.close_after_answer()
    return response


def _has_body() -> bool:
    return bool(flask.request.content_length) or "Transfer-Encoding" in flask.request.headers


def _is_read() -> bool:
    body = flask.request.__dict__.get("stream")  # there once it was asked for
    return isinstance(body, Body) and body.is_finished
