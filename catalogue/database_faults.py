"""A driver's errors by their meaning: busy, away, full. Owns codes and words of both databases; raises nothing."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from catalogue.errors import DatabaseAway, DatabaseBusy, StorageFull, VitrineError

# PostgreSQL's words for "try the transaction again": serialization failure, deadlock, lock not available.
_TRY_AGAIN = frozenset({"40001", "40P01", "55P03"})
_TOO_SLOW = "57014"  # its own limit of time for a statement
_FULL = "53100"
# Shutting down, crashed, starting up, no such database (yet), too many connections, password not right (yet).
_AWAY = frozenset({"57P01", "57P02", "57P03", "3D000", "53300", "28P01", "28000"})
_SQLITE_AWAY = ("unable to open database file", "disk I/O error")


def named(error: DBAPIError | NoConnectionLeft) -> VitrineError | None:
    """The error as the rest of the house knows it; None for a fault of our own statements."""
    if isinstance(error, NoConnectionLeft):
        return DatabaseBusy("Every connection to the database is in use. Try again in a few seconds.")
    code, words = _code(error), str(error.orig)
    if code == _FULL or "database or disk is full" in words:
        return StorageFull("The database's disk is full. Free some space and try again.")
    if is_worth_another_try(error):
        return DatabaseBusy("The database is busy. Try again in a few seconds.")
    if code == _TOO_SLOW:
        return DatabaseBusy("The database took too long to answer. Try again in a few seconds.")
    if error.connection_invalidated or _is_away(error, code, words):
        return DatabaseAway(
            "The database cannot be reached. Try again in a few seconds; if that does not help, see the log."
        )
    return None


def is_worth_another_try(error: DBAPIError | NoConnectionLeft) -> bool:
    """Whether the same transaction may well succeed in a moment."""
    return isinstance(error, DBAPIError) and (_code(error) in _TRY_AGAIN or "database is locked" in str(error.orig))


def _is_away(error: DBAPIError, code: str | None, words: str) -> bool:
    if code is not None:
        return code in _AWAY or code.startswith("08")
    # Of a connection that was never made PostgreSQL's driver knows no code.
    unmade = error.statement is None and isinstance(error, OperationalError | InterfaceError)
    return unmade or any(word in words for word in _SQLITE_AWAY)


def _code(error: DBAPIError) -> str | None:
    code = getattr(error.orig, "sqlstate", None)
    return code if isinstance(code, str) else None
