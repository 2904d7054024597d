"""What every exchange has: a request id, one summary line in the log, headers, answers from models. No routes."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

import structlog
from flask import Flask, Response, g, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from catalogue import changes, traces
from catalogue.catalogues import Catalogue
from catalogue.errors import InvalidInput
from indexing.errors import SeqNotReached
from service import metrics

log = structlog.get_logger()

_SANE = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SEQ_HEADER = "Vitrine-Seq"
MIN_SEQ_HEADER = "Vitrine-Min-Seq"


def register(app: Flask) -> None:
    app.before_request(_begin)
    app.before_request(_refuse_what_is_no_text)
    app.before_request(_refuse_repeated_parameters)
    app.after_request(_finish)
    app.teardown_request(_forget)


def answer(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The model as JSON; what was not set is left out, what was set to None is null."""
    return Response(
        model.model_dump_json(exclude_unset=True), status=status, headers=headers, content_type="application/json"
    )


def nothing(headers: Mapping[str, str], status: int = 204) -> Response:
    """An answer without a body: 204, or 304."""
    response = Response(status=status, headers=headers)
    response.headers.pop("Content-Type", None)
    return response


def seq_header(seq: int) -> dict[str, str]:
    return {SEQ_HEADER: str(seq)}


def min_seq() -> int | None:
    """The change number that the caller wants to see. Raises InvalidInput when it is none."""
    given = request.headers.get(MIN_SEQ_HEADER)
    if given is None:
        return None
    if not given.isascii() or not given.isdecimal() or len(given) > 18:
        raise InvalidInput.at("", f"{MIN_SEQ_HEADER} is {given[:40]!r}; it must be a number that Vitrine-Seq gave.")
    return int(given)


def check_reached(session: Session, catalogue: Catalogue) -> None:
    """SQL shows every write at once; only a number that it never gave is wrong. Raises SeqNotReached."""
    wanted = min_seq()
    if wanted is not None and wanted > (present := changes.present(session, catalogue.id)):
        raise SeqNotReached(f"{MIN_SEQ_HEADER} is {wanted}; the catalogue is at {present}. Send a number that it gave.")


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE.fullmatch(given) else uuid.uuid4().hex
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    # The bell passes both on to tasks; work keeps the trace.
    structlog.contextvars.bind_contextvars(**{traces.NAME: traces.next_hop(request.headers.get(traces.NAME))})


def _refuse_what_is_no_text() -> None:
    """Latin-1 would be read as U+FFFD, and two skus that differ would become one; NUL is no database's text."""
    for part in (request.environ["PATH_INFO"].encode("latin-1"), unquote_to_bytes(request.query_string)):
        try:
            text = part.decode()
        except UnicodeDecodeError:
            raise InvalidInput.at("", "The address is not in UTF-8. Percent-encode its text as UTF-8.") from None
        if "\0" in text:
            raise InvalidInput.at("", "The address holds a NUL character (%00), which no text here may.")


def _refuse_repeated_parameters() -> None:
    for name, values in request.args.lists():
        if len(values) > 1:
            raise InvalidInput.at(f"/{name}", f"{name!r} is given {len(values)} times; give it once.")


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    if request.method == "OPTIONS" and response.status_code == 200:
        response.headers.pop("Content-Type", None)  # Flask calls its own empty answer HTML
    route = request.url_rule.rule if request.url_rule else None
    seconds = time.perf_counter() - g.started
    metrics.count_request(route, request.method, response.status_code, seconds)
    log.info("request", method=request.method, route=route, status=response.status_code, ms=round(1000 * seconds, 1))
    return response


def _forget(_error: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("request_id", traces.NAME)
