"""What an item's texts may be: lengths, characters, web addresses. Reads no row; attributes are fields.py's."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from catalogue.errors import InvalidInput

LONGEST_SKU = 128
LONGEST_GROUP = 128
LONGEST_TITLE = 1_000
LONGEST_URL = 2_000


def check_sku(sku: str) -> str:
    """The sku itself, or InvalidInput: 1–128 characters, NFC, no slash, no control characters."""
    if not 1 <= len(sku) <= LONGEST_SKU:
        raise InvalidInput.at("/sku", f"A sku has 1 to {LONGEST_SKU} characters; this one has {len(sku)}.")
    if "/" in sku or _has_control_characters(sku) or sku in {".", ".."}:
        raise InvalidInput.at("/sku", "A sku may not hold a slash or control characters, nor be one or two dots alone.")
    if sku != unicodedata.normalize("NFC", sku):
        raise InvalidInput.at("/sku", "A sku must be in Unicode's NFC form.")
    return sku


def check_title(title: str) -> None:
    _check_line("title", title, LONGEST_TITLE)


def check_group(group: str | None) -> None:
    _check_line("group", group or "", LONGEST_GROUP)


def check_url(url: str | None) -> None:
    _check_line("url", url or "", LONGEST_URL)
    if url and not _is_web_address(url):
        raise InvalidInput.at("/url", "'url' must be a web address: https:// or http://, then a host.")


def check_flag(name: str, flag: bool) -> None:  # noqa: FBT001 - the flag is what is checked
    if not isinstance(flag, bool):
        raise InvalidInput.at(f"/{name}", f"{name!r} must be true or false.")


def _check_line(name: str, text: str, most: int) -> None:
    if not isinstance(text, str) or _has_control_characters(text):
        raise InvalidInput.at(f"/{name}", f"{name!r} must be text of one line, without control characters.")
    if len(text) > most:
        raise InvalidInput.at(f"/{name}", f"{name!r} has {len(text)} characters; the limit is {most}.")


def _has_control_characters(text: str) -> bool:
    return any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
