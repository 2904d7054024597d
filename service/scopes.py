"""Who may call which route: one line each. A route without its line is refused when the app is made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import Flask

from catalogue.states import KeyScope

READ, WRITE, ADMIN = KeyScope.READ, KeyScope.WRITE, KeyScope.ADMIN
PUBLIC = None  # without a key, from anywhere: says nothing of what a catalogue holds

SCOPES: Mapping[str, KeyScope | None] = MappingProxyType(
    {
        "contract.openapi": PUBLIC,
        "contract.docs": PUBLIC,
        "contract.problems": PUBLIC,
        "contract.problem": PUBLIC,
        "pages.static": PUBLIC,
        "health.healthz": PUBLIC,
        "health.readyz": PUBLIC,
        "stats.stats": READ,
        "search.search": READ,
        "search.search_by_link": READ,
        "similar.similar": READ,
        "items.get_item": READ,
        "items.list_items": READ,
        "fields.list_fields": READ,
        "photos.get_photo": READ,
        "photos.get_image": READ,
        "pages.home": READ,
        "pages.by_photo": READ,
        "pages.item": READ,
        "items.put_item": WRITE,
        "items.patch_item": WRITE,
        "items.delete_item": WRITE,
        "batches.write_batch": WRITE,
        "uploads.upload_photos": WRITE,
        "photos.get_original": WRITE,
        "photos.move_photo": WRITE,
        "photos.retry_photo": WRITE,
        "photos.delete_photo": WRITE,
        "photos.write_caption": WRITE,
        "photos.clear_caption": WRITE,
        "captions.caption_photo": WRITE,
        "scrape.get_metrics": ADMIN,
        "fields.declare_field": ADMIN,
        "keys.list_keys": ADMIN,
        "keys.create_key": ADMIN,
        "keys.revoke_key": ADMIN,
    }
)


def needed(endpoint: str | None) -> KeyScope | None:
    """What a request to this route needs. An address that is none asks for some key, whichever it is."""
    return READ if endpoint is None else SCOPES[endpoint]


def check(app: Flask) -> None:
    """Each route of the app has its line above."""
    undeclared = sorted(set(app.view_functions) - set(SCOPES))
    if undeclared:
        raise AssertionError(f"Nobody has said who may call {', '.join(undeclared)}: add it to service/scopes.py.")
