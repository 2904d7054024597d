"""What finished work writes: vectors, captions, states, changes."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from catalogue import captions, changes, finishing, items, models, photos, switching, work
from catalogue.catalogues import ADOPTING, Catalogue, adopt, ensure_catalogue, read_catalogue
from catalogue.database import Database
from catalogue.states import CaptionSource, ChangeKind, PhotoStatus, Space, WorkKind
from catalogue.switching import switch_when_complete
from catalogue.words import text_hash, words_text
from tests.unit.catalogue import shop


def words_hash(database: Database) -> str | None:
    with database.reading() as session:
        return session.scalars(select(models.Vector.text_hash).where(models.Vector.space == Space.WORDS)).one_or_none()


def test_a_finished_photo_is_ready_with_its_caption_vectors_and_number(
    database: Database, catalogue: Catalogue
) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    shop.finish_all(database)
    photo = shop.photo(database, catalogue, intake.photos[0].photo_id)
    assert photo.state == "ready"
    assert photo.caption is not None
    assert (photo.caption.text, photo.caption.source, photo.caption.model) == ("blue shirt", CaptionSource.MODEL, "c1")
    assert [entry.text for entry in photo.alternatives] == ["navy shirt"]
    with database.reading() as session:
        spaces = session.scalars(select(models.Vector.space)).all()
        feed = changes.since(session, catalogue.id, 0)
    assert set(spaces) == set(Space)
    assert photo.ready_seq == feed[-1].seq
    assert feed[-1].kind is ChangeKind.VECTORS


def test_a_title_changed_while_its_photo_is_captioned_ends_with_the_new_titles_words(
    database: Database, catalogue: Catalogue
) -> None:
    shop.put(database, catalogue, "a", title="Old title")
    shop.upload(database, catalogue, "a", "one")
    held = shop.claim(database)
    assert held is not None
    results = shop.results_of(database, held)
    shop.patch(database, catalogue, "a", title="New title")
    database.write(lambda session: finishing.finish(session, held, results))
    assert words_hash(database) is None
    again = shop.claim(database)
    assert again is not None
    assert again.kind is WorkKind.TEXT
    shop.finish(database, again)
    assert words_hash(database) == text_hash(words_text("New title", "blue shirt"))
    assert shop.claim(database) is None


def test_a_changed_price_or_stock_makes_no_work(database: Database, catalogue: Catalogue) -> None:
    shop.put(database, catalogue, "a", title="Shirt", price="10")
    shop.upload(database, catalogue, "a", "one")
    shop.finish_all(database)
    shop.patch(database, catalogue, "a", price="12.50", available=False, attributes={"colour": "blue"})
    assert shop.claim(database) is None


def test_a_persons_caption_written_before_the_models_is_shown_and_kept(
    database: Database, catalogue: Catalogue
) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    photo_id = intake.photos[0].photo_id
    held = shop.claim(database)
    assert held is not None
    results = shop.results_of(database, held)
    database.write(
        lambda session: captions.write_caption(session, catalogue, photo_id, text="Grandma's shirt", locked=None)
    )
    database.write(lambda session: finishing.finish(session, held, results))
    shop.finish_all(database)
    photo = shop.photo(database, catalogue, photo_id)
    assert photo.caption is not None
    assert (photo.caption.text, photo.caption.source) == ("Grandma's shirt", CaptionSource.PERSON)
    assert words_hash(database) == text_hash(words_text("", "Grandma's shirt"))
    database.write(lambda session: captions.clear_caption(session, catalogue, photo_id))
    shop.finish_all(database)
    restored = shop.photo(database, catalogue, photo_id).caption
    assert restored is not None
    assert (restored.text, restored.source) == ("blue shirt", CaptionSource.MODEL)
    assert words_hash(database) == text_hash(words_text("", "blue shirt"))


def test_a_locked_caption_of_a_model_outlives_a_retry(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    photo_id = intake.photos[0].photo_id
    shop.finish_all(database, "the words to keep")
    database.write(lambda session: captions.write_caption(session, catalogue, photo_id, text=None, locked=True))
    adopt_another(database, catalogue)
    shop.finish_all(database, "other words")
    database.write(switch_when_complete)
    with database.reading() as session:
        switched = read_catalogue(session)
    assert switched.active_set is not None
    assert switched.active_set.captioner == "c2"
    shown = shop.photo(database, switched, photo_id).caption
    assert shown is not None
    assert shown.text == "the words to keep"


def adopt_another(database: Database, catalogue: Catalogue) -> None:
    database.write(
        lambda session: adopt(
            session, catalogue.id, captioner="c2", look="l2", meaning="m2", words="w2", checkpoint="set2"
        )
    )


def test_another_model_set_becomes_active_only_when_every_photo_has_its_vectors(
    database: Database, catalogue: Catalogue
) -> None:
    intake = shop.upload(database, catalogue, "a", "one", "two")
    shop.finish_all(database, "old words")
    adopt_another(database, catalogue)
    assert database.write(switch_when_complete) == []
    held = shop.claim(database, batch=1)
    assert held is not None
    assert held.checkpoint == "set2"
    before = shop.photo(database, catalogue, intake.photos[0].photo_id)
    shop.finish(database, held, "new words")
    assert shop.photo(database, catalogue, intake.photos[0].photo_id) == before
    assert database.write(switch_when_complete) == []
    shop.finish_all(database, "new words")
    assert database.write(switch_when_complete) == [catalogue.id]
    with database.reading() as session:
        switched = read_catalogue(session)
        assert changes.since(session, catalogue.id, 0)[-1].kind is ChangeKind.CATALOGUE
    caption = shop.photo(database, switched, intake.photos[0].photo_id).caption
    assert caption is not None
    assert caption.text == "new words"


def test_a_photo_deleted_while_it_is_captioned_stays_deleted(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one", "two")
    held = shop.claim(database)
    assert held is not None
    results = shop.results_of(database, held)
    gone, stays = (photo.photo_id for photo in intake.photos)
    database.write(lambda session: photos.delete_photo(session, catalogue, gone))
    database.write(lambda session: finishing.finish(session, held, results))
    with database.reading() as session:
        assert set(session.scalars(select(models.Vector.photo_id))) == {stays}
        assert set(session.scalars(select(models.Photo.id))) == {stays}


def test_an_item_deleted_while_its_photo_is_captioned_leaves_nothing(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "a", "one")
    held = shop.claim(database)
    assert held is not None
    results = shop.results_of(database, held)
    database.write(lambda session: items.delete_item(session, catalogue, "a"))
    database.write(lambda session: finishing.finish(session, held, results))
    with database.reading() as session:
        for table in (models.Item, models.Photo, models.Vector, models.Caption, models.Work):
            assert session.scalars(select(table)).all() == []
        assert len(session.scalars(select(models.Erasure)).all()) == 1


def test_a_failed_photo_can_be_retried_and_no_other(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    photo_id = intake.photos[0].photo_id
    held = shop.claim(database)
    assert held is not None
    database.write(
        lambda session: finishing.fail(session, catalogue.id, held.jobs[0].work_id, held.token, "Broken.", final=True)
    )
    assert shop.photo(database, catalogue, photo_id).state == "failed"
    database.write(lambda session: photos.retry_photo(session, catalogue, photo_id))
    photo = shop.photo(database, catalogue, photo_id)
    assert (photo.state, photo.reason, photo.attempts) == ("pending", None, 0)
    shop.finish_all(database)
    assert shop.photo(database, catalogue, photo_id).state == "ready"


def test_a_switch_shows_what_the_new_set_made_of_each_photo(database: Database, catalogue: Catalogue) -> None:
    good, bad = (photo.photo_id for photo in shop.upload(database, catalogue, "a", "one", "two").photos)
    shop.finish_all(database)
    adopt_another(database, catalogue)
    for _ in range(2):
        held = shop.claim(database, batch=1)
        assert held is not None
        if held.jobs[0].photo_id == good:
            shop.finish(database, held)
        else:
            fail_first(database, held)
    assert shop.photo(database, catalogue, bad).state == "ready"
    database.write(switch_when_complete)
    assert shop.photo(database, catalogue, good).state == "ready"
    assert (shop.photo(database, catalogue, bad).state, shop.photo(database, catalogue, bad).reason) == (
        "failed",
        "Broken.",
    )


def test_photos_that_came_before_the_first_model_set_get_work_when_it_comes(database: Database) -> None:
    database.write(lambda session: ensure_catalogue(session, "default", "EUR"))
    with database.reading() as session:
        bare = read_catalogue(session)
    photo_id = shop.upload(database, bare, "a", "one").photos[0].photo_id
    assert shop.claim(database) is None
    database.write(lambda s: adopt(s, bare.id, captioner="c1", look="l1", meaning="m1", words="w1", checkpoint="set1"))
    shop.finish_all(database)
    with database.reading() as session:
        adopted = read_catalogue(session)
    assert shop.photo(database, adopted, photo_id).state == "ready"


def test_after_a_switch_the_old_sets_work_does_not_hold_up_the_new_ones(
    database: Database, catalogue: Catalogue
) -> None:
    shop.upload(database, catalogue, "a", "one", bulk=True)
    old = shop.claim(database)
    assert old is not None
    adopt_another(database, catalogue)
    shop.finish_all(database)
    database.write(switch_when_complete)
    database.write(lambda session: work.give_back(session, old.token))
    with database.reading() as session:
        switched = read_catalogue(session)
    shop.upload(database, switched, "b", "two", bulk=True)
    first = shop.claim(database)
    assert first is not None
    assert first.checkpoint == "set2"


def test_a_photo_that_came_while_a_set_was_being_adopted_gets_its_vectors_before_the_switch(
    database: Database, catalogue: Catalogue
) -> None:
    adopt_another(database, catalogue)
    photo_id = shop.upload(database, catalogue, "a", "one").photos[0].photo_id  # `catalogue` was read before
    assert database.write(switch_when_complete) == []
    shop.finish_all(database)
    assert database.write(switch_when_complete) == [catalogue.id]
    assert {"l2", "m2", "w2"} <= prints(database, photo_id)


def test_a_photo_that_a_set_was_never_shown_holds_up_the_switch(database: Database, catalogue: Catalogue) -> None:
    photo_id = shop.upload(database, catalogue, "a", "one").photos[0].photo_id
    adopt_another(database, catalogue)
    database.write(lambda session: session.execute(delete(models.Work)))  # as if nobody had made its work
    assert database.write(switch_when_complete) == []
    shop.finish_all(database)
    assert database.write(switch_when_complete) == [catalogue.id]
    assert prints(database, photo_id) == {"l2", "m2", "w2"}


def test_what_was_uploaded_or_retried_by_somebody_who_knew_only_the_old_set_becomes_ready(
    database: Database, catalogue: Catalogue
) -> None:
    bad = shop.upload(database, catalogue, "a", "bad").photos[0].photo_id
    shop.finish_all(database)
    adopt_another(database, catalogue)
    held = shop.claim(database)
    assert held is not None
    fail_first(database, held)
    assert database.write(switch_when_complete) == [catalogue.id]
    late = shop.upload(database, catalogue, "b", "late").photos[0].photo_id  # `catalogue` was read before both
    database.write(lambda session: photos.retry_photo(session, catalogue, bad))
    shop.finish_all(database)
    assert {shop.photo(database, catalogue, photo_id).state for photo_id in (bad, late)} == {"ready"}


def test_new_words_make_no_failed_photo_ready(database: Database, catalogue: Catalogue) -> None:
    photo_id = shop.upload(database, catalogue, "a", "one").photos[0].photo_id
    shop.finish_all(database)
    adopt_another(database, catalogue)
    shop.finish_all(database)
    database.write(lambda session: session.execute(update(models.Photo).values(status=PhotoStatus.FAILED)))
    shop.put(database, catalogue, "a", title="New")
    shop.finish_all(database)
    assert shop.photo(database, catalogue, photo_id).state == "failed"


def prints(database: Database, photo_id: UUID) -> set[str]:
    with database.reading() as session:
        vector = models.Vector
        return set(session.scalars(select(vector.fingerprint).where(vector.photo_id == photo_id)))


def test_a_switch_takes_its_number_last_and_gives_it_to_what_it_made_ready(
    database: Database, catalogue: Catalogue
) -> None:
    photo_id = shop.upload(database, catalogue, "a", "one").photos[0].photo_id
    assert shop.claim(database) is not None
    adopt_another(database, catalogue)
    shop.finish_all(database)
    seen: list[str] = []

    def notice(*event: Any) -> None:
        seen.append(str(event[2]).partition(" SET ")[0])

    sqlalchemy.event.listen(database.write_engine, "before_cursor_execute", notice)
    assert database.write(switch_when_complete) == [catalogue.id]
    counted = seen.index("UPDATE catalogue_seq")
    locked = {"UPDATE work", "UPDATE photos"}
    assert locked <= set(seen[:counted])
    with database.reading() as session:
        assert shop.photo(database, catalogue, photo_id).ready_seq == changes.present(session, catalogue.id)


def test_a_set_adopted_while_another_is_switched_to_is_not_forgotten(database: Database, catalogue: Catalogue) -> None:
    adopt_another(database, catalogue)

    def both(session: Session) -> bool:
        third = adopt(session, catalogue.id, captioner="c3", look="l3", meaning="m3", words="w3", checkpoint="set3")
        done = switching._switch(session, catalogue.id, seen_before[ADOPTING])
        assert session.get_one(models.Catalogue, catalogue.id).settings[ADOPTING] == str(third.id)
        return done

    with database.reading() as session:
        seen_before = dict(session.get_one(models.Catalogue, catalogue.id).settings)
    assert database.write(both) is False


def test_finishing_and_renaming_read_no_more_often_for_more_photos(database: Database, catalogue: Catalogue) -> None:
    reads: list[str] = []

    def notice(*event: Any) -> None:
        if str(event[2]).startswith("SELECT"):
            reads.append(event[2])

    sqlalchemy.event.listen(database.write_engine, "before_cursor_execute", notice)
    counts = []
    for number in (2, 8):
        sku = f"{number} photos"
        shop.upload(database, catalogue, sku, *(f"{sku} {place}" for place in range(number)))
        held = shop.claim(database)
        assert held is not None
        results = shop.results_of(database, held)
        reads.clear()
        database.write(partial(finishing.finish, claim=held, results=results))
        finished = len(reads)
        shop.put(database, catalogue, sku, title="New")
        counts.append((finished, len(reads) - finished))
        shop.finish_all(database)
    assert counts[0] == counts[1]


def fail_first(database: Database, held: work.Claim) -> None:
    work_id = held.jobs[0].work_id
    database.write(lambda s: finishing.fail(s, held.catalogue_id, work_id, held.token, "Broken.", final=True))
