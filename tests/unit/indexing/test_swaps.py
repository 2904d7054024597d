"""Views swapped under load: every answer comes from one generation, and generations never go back."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from sqlalchemy.orm import Session

from catalogue import items
from catalogue.catalogues import Catalogue
from catalogue.database import Database
from catalogue.items import ItemWrite
from indexing.queries import Search, TextQuery
from indexing.searcher import Searcher
from indexing.tail import Tail
from indexing.view import View

SEARCHER = Searcher()
READERS, SWAPS, ITEMS = 4, 30, 4


def found_by_word(view: View, generation: int) -> int:
    return SEARCHER.search(view, Search(TextQuery(f"w{generation}w"), limit=100)).total


def found_by_price(view: View, generation: int) -> int:
    return int(np.count_nonzero(view.fields["price"].among([100 * generation]) & view.shown))


@pytest.fixture
def eager_switching() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("eager_switching")
@pytest.mark.parametrize(
    ("written", "found"),
    [
        pytest.param(lambda number: ItemWrite(title=f"w{number}w"), found_by_word, id="words"),
        pytest.param(lambda number: ItemWrite(price=number), found_by_price, id="prices"),
    ],
)
def test_readers_see_whole_generations_that_never_go_back(
    database: Database,
    catalogue: Catalogue,
    written: Callable[[int], ItemWrite],
    found: Callable[[View, int], int],
) -> None:
    """Each write gives all items one new value; an answer with fewer or more items mixes generations."""
    _write_all(database, catalogue, written(0))
    tail = Tail(database, catalogue.id)
    first = tail.view.seq
    stop, faults, answers = threading.Event(), list[str](), [0] * READERS

    def read(reader: int) -> None:
        newest = -1
        while not stop.wait(0.004):  # a breath, or the one writer hardly gets a turn
            view = tail.view
            generation, rest = divmod(view.seq - first, ITEMS)  # a write of all items makes a line for each
            count = found(view, generation)
            if rest or count != ITEMS:
                faults.append(f"{count} items of generation {generation}")
            if generation < newest:
                faults.append(f"generation {generation} after {newest}")
            newest = generation
            answers[reader] += 1

    readers = [threading.Thread(target=read, args=(reader,)) for reader in range(READERS)]
    for thread in readers:
        thread.start()
    for number in range(1, SWAPS + 1):
        _write_all(database, catalogue, written(number))
        tail.look()
        tail.catch_up()
    stop.set()
    for thread in readers:
        thread.join()
    assert faults == []
    assert min(answers) > 0
    assert found(tail.view, SWAPS) == ITEMS


def _write_all(database: Database, catalogue: Catalogue, write: ItemWrite) -> None:
    def act(session: Session) -> None:
        for number in range(ITEMS):
            items.put_item(session, catalogue, f"s{number}", write)

    database.write(act)
