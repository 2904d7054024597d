"""How SQLite, which has no statistics, goes about the statements that look for an item's photos."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue.catalogues import Catalogue
from catalogue.database import Database
from catalogue.listing import list_items
from indexing.loading import read_touched
from indexing.queries import Hit
from indexing.view import empty_view
from service.hydration import hydrate
from tests.plans import plan

HIT = Hit(uuid7(), uuid7(), confidence=0.5, score=0.5, photos=1, why=None)


def hits(session: Session, catalogue: Catalogue) -> Any:
    return hydrate(session, empty_view(catalogue), [HIT])


def items_by_state(session: Session, catalogue: Catalogue) -> Any:
    return list_items(session, catalogue, state="ready", limit=5, after=None)


def items_read_again(session: Session, catalogue: Catalogue) -> Any:
    return read_touched(session, catalogue, [HIT.item_id], set(), {})


@pytest.mark.parametrize("read", [hits, items_by_state, items_read_again])
def test_photos_of_an_item_are_found_by_the_item_and_not_by_their_state(
    database: Database, catalogue: Catalogue, read: Any
) -> None:
    if not database.is_sqlite:
        return  # it has statistics, and these tables are empty
    sent: list[tuple[str, Any]] = []
    with database.reading() as session:
        engine = session.get_bind()
        sqlalchemy.event.listen(engine, "before_cursor_execute", lambda *event: sent.append((event[2], event[3])))
        read(session, catalogue)
    plans = [plan(database, statement, values) for statement, values in sent if "photos" in statement]
    assert plans
    for one in plans:
        assert "status" not in one
