"""How a database would go about a statement, in its own words; sorts and walks over whole tables are named alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy

from catalogue.database import Database

SORT, WALK = "sort", "walk"
# A table of a few rows is walked whatever its indexes: PostgreSQL is to say what it would do with many.
_AS_IF_LARGE = ("enable_seqscan", "enable_bitmapscan", "enable_sort")


@contextmanager
def noticed(database: Database, wanted: Callable[[str], bool]) -> Iterator[list[tuple[str, Any]]]:
    """The statements of writers that are sent meanwhile, with their values."""
    seen: list[tuple[str, Any]] = []

    def notice(*event: Any) -> None:
        if wanted(event[2]):
            seen.append((event[2], event[3]))

    sqlalchemy.event.listen(database.write_engine, "before_cursor_execute", notice)
    try:
        yield seen
    finally:
        sqlalchemy.event.remove(database.write_engine, "before_cursor_execute", notice)


def plan(database: Database, statement: str, values: Any) -> str:
    """The plan's lines, in which `sort` means that rows are sorted, and `walk TABLE` that all of it is read."""
    with database.write_engine.begin() as connection:
        if database.is_sqlite:
            steps = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            return "\n".join(steps).replace("USE TEMP B-TREE FOR ORDER BY", SORT).replace("SCAN ", f"{WALK} ")
        for name in _AS_IF_LARGE:
            connection.exec_driver_sql(f"SET LOCAL {name} = off")
        steps = [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]
        return "\n".join(steps).replace("Sort  (", f"{SORT}  (").replace("Seq Scan on ", f"{WALK} ")
