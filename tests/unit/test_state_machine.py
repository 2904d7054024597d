"""Any order of uploads, edits, deletions, work, lost leases, deaths and model switches, against plain dictionaries."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from catalogue import captions, items, photos
from catalogue.intake import register_uploads
from tests.databases import Prepared
from tests.unit.catalogue.shop import upload_of
from tests.unit.crew import Crew, Fate
from tests.unit.ledger import Said
from tests.unit.stage import CONTENTS, PRINTS, Stage

SKUS = st.sampled_from("ab")  # few, so that what happens meets
TITLES = st.sampled_from(["", "red", "blue"])
CONTENT = st.sampled_from(sorted(CONTENTS))


# Who still has a claim in hand makes the others' lives interesting.
FATES = st.sampled_from([*Fate, Fate.OVERSLEEP, Fate.OVERSLEEP, Fate.GO_ON])


class Shop(RuleBasedStateMachine):
    """People and workers at one catalogue. Each rule does something to the stage, and says in the ledger what of it."""

    def __init__(self, open_database: Callable[[], AbstractContextManager[str]]) -> None:
        super().__init__()
        self.stage = Stage(open_database)
        self.ledger = self.stage.ledger
        self.crew = Crew(self.stage)

    def teardown(self) -> None:
        self.stage.close()

    @invariant()
    def the_database_and_the_ledger_agree(self) -> None:
        self.stage.check()

    @initialize(sku=SKUS)
    def open(self, sku: str) -> None:
        """A picture that two items share, and another; so that most of what follows meets something."""
        self.upload("a", "shirt", bulk=False)
        self.upload("b", "shirt", bulk=False)
        self.upload(sku, "hat", bulk=True)
        self.work_in_peace()

    # What people do

    @rule(sku=SKUS, content=CONTENT, bulk=st.booleans())
    def upload(self, sku: str, content: str, bulk: bool) -> None:
        self.stage.put_bytes(content)
        taken = self.stage.act(lambda s, c: register_uploads(s, c, sku, [upload_of(content)], bulk=bulk))
        self.stage.put_bytes(content)  # after the commit, in case a collector took them before
        photo_id, is_known = taken.photos[0].photo_id, taken.photos[0].known
        same = [one for one, each in self.ledger.pictures.items() if (each.sku, each.content) == (sku, content)]
        self.stage.meet(sku, taken.item_id)
        if is_known:
            assert same == [photo_id]
        else:
            assert not same
            self.ledger.add_picture(photo_id, sku, content, bulk=bulk)

    @rule(sku=SKUS, title=TITLES, published=st.booleans(), colour=st.sampled_from([None, "navy"]))
    def put(self, sku: str, title: str, published: bool, colour: str | None) -> None:
        wanted = items.ItemWrite(
            title=title, published=published, attributes={} if colour is None else {"colour": colour}
        )
        self.stage.meet(sku, self.stage.act(lambda s, c: items.put_item(s, c, sku, wanted)).item_id)
        self.ledger.retitle(sku, title)
        self.ledger.products[sku].published = published
        self.ledger.products[sku].colour = colour

    @precondition(lambda self: self.ledger.pictures)
    @rule(data=st.data(), text=st.sampled_from([None, "by hand", "said anew"]), locked=st.booleans())
    def correct(self, data: Any, text: str | None, locked: bool) -> None:
        """A person's words; without a text, back to the model's."""
        photo_id = self.a_photo(data)
        if text is None:
            self.stage.act(lambda s, c: captions.clear_caption(s, c, photo_id))
        else:
            self.stage.act(lambda s, c: captions.write_caption(s, c, photo_id, text=text, locked=locked))
        self.ledger.correct(photo_id, None if text is None else Said(text, locked))

    @precondition(lambda self: self.ledger.captioned())
    @rule(data=st.data(), locked=st.booleans())
    def lock(self, data: Any, locked: bool) -> None:
        photo_id, said = data.draw(st.sampled_from(self.ledger.captioned()))
        self.stage.act(lambda s, c: captions.write_caption(s, c, photo_id, text=None, locked=locked))
        said.locked = locked

    @precondition(lambda self: self.ledger.pictures)
    @rule(data=st.data(), is_whole=st.booleans())
    def delete(self, data: Any, is_whole: bool) -> None:
        """A photo, or its item with all of them."""
        photo_id = self.a_photo(data)
        sku = self.ledger.pictures[photo_id].sku
        if not is_whole:
            self.stage.act(lambda s, c: photos.delete_photo(s, c, photo_id))
            self.ledger.remove(photo_id)
            return
        self.stage.act(lambda s, c: items.delete_item(s, c, sku))
        for one in [one for one, picture in self.ledger.pictures.items() if picture.sku == sku]:
            self.ledger.remove(one)
        del self.ledger.products[sku]
        self.ledger.gone.add(self.stage.item_ids.pop(sku))

    @precondition(lambda self: self.ledger.failed())
    @rule(data=st.data())
    def retry(self, data: Any) -> None:
        photo_id = data.draw(st.sampled_from(self.ledger.failed()))
        self.stage.act(lambda s, c: photos.retry_photo(s, c, photo_id))
        self.ledger.retry(photo_id)

    @precondition(lambda self: len(self.ledger.sets) < len(PRINTS))
    @rule()
    def adopt_another(self) -> None:
        self.ledger.adopt(self.stage.adopt(len(self.ledger.sets)))

    # What workers do, and what befalls them

    @precondition(lambda self: self.crew.hands or self.ledger.claimable())
    @rule(batch=st.integers(1, 4), fates=st.lists(FATES, min_size=1, max_size=6))
    def workers_race(self, batch: int, fates: list[Fate]) -> None:
        """Each claims what is due, or else is one who claimed earlier, and may have lost it since; and meets a fate."""
        for fate in fates:
            if self.ledger.claimable():
                self.crew.claim(batch)
                self.crew.meet(self.crew.hands.pop(), fate)
            elif self.crew.hands:
                self.crew.meet(self.crew.hands.pop(0), fate)

    @precondition(lambda self: self.ledger.claimable())
    @rule()
    def work_in_peace(self) -> None:
        """A worker does all that is due, and the view follows."""
        before = len(self.crew.hands)
        self.crew.claim(4)
        while len(self.crew.hands) > before:
            self.crew.meet(self.crew.hands.pop(), Fate.FINISH)
            self.crew.claim(4)
        self.stage.follow()

    @precondition(lambda self: self.ledger.jobs or self.ledger.gone)
    @rule(is_long=st.booleans())
    def time_passes(self, is_long: bool) -> None:
        """Pauses end, and the sweeper comes. After long all that nobody holds has been tried five times already, and
        the bytes of what was deleted are due."""
        self.crew.end_pauses()
        if is_long:
            self.crew.wear_out()
            self.crew.erase()
        self.crew.sweep()

    @precondition(lambda self: self.stage.tail.is_behind)
    @rule()
    def follow(self) -> None:
        self.stage.follow()

    def a_photo(self, data: Any) -> UUID:
        photo_id: UUID = data.draw(st.sampled_from(list(self.ledger.pictures)))
        return photo_id


def test_any_order_of_verbs_leaves_what_the_ledger_says(migrated: Prepared) -> None:
    @contextmanager
    def opened() -> Iterator[str]:
        with tempfile.TemporaryDirectory() as folder, migrated.copied(Path(folder)) as url:
            yield url

    class Here(Shop):
        def __init__(self) -> None:
            super().__init__(opened)

    run_state_machine_as_test(Here, settings=settings(max_examples=20, stateful_step_count=40, deadline=None))
