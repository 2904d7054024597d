"""Fields: what they are called, hold and may become. Owns the routes; types are the catalogue's, values the view's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import structlog
from flask import Response
from sqlalchemy.orm import Session

from catalogue import dates
from catalogue.catalogues import read_catalogue
from catalogue.declaring import Declared, declare, declared_names
from catalogue.fields import RESERVED
from catalogue.prices import from_minor
from catalogue.states import FieldType
from indexing.errors import ViewBehind
from indexing.fields import Scalar
from indexing.fields.overview import overview
from indexing.view import View
from service import reports, schemas
from service.callers import caller
from service.documented import FIELDS, JSON, SEQ, VIEWING, WRITING, Reply, blueprint, says
from service.exchange import answer, seq_header
from service.search import MIN_SEQ_WAIT_S, present_view
from service.services import services

log = structlog.get_logger()

MOST_EXAMPLES = 3

api = blueprint("fields", __name__, FIELDS)


@api.get("/fields", responses=says(Reply(200, "All fields.", reports.Fields), problems=VIEWING))
def list_fields(query: schemas.CatalogueQuery) -> Response:
    """List fields.

    With their types, how many distinct values they have and which are the commonest. Values of unpublished items count
    only for a key that may write.
    """
    view = present_view()
    with services().database.reading() as session:
        declared = declared_names(session, view.catalogue.id)
    names = sorted(view.fields, key=lambda name: (name in RESERVED, name))
    listed = [_report(view, name, declared=name in declared) for name in names]
    return answer(reports.Fields(fields=listed, seq=view.seq))


@api.patch(
    "/fields/<path:name>",
    responses=says(
        Reply(200, "The field as it is now.", reports.FieldReport, (SEQ,)),
        Reply(201, "The field, which is new.", reports.FieldReport, (SEQ,)),
        problems=[*WRITING, *JSON, "field-conversion"],
    ),
)
def declare_field(path: schemas.FieldPath, query: schemas.CatalogueQuery, body: schemas.FieldBody) -> Response:
    """Set a field's type.

    All its values are converted, or none is; a field that is not there is made. Items whose values change get a new
    version. Until it is done, which takes some seconds for 100,000 items, other writes of attributes wait.
    """

    def act(session: Session) -> tuple[UUID, Declared]:
        catalogue = read_catalogue(session, caller().catalogue)
        return catalogue.id, declare(session, catalogue.id, path.name, FieldType(body.type))

    catalogue_id, done = services().database.write(act)
    log.info("field_declared", type=body.type, made=done.made, items=done.converted)
    return answer(
        _declared(catalogue_id, path.name, body.type, done.seq),
        status=201 if done.made else 200,
        headers=seq_header(done.seq),
    )


def _declared(catalogue_id: UUID, name: str, type_: schemas.TypeName, seq: int) -> reports.FieldReport:
    """As the list shows it, once this process has loaded the change; it waits for that, but not for long."""
    try:
        view = services().views.wait_for(catalogue_id, seq, MIN_SEQ_WAIT_S)
    except ViewBehind:
        return reports.FieldReport(name=name, type=type_, declared=True, reserved=False)
    return _report(view, name, declared=True)


def _report(view: View, name: str, *, declared: bool) -> reports.FieldReport:
    column = view.fields[name]
    seen = view.items.live if caller().sees_unpublished else view.shown
    found = overview(column, np.flatnonzero(seen), MOST_EXAMPLES)
    return reports.FieldReport(
        name=name,
        type=column.type.value,
        declared=declared,
        reserved=name in RESERVED,
        cardinality=found.cardinality,
        examples=[_shown(view, name, column.type, value) for value in found.examples],
    )


def _shown(view: View, name: str, type_: FieldType, value: Scalar) -> Any:
    """A column's value as the API writes it."""
    if name == "price":
        return from_minor(int(value), view.catalogue.currency)
    if type_ is FieldType.DATE:
        return dates.to_text(int(value))
    return int(value) if isinstance(value, float) and value.is_integer() else value
