"""Others at work in a shop: writes of every kind, one by one, or in a thread of its own. Judges nothing."""

from __future__ import annotations

import threading
from random import Random
from unicodedata import normalize

from tests.integration.exactly import ExactShop
from tests.reference.goods import CAPTIONS, some_write


def meddle(exact: ExactShop, prey: list[str], chance: Random) -> None:
    """One write of some kind to one of `prey`, or one item more or less among them; no sku comes back."""
    sku = chance.choice(prey)
    match chance.choice(["write", "patch", "patch", "caption", "photo", "create", "create", "delete"]):
        case "write":
            exact.write(sku, some_write(chance))
        # A person's words are kept composed, so they are sent so.
        case "caption" if exact.recaption(sku, normalize("NFC", chance.choice(CAPTIONS).upper())):
            pass
        case "photo" if exact.delete_photo(sku):
            pass
        case "create":
            new = f"new-{len(exact.touched)}"
            exact.write(new, some_write(chance))
            prey.append(new)
        case "delete" if len(prey) > 3:
            prey.remove(sku)
            exact.delete(sku)
        case _:
            exact.patch(sku, _patch(chance))


class Meddler:
    """Meddles without a pause until it is told to stop."""

    def __init__(self, exact: ExactShop, prey: list[str]) -> None:
        self._exact = exact
        self._prey = prey
        self._chance = Random(12)  # noqa: S311 - a seed, not a secret
        self._ended = threading.Event()
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._meddle)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        assert self._failed == []

    def _meddle(self) -> None:
        try:
            while not self._ended.is_set():
                meddle(self._exact, self._prey, self._chance)
        except BaseException as failed:  # noqa: BLE001 - it is the test's to fail
            self._failed.append(failed)


def _patch(chance: Random) -> dict[str, object]:
    """One part of an item, as a price list or a stock feed says it."""
    write = some_write(chance)
    part = chance.choice(sorted(write))
    return {part: write[part]}
