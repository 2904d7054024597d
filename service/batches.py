"""Many items in one request: a line each in, an answer a line out. Owns the route and what a line says; how a chunk of
lines is written is the catalogue's.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import structlog
from flask import Response, request, stream_with_context
from sqlalchemy.orm import Session

from catalogue import batches
from catalogue.batches import Delete, Effect, Line, Patch, Put, Written
from catalogue.catalogues import read_catalogue
from catalogue.errors import InvalidInput, VitrineError
from catalogue.items import ItemWrite
from service import answers, schemas
from service.bodies import keep_place
from service.callers import caller
from service.documented import ITEMS, NDJSON, WRITING, blueprint, lines_body, lines_reply, says
from service.errors import NotNdjson
from service.incoming import parse_json
from service.inputs import checked
from service.lines import LINE_BYTES, RawLine, Spooled, spool
from service.problems import UNEXPECTED, problem_of
from service.services import services

api = blueprint("batches", __name__, ITEMS)
log = structlog.get_logger()

STATUS: Mapping[Effect, Literal[200, 201, 204]] = MappingProxyType(
    {Effect.CREATED: 201, Effect.ALTERED: 200, Effect.KEPT: 200, Effect.DELETED: 204}
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A line of the request: what it asks for, or why it asks for nothing."""

    number: int
    sku: str | None
    wanted: Line | VitrineError


@api.post(
    "/items:batch",
    responses={
        **says(problems=[*WRITING, "not-ndjson"]),
        200: lines_reply("An answer a line, in order.", answers.LineWritten, answers.LineProblem),
    },
    openapi_extensions=lines_body(schemas.LineBody),
)
def write_batch(query: schemas.CatalogueQuery) -> Response:
    """Write many items.

    A JSON object a line (NDJSON): at most 10,000 lines and 64 MiB, 1 MiB a line; blank lines are skipped.
    `op` is `patch` (a merge patch, and the default), `put` or `delete`; `put` and `patch` make an item that is missing.
    The other members are those of the single calls.

    Once the body has come whole, lines are written in order, at most 200 in a transaction, and answered as these are
    committed: status 200, 201 or 204 and the change number that shows them, or a problem with the line's number. A
    line that fails stops no other, unless the database cannot be written: then so are answered all that remain. Who
    hangs up in the middle stops what is not committed yet; sending the same lines again does no harm.
    """
    if request.mimetype != NDJSON:
        raise NotNdjson(f"Send the lines with Content-Type: {NDJSON}.")
    with services().database.reading() as session:
        read_catalogue(session, caller().catalogue)
    lines = spool(request.stream, services().incoming)
    logged = structlog.contextvars.get_contextvars()
    response = Response(stream_with_context(_answered(lines, logged)), content_type=NDJSON)
    response.call_on_close(lines.close)
    response.call_on_close(keep_place())
    return response


def _answered(lines: Spooled, logged: Mapping[str, Any]) -> Iterator[str]:
    """Write chunk by chunk; yields the answers of each once it is committed.

    Args:
        logged: what log lines say of the request, which has ended when its answer goes on.
    """
    started = time.perf_counter()
    tally: Counter[str] = Counter()
    failure: VitrineError | None = None
    with structlog.contextvars.bound_contextvars(**logged):
        try:
            for chunk in lines.chunks():
                asked = [_read(line) for line in chunk]
                outcomes = _write(asked) if failure is None else [_untried(failure)] * len(asked)
                if isinstance(outcomes, VitrineError):
                    failure, outcomes = outcomes, [outcomes] * len(asked)
                tally.update(_kind(outcome) for outcome in outcomes)
                yield "".join(_answer(line, outcome) + "\n" for line, outcome in zip(asked, outcomes, strict=True))
        finally:
            services().bell.ring()  # new titles make text work
            log.info("batch_written", **tally, ms=round(1000 * (time.perf_counter() - started), 1))


def _read(raw: RawLine) -> _Asked:
    sku: str | None = None
    try:
        if raw.text is None:
            raise InvalidInput.at("", f"The line has more than {LINE_BYTES:,} bytes. Send less in one.")
        value = parse_json(raw.text, "line")
        sku = value["sku"] if isinstance(value.get("sku"), str) else None
        return _Asked(raw.number, sku, _line(value))
    except VitrineError as error:
        return _Asked(raw.number, sku, error)


def _line(value: dict[str, Any]) -> Line:
    """What a line says. Raises InvalidInput."""
    line = checked(schemas.LineBody, value)
    parts = {name: given for name, given in value.items() if name not in {"op", "sku"}}
    match line.op:
        case "put":
            return Put(line.sku, ItemWrite(**checked(schemas.ItemBody, parts).model_dump()))
        case "patch":
            return Patch(line.sku, line.model_dump(exclude_unset=True, exclude={"op", "sku"}))
        case "delete":
            if parts:
                raise InvalidInput.at(f"/{min(parts)}", "A delete has no other member than 'op' and 'sku'.")
            return Delete(line.sku)


def _write(asked: Sequence[_Asked]) -> list[Written | VitrineError] | VitrineError:
    """One transaction for all lines that can be read; one error for all of them when none could be done."""
    lines = [each.wanted for each in asked if not isinstance(each.wanted, VitrineError)]

    def act(session: Session) -> list[Written | VitrineError]:
        return batches.write_lines(session, read_catalogue(session, caller().catalogue), lines)

    try:
        done = iter(services().database.write(act) if lines else ())
    except VitrineError as error:
        return error
    except Exception:  # the answer has begun, so that nobody else can say how it ends
        log.exception("request_failed")
        return VitrineError(UNEXPECTED)
    return [each.wanted if isinstance(each.wanted, VitrineError) else next(done) for each in asked]


def _untried(failure: VitrineError) -> VitrineError:
    return type(failure)("Lines before this one could not be written, so this one was not tried. Send it again.")


def _kind(outcome: Written | VitrineError) -> str:
    return "refused" if isinstance(outcome, VitrineError) else outcome.effect.value


def _answer(asked: _Asked, outcome: Written | VitrineError) -> str:
    if isinstance(outcome, VitrineError):
        problem = problem_of(outcome).model_dump(exclude_unset=True)
        return answers.LineProblem(sku=asked.sku, line=asked.number, **problem).model_dump_json(exclude_unset=True)
    status = STATUS[outcome.effect]
    changed = outcome.effect is not Effect.KEPT
    return answers.LineWritten(sku=asked.sku or "", status=status, changed=changed, seq=outcome.seq).model_dump_json()
