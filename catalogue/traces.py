"""Whose request caused what: W3C trace context, from request to ring to work. Owns its form; reports to no tracer."""

from __future__ import annotations

import re
import secrets

import structlog

NAME = "traceparent"  # of the header and of the logs' context variable
# https://www.w3.org/TR/trace-context/: version, trace, span of the caller, flags; later versions may go on.
_FORM = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})"
    r"(?P<rest>-.*)?"
)
_SAMPLED = 1  # the one flag that version 00 knows


def next_hop(given: str | None) -> str:
    """The caller's trace with a span of our own; a new trace where none, or none that can be read, was given."""
    parts = _FORM.fullmatch(given or "")
    if parts is None or (parts["version"] == "00" and parts["rest"]):
        return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    return f"00-{parts['trace']}-{secrets.token_hex(8)}-{int(parts['flags'], 16) & _SAMPLED:02x}"


def present() -> str | None:
    """The trace under which this thread works now."""
    trace: str | None = structlog.contextvars.get_contextvars().get(NAME)
    return trace
