"""Who is let in: by a key, or in open mode, on loopback, by being this machine. Owns the refusals; routes' scopes are
in scopes.py.

Without keys a page from elsewhere is the danger: it can make a browser call this machine. With keys there is nothing
to guard against that: no browser sends a key by itself, as it would a cookie.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_address

from flask import Flask, request
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from catalogue import keys
from catalogue.catalogues import DEFAULT
from catalogue.database import Database
from catalogue.errors import SettingsInvalid, VitrineError
from catalogue.keys import Key
from catalogue.settings import Settings
from catalogue.states import KeyScope
from service.callers import Caller, let_in
from service.errors import OtherCatalogue, RequestRefused, ScopeTooSmall
from service.scopes import needed
from service.services import services

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"(?P<name>\[::1\]|[a-z0-9.]+)(?::\d{1,5})?", re.IGNORECASE)


def check_address(settings: Settings) -> None:
    """Raises SettingsInvalid for an address that others could reach, unless there are keys or the first is given."""
    host, port = settings.bind
    if not _is_loopback(host) and not settings.admin_key and _is_without_keys(settings):
        raise SettingsInvalid(
            f"VITRINE_BIND is {host}:{port}; without keys Vitrine serves this machine alone. Make one first "
            f"(`vitrine prepare`, then `vitrine keys create`), or use 127.0.0.1:{port}."
        )


def register(app: Flask) -> None:
    app.before_request(_guard)


def _guard() -> None:
    scope = needed(request.endpoint)
    if scope is None:
        return
    key = services().keyring.admit(_bearer())
    who = _stranger() if key is None else _holder(key)
    if not who.may(scope):
        raise ScopeTooSmall(f"This call needs a key of the scope {scope.value}; this one is for {who.scope.value}.")
    let_in(who)


def _bearer() -> str | None:
    """The key that was sent, None when there is none."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def _holder(key: Key) -> Caller:
    origin = request.headers.get("Origin")
    if key.origins and origin is not None and origin.lower() not in key.origins:
        raise RequestRefused("This key is not for pages of this origin. Its admin can make one that is.")
    asked = request.args.get("catalogue")
    if key.catalogue is None:
        return Caller(key.scope, DEFAULT if asked is None else asked)
    if asked is not None and asked != key.catalogue:
        raise OtherCatalogue(f"This key is for the catalogue {key.catalogue!r} alone. Leave 'catalogue' out.")
    return Caller(key.scope, key.catalogue)


def _stranger() -> Caller:
    """Open mode: this machine's own may do everything. Another name for it, or another origin, is a page's trick."""
    if not _is_loopback(services().settings.bind[0]):
        raise RequestRefused("This service has no key yet, and others can reach it. Make one: `vitrine keys create`.")
    host = request.environ.get("HTTP_HOST", "")
    parts = _HOST.fullmatch(host)
    if parts is None or not _is_loopback(parts["name"].strip("[]")):
        raise RequestRefused(f"The Host {host[:100]!r} is not this machine. Call localhost, 127.0.0.1 or [::1].")
    if request.method not in SAFE_METHODS:
        _refuse_other_pages(host)
    return Caller(KeyScope.ADMIN, request.args.get("catalogue", DEFAULT))


def _refuse_other_pages(host: str) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"{request.scheme}://{host}".lower():
        raise RequestRefused("This request comes from a page of another origin; only this service's own may write.")
    if request.headers.get("Sec-Fetch-Site", "").lower() == "cross-site":
        raise RequestRefused("This request comes from another site; only this service's own pages may write.")


def _is_without_keys(settings: Settings) -> bool:
    """A database that cannot be asked now may hold keys: until it can, each request is answered by a 503."""
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            return not (inspect(session.connection()).has_table("keys") and keys.are_there(session))
    except (VitrineError, SQLAlchemyError):
        return False
    finally:
        database.close()


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback and (isinstance(address, IPv4Address) or str(address) == "::1")
