"""How Alembic meets our database: one connection that the caller hands in, one writer at a time."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from catalogue import models  # noqa: F401 - the tables are only known once this was imported
from catalogue.columns import Base, Json, UtcDateTime
from catalogue.migrate import take_lock


def in_plain_types(kind: str, value: Any, autogen: Any) -> str | Literal[False]:
    """Migrations name the database's types, not ours: they must not change when our classes do."""
    if kind == "type" and isinstance(value, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and value is Json:
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def migrate(connection: Connection) -> None:
    take_lock(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=False,
        render_item=in_plain_types,
    )
    with context.begin_transaction():
        context.run_migrations()


migrate(context.config.attributes["connection"])
