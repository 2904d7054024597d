"""What is in a request: photos spooled to disk while they are counted and hashed, JSON read strictly. Decodes none."""

from __future__ import annotations

import errno
import hashlib
import json
import uuid
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import IO, Any, NoReturn, cast

import flask
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from catalogue.errors import Fault, InvalidInput, PhotoTooLarge, StorageFull
from service.bodies import JSON_BYTES, Body
from service.errors import MalformedForm, NotJson, NotMultipart
from service.schemas import MOST_PHOTOS
from service.services import services

DEEPEST_JSON = 32
MOST_DIGITS = 300  # of a whole number: what a float still holds


class IncomingPhoto:
    """One uploaded file, on disk until the request ends. More bytes than the limit are counted and thrown away."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.path = folder / uuid.uuid4().hex
        self.size_bytes = 0
        self._max_bytes = max_bytes
        self._hash = hashlib.sha256()
        try:
            self._file = self.path.open("xb")
        except OSError as error:
            _raise_full(error)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def check_size(self) -> None:
        """Raises PhotoTooLarge for more bytes than the limit."""
        if self.size_bytes > self._max_bytes:
            raise PhotoTooLarge(
                f"The photo has {self.size_bytes:,} bytes; the limit is {self._max_bytes:,}. Send a smaller file."
            )

    def read(self, most_bytes: int) -> bytes:
        """All of it, for a part that is no photo. Raises RequestEntityTooLarge."""
        if self.size_bytes > min(most_bytes, self._max_bytes):
            raise RequestEntityTooLarge
        return self.path.read_bytes()

    def write(self, chunk: bytes) -> int:
        self.size_bytes += len(chunk)
        if self.size_bytes <= self._max_bytes:
            self._hash.update(chunk)
            try:
                self._file.write(chunk)
            except OSError as error:
                _raise_full(error)
        return len(chunk)

    def seek(self, position: int) -> int:
        """The form parser rewinds each file at its end: from here on the file on disk is whole.

        It is read by its path, so it need not stay open: a form of a thousand parts would take all files there are.
        """
        try:
            self._file.close()
        except OSError as error:
            _raise_full(error)
        return position

    def close(self) -> None:
        with suppress(OSError):  # the disk was full: closing tries once more to write, and that was answered already
            self._file.close()
        self.path.unlink(missing_ok=True)


class Request(flask.Request):
    """Flask's request with photos on disk, and a body that is refused where Flask would shrug."""

    @cached_property
    def stream(self) -> IO[bytes]:
        return cast(IO[bytes], Body(super().stream, self.content_length))

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: FBT001, FBT002 - Flask's
        """The body, which must be a JSON object; `silent` is ignored, for what is not JSON is a 400."""
        if not self.is_json:
            raise NotJson("The body must be JSON: send it with Content-Type: application/json.")
        return parse_json(self.get_data(cache=cache))

    def make_form_data_parser(self) -> FormDataParser:
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        # Photos beyond the tenth will be refused: their bytes need not be kept.
        kept = services().settings.max_photo_bytes if len(self._spooled) < MOST_PHOTOS else 0
        photo = IncomingPhoto(services().incoming, kept)
        self._spooled.append(photo)
        return cast(IO[bytes], photo)

    @property
    def _spooled(self) -> list[IncomingPhoto]:
        spooled: list[IncomingPhoto] = self.__dict__.setdefault("spooled_photos", [])
        return spooled

    def close(self) -> None:
        for photo in self._spooled:  # also those of a form that was never read to its end
            photo.close()


def register(app: flask.Flask) -> None:
    app.request_class = Request


def read_photos(*, most: int = MOST_PHOTOS, texts: frozenset[str] = frozenset()) -> list[IncomingPhoto]:
    """The parts named `photo` of this multipart request; `texts` names the text parts that may be beside them.

    Raises:
        NotMultipart, MalformedForm: the body is no form, or a broken one.
        InvalidInput: no photo, too many, or a part of another name.
    """
    if flask.request.mimetype != "multipart/form-data":
        raise NotMultipart("Send the photo as multipart/form-data, in a file part named photo.")
    try:
        files, form = flask.request.files, flask.request.form
    except ValueError as error:
        raise MalformedForm(f"The multipart body cannot be read ({error}). Send it again, whole.") from error
    unknown = sorted(name or "" for name in {*files, *form} - {"photo"} - texts)  # a part may have no name at all
    if "photo" in form:
        raise InvalidInput.at("/photo", "The part named photo has no file name; send it as a file.")
    if unknown:
        raise InvalidInput([Fault(f"/{name}", f"The form has no part named {name!r}.") for name in unknown])
    photos = files.getlist("photo")
    if not 1 <= len(photos) <= most:
        number = "1 photo" if most == 1 else f"1 to {most} photos"
        raise InvalidInput.at("/photo", f"The form has {len(photos)} parts named photo; this call takes {number}.")
    return [_incoming(photo) for photo in photos]


def read_text(name: str) -> bytes | str | None:
    """The text part of that name, None when there is none. Browsers send a JSON Blob with a file name: both will do.

    Raises:
        InvalidInput: there are several. RequestEntityTooLarge.
    """
    texts, files = flask.request.form.getlist(name), flask.request.files.getlist(name)
    if (number := len(texts) + len(files)) > 1:
        raise InvalidInput.at(f"/{name}", f"The form has {number} parts named {name!r}; send one.")
    return _incoming(files[0]).read(JSON_BYTES) if files else next(iter(texts), None)


def parse_json(body: bytes | str, name: str = "body") -> dict[str, Any]:
    """A JSON object; `name` is what sentences call it.

    Raises:
        NotJson: not JSON, or not UTF-8.
        InvalidInput: JSON that is no object, nested deeper than 32, with text that is no Unicode, or a number beyond
            all bounds.
    """
    try:
        # Python would read UTF-16 and UTF-32 as well.
        text = body if isinstance(body, str) else body.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant, parse_int=_whole)
    except RecursionError:
        raise InvalidInput.at("", f"The JSON is nested deeper than {DEEPEST_JSON} levels.") from None
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError
        raise NotJson(f"The {name} is not JSON: {str(error)[:200]}.") from None
    if not isinstance(value, dict):
        raise InvalidInput.at("", f"The {name} must be a JSON object.")
    _check_depth(value)
    if "\\u" in text:  # decoded, a text holds neither unless by an escape
        _check_text(value)
    return value


def _incoming(photo: FileStorage) -> IncomingPhoto:
    if not isinstance(photo.stream, IncomingPhoto):
        raise TypeError("A photo came by another way than Request._get_file_stream.")
    return photo.stream


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise InvalidInput.at("", f"The JSON holds a number of {len(digits):,} digits; the limit is {MOST_DIGITS}.")
    return int(digits)


def _check_depth(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(DEEPEST_JSON):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise InvalidInput.at("", f"The JSON is nested deeper than {DEEPEST_JSON} levels.")


def _check_text(value: dict[str, Any]) -> None:
    """Half a surrogate pair and NUL are JSON, and no text that a database keeps."""
    text = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in text.replace("\\\\", ""):
        raise InvalidInput.at("", "The JSON holds a NUL character (\\u0000), which no text here may.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput.at("", "The JSON holds half a surrogate pair, which is no Unicode text.") from None


def _raise_full(error: OSError) -> NoReturn:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        raise error
    raise StorageFull("The disk is full: the photo was not kept. Free some space and send it again.") from error
