"""Open mode: without keys everything is served, and on loopback only. Owns who is refused; knows no keys."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_address

from flask import Flask, request

from catalogue.errors import SettingsInvalid
from catalogue.settings import Settings
from service.errors import RequestRefused

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"(?P<name>\[::1\]|[a-z0-9.]+)(?::\d{1,5})?", re.IGNORECASE)


def check_address(settings: Settings) -> None:
    """Raises SettingsInvalid for an address that others could reach."""
    host, port = settings.bind
    if not _is_loopback(host):
        raise SettingsInvalid(
            f"VITRINE_BIND is {host}:{port}; without keys Vitrine serves this machine alone. "
            f"Use 127.0.0.1:{port}, and a proxy that asks who is calling."
        )


def register(app: Flask) -> None:
    app.before_request(_refuse_strangers)


def _refuse_strangers() -> None:
    """A page from elsewhere can make a browser call this machine: by another name for it, or across origins."""
    host = request.environ.get("HTTP_HOST", "")
    parts = _HOST.fullmatch(host)
    if parts is None or not _is_loopback(parts["name"].strip("[]")):
        raise RequestRefused(f"The Host {host[:100]!r} is not this machine. Call localhost, 127.0.0.1 or [::1].")
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"{request.scheme}://{host}".lower():
        raise RequestRefused("This request comes from a page of another origin; only this service's own may write.")
    if request.headers.get("Sec-Fetch-Site", "").lower() == "cross-site":
        raise RequestRefused("This request comes from another site; only this service's own pages may write.")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback and (isinstance(address, IPv4Address) or str(address) == "::1")
