"""Views swapped under load: every answer comes from one generation, and generations never go back."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from uuid import UUID

import pytest

from catalogue import items
from catalogue.catalogues import Catalogue
from catalogue.database import Database
from catalogue.items import ItemWrite
from indexing.queries import TextQuery
from indexing.searcher import Searcher
from indexing.tail import Tail

SEARCHER = Searcher()
READERS, SWAPS, ITEMS = 8, 40, 4


@pytest.fixture
def eager_switching() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("eager_switching")
def test_readers_see_whole_generations_that_never_go_back(database: Database, catalogue: Catalogue) -> None:
    """Each write gives all items one new word; an answer with fewer or more items mixes generations."""
    _retitle(database, catalogue, 0)
    tail = Tail(database, catalogue.id)
    first = tail.view.seq
    stop, faults, answers = threading.Event(), list[str](), [0] * READERS

    def read(reader: int) -> None:
        newest = -1
        while not stop.wait(0.001):  # a breath, or the one writer hardly gets a turn
            view = tail.view
            held, rest = divmod(view.seq - first, ITEMS)  # a write of all items makes a line for each
            page = SEARCHER.search(view, TextQuery(f"w{held}w"), limit=100)
            if rest or page.total != ITEMS or len({hit.item_id for hit in page.hits}) != ITEMS:
                faults.append(f"{page.total} items of generation {held}")
            if held < newest:
                faults.append(f"generation {held} after {newest}")
            newest = held
            answers[reader] += 1

    readers = [threading.Thread(target=read, args=(reader,)) for reader in range(READERS)]
    for thread in readers:
        thread.start()
    for word in range(1, SWAPS + 1):
        _retitle(database, catalogue, word)
        tail.look()
        tail.catch_up()
    stop.set()
    for thread in readers:
        thread.join()
    assert faults == []
    assert min(answers) > 0
    assert SEARCHER.search(tail.view, TextQuery(f"w{SWAPS}w"), limit=100).total == ITEMS


def _retitle(database: Database, catalogue: Catalogue, word: int) -> set[UUID]:
    return database.write(
        lambda session: {
            items.put_item(session, catalogue, f"s{number}", ItemWrite(title=f"w{word}w")).item_id
            for number in range(ITEMS)
        }
    )
