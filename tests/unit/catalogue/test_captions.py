"""Captions that people write, lock and take back."""

from __future__ import annotations

import pytest

from catalogue import captions
from catalogue.catalogues import Catalogue
from catalogue.database import Database
from catalogue.errors import InvalidInput, VersionMismatch
from catalogue.states import CaptionSource
from tests.unit.catalogue import shop


def test_writing_a_caption_makes_text_work_and_a_change(database: Database, catalogue: Catalogue) -> None:
    photo_id = shop.upload(database, catalogue, "a", "one").photos[0].photo_id
    shop.finish_all(database)
    before = shop.photo(database, catalogue, photo_id)
    seq = database.write(
        lambda session: captions.write_caption(session, catalogue, photo_id, text="  A  blue\nshirt ", locked=None)
    )
    photo = shop.photo(database, catalogue, photo_id)
    assert photo.caption is not None
    assert (photo.caption.text, photo.caption.source) == ("A blue shirt", CaptionSource.PERSON)
    assert seq > (before.ready_seq or 0)
    assert photo.caption_version == before.caption_version + 1
    assert photo.state == "ready"
    assert shop.finish_all(database) == 1


def test_a_lost_race_for_a_caption_is_refused(database: Database, catalogue: Catalogue) -> None:
    photo_id = shop.upload(database, catalogue, "a", "one").photos[0].photo_id
    database.write(lambda s: captions.write_caption(s, catalogue, photo_id, text="One", locked=None, if_match=0))
    with pytest.raises(VersionMismatch):
        database.write(lambda s: captions.write_caption(s, catalogue, photo_id, text="Two", locked=None, if_match=0))


def test_the_same_caption_again_changes_nothing(database: Database, catalogue: Catalogue) -> None:
    photo_id = shop.upload(database, catalogue, "a", "one").photos[0].photo_id
    first, second = (
        database.write(lambda s: captions.write_caption(s, catalogue, photo_id, text="One", locked=True))
        for _ in range(2)
    )
    assert first == second
    assert shop.photo(database, catalogue, photo_id).caption_version == 1


@pytest.mark.parametrize("text", ["", "   ", "x" * 1001, "nul\0", None])
def test_a_caption_without_words_or_with_too_many_is_refused(
    database: Database, catalogue: Catalogue, text: str | None
) -> None:
    photo_id = shop.upload(database, catalogue, "a", "one").photos[0].photo_id
    with pytest.raises(InvalidInput):
        database.write(lambda s: captions.write_caption(s, catalogue, photo_id, text=text, locked=True))


def test_a_caption_write_that_says_nothing_is_refused(database: Database, catalogue: Catalogue) -> None:
    photo_id = shop.upload(database, catalogue, "a", "one").photos[0].photo_id
    shop.finish_all(database)
    with pytest.raises(InvalidInput, match="Send a text, or whether"):
        database.write(lambda s: captions.write_caption(s, catalogue, photo_id, text=None, locked=None))


def test_clearing_when_there_is_nothing_to_clear_changes_nothing(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    assert database.write(lambda s: captions.clear_caption(s, catalogue, intake.photos[0].photo_id)) == intake.seq
