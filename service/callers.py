"""Who asks, and about which catalogue: known to every route once guards.py has let the request in. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g

from catalogue.keys import includes
from catalogue.states import KeyScope


@dataclass(frozen=True, slots=True)
class Caller:
    """In open mode everybody is an admin of this machine."""

    scope: KeyScope
    catalogue: str  # the name of the one that this request is about

    @property
    def sees_unpublished(self) -> bool:
        return self.may(KeyScope.WRITE)

    def may(self, scope: KeyScope) -> bool:
        return includes(self.scope, scope)


def caller() -> Caller:
    """Who sent the present request."""
    held: Caller = g.caller
    return held


def let_in(who: Caller) -> None:
    g.caller = who
