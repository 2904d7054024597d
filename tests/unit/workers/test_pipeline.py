"""The pipeline on a real database, with a captioner that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select, update

from captioning.captioner import Captioner
from captioning.errors import CheckpointDamaged
from catalogue.captions import write_caption
from catalogue.catalogues import adopt, read_catalogue
from catalogue.database import now
from catalogue.errors import DatabaseAway, PhotoStoreUnreachable
from catalogue.items import delete_item, patch_item
from catalogue.models import Vector, Work
from catalogue.states import CaptionSource, Space, WorkKind
from catalogue.switching import switch_when_complete
from catalogue.words import text_hash, words_text
from tests.unit.workers.conftest import Bench
from tests.unit.workers.fakes import Colour
from workers.pipeline import REST_S

GREEN, RED, BLUE = (0, 150, 0), (200, 0, 0), (0, 0, 200)


def test_due_photos_become_ready_with_caption_and_the_vectors_of_three_spaces(bench: Bench) -> None:
    photos = [bench.add(f"sku-{number}", GREEN) for number in range(6)]
    assert bench.run() == 6
    assert bench.captioner.described == [4, 2]
    assert {bench.photo(photo_id).state for photo_id in photos} == {"ready"}
    caption = bench.photo(photos[0]).caption
    assert caption is not None
    assert caption.text == "colour (0, 150, 0)"
    with bench.database.reading() as session:
        rows = session.execute(select(Vector.space, Vector.values).where(Vector.photo_id == photos[0])).all()
    assert {space for space, _ in rows} == set(Space)
    assert all(np.frombuffer(values, "<f2").tolist() == [1, 0, 0, 0] for _, values in rows)
    assert bench.work() == []


def test_a_batch_that_fails_is_tried_photo_by_photo_and_only_the_guilty_one_is_blamed(bench: Bench) -> None:
    good = [bench.add(f"good-{number}", GREEN) for number in range(3)]
    bad = bench.add("bad", RED)

    def before(colours: list[Colour]) -> None:
        if RED in colours:
            raise FloatingPointError("no finite score")

    bench.before = before
    assert bench.run() == 3
    assert {bench.photo(photo_id).state for photo_id in good} == {"ready"}
    (left,) = bench.work()
    assert left.photo_id == bad
    assert left.attempts == 1
    assert left.token is None
    assert left.reason is not None
    assert "FloatingPointError: no finite score" in left.reason


def test_a_photo_without_bytes_and_one_with_broken_bytes_fail_alone_with_a_sentence(bench: Bench) -> None:
    good = bench.add("good", GREEN)
    missing = bench.add("missing", GREEN)
    broken = bench.add("broken", GREEN, working_copy=b"\xff\xd8\xff\xe0 no JPEG")
    bench.photos.delete(bench.photo(missing).sha256)
    assert bench.run() == 1
    assert bench.photo(good).state == "ready"
    reasons = {row.photo_id: row.reason for row in bench.work()}
    assert "no file" in (reasons[missing] or "")
    assert "cannot be read" in (reasons[broken] or "")


def test_a_lost_lease_loses_its_row_and_not_the_batch(bench: Bench) -> None:
    photos = [bench.add(f"sku-{number}", GREEN) for number in range(4)]

    def steal_one(_colours: list[Colour]) -> None:
        stolen = update(Work).where(Work.photo_id == photos[2]).values(token=10_000, owner="thief")
        bench.database.write(lambda session: session.execute(stolen))

    bench.before = steal_one
    assert bench.run() == 3
    assert [bench.photo(photo_id).state for photo_id in photos] == ["ready", "ready", "processing", "ready"]
    assert bench.photo(photos[2]).caption is None
    (left,) = bench.work()
    assert left.owner == "thief"


def test_work_that_was_claimed_before_is_done_with_nothing_else_in_hand(bench: Bench) -> None:
    for number in range(10):
        bench.add(f"sku-{number}", GREEN)
    some = select(Work.id).order_by(Work.id).limit(5)
    bench.database.write(lambda session: session.execute(update(Work).where(Work.id.in_(some)).values(attempts=1)))
    held: list[tuple[int, int]] = []

    def count(colours: list[Colour]) -> None:
        held.append((len(colours), sum(row.owner is not None for row in bench.work())))

    bench.before = count
    assert bench.run() == 10
    alone = [in_hand for described, in_hand in held if described == 1]
    assert alone.count(1) >= 5
    assert max(in_hand for _, in_hand in held) <= 8


def test_the_next_batch_is_claimed_while_the_model_runs(bench: Bench) -> None:
    for number in range(8):
        bench.add(f"sku-{number}", GREEN)
    held: list[int] = []
    bench.before = lambda _colours: held.append(sum(row.owner is not None for row in bench.work()))
    bench.run()
    assert held == [8, 4]


def test_a_stop_finishes_the_batch_in_hand_and_gives_back_the_one_read_ahead(bench: Bench) -> None:
    for number in range(12):
        bench.add(f"sku-{number}", GREEN)
    asked: list[bool] = []
    bench.before = lambda _colours: asked.append(True)
    assert bench.pipeline.run(lambda: bool(asked)) == 4
    assert [(row.attempts, row.owner, row.token) for row in bench.work()] == [(0, None, None)] * 8


def test_a_fault_of_the_house_blames_no_photo(bench: Bench) -> None:
    for number in range(6):
        bench.add(f"sku-{number}", GREEN)

    def before(_colours: list[Colour]) -> None:
        raise CheckpointDamaged("The weights are cut.")

    bench.before = before
    assert bench.run() == 0
    assert [(row.attempts, row.owner, row.reason) for row in bench.work()] == [(0, None, None)] * 6
    assert not bench.pipeline.is_due(), "its set rests: nobody is to ring for it at once"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workers.pipeline.monotonic", lambda: monotonic() + REST_S)
        bench.before = lambda _colours: None
        assert bench.pipeline.is_due()
        assert bench.run() == 6


def test_a_damaged_set_on_trial_does_not_stop_the_active_one(bench: Bench) -> None:
    photos = [bench.add(f"sku-{number}", GREEN) for number in range(2)]
    trial = {"captioner": "c2", "look": "l2", "meaning": "m2", "words": "w2", "checkpoint": "damaged"}
    bench.database.write(lambda session: adopt(session, bench.catalogue.id, **trial))
    real = bench.models.get

    def get(checkpoint: str) -> Captioner:
        if checkpoint == "damaged":
            raise CheckpointDamaged("The weights are cut.")
        return real(checkpoint)

    bench.models.get = get  # type: ignore[method-assign]  # a folder that is damaged
    assert bench.run() == 2
    assert {bench.photo(photo_id).state for photo_id in photos} == {"ready"}
    assert [(row.attempts, row.owner) for row in bench.work()] == [(0, None)] * 2


def test_a_damaged_active_set_does_not_stop_its_replacement_or_another_catalogue(bench: Bench) -> None:
    for number in range(2):
        bench.add(f"sku-{number}", GREEN)
    new = {"captioner": "c2", "look": "l2", "meaning": "m2", "words": "w2", "checkpoint": "whole"}
    adopted = bench.database.write(lambda session: adopt(session, bench.catalogue.id, **new))
    other = bench.another("other", checkpoint="whole")
    elsewhere = bench.add("sku", GREEN, catalogue=other)
    real = bench.models.get

    def get(checkpoint: str) -> Captioner:
        if checkpoint == "set1":
            raise CheckpointDamaged("The weights are cut.")
        return real(checkpoint)

    bench.models.get = get  # type: ignore[method-assign]  # a folder that is damaged
    assert bench.run() == 3
    assert bench.photo(elsewhere, catalogue=other).state == "ready"
    assert bench.database.write(switch_when_complete) == [bench.catalogue.id]
    with bench.database.reading() as session:
        assert read_catalogue(session).active_set == adopted


def test_catalogues_take_turns_from_one_run_to_the_next(bench: Bench) -> None:
    """A run that is stopped after its first batch must not begin with the same catalogue for ever."""
    other = bench.another("other", checkpoint="set1")
    for number in range(8):
        bench.add(f"sku-{number}", GREEN)
    elsewhere = bench.add("sku", GREEN, catalogue=other)
    for _ in range(2):
        asked: list[bool] = []
        bench.before = lambda _colours, asked=asked: asked.append(True)  # type: ignore[misc]
        bench.pipeline.run(lambda asked=asked: bool(asked))  # type: ignore[misc]
    assert bench.photo(elsewhere, catalogue=other).state == "ready"


def test_while_the_photo_store_is_away_no_photo_is_blamed(bench: Bench) -> None:
    for number in range(3):
        bench.add(f"sku-{number}", GREEN)
    bench.run()
    for number in range(3, 6):
        bench.add(f"sku-{number}", GREEN)
    with refusing(bench, lambda _sha256: True), pytest.raises(PhotoStoreUnreachable):
        bench.run()
    assert [(row.attempts, row.owner, row.reason) for row in bench.work()] == [(0, None, None)] * 3
    assert bench.run() == 3


def test_a_file_that_the_store_cannot_read_is_blamed_and_holds_up_no_other(bench: Bench) -> None:
    bad = bench.add("bad", GREEN)
    sha256 = bench.photo(bad).sha256
    good = [bench.add(f"good-{number}", GREEN) for number in range(6)]
    with refusing(bench, lambda asked: asked == sha256):
        assert bench.run() == 6
        assert {bench.photo(photo_id).state for photo_id in good} == {"ready"}
        for attempt in range(2, 4):
            bench.database.write(lambda session: session.execute(update(Work).values(due_at=now(session))))
            assert bench.run() == 0
            (left,) = bench.work()
            assert (left.photo_id, left.attempts, left.owner) == (bad, attempt, None)
    assert left.reason == "The photo store cannot read the working copy of this photo."


def test_what_could_not_be_given_back_is_given_back_when_the_next_run_begins(bench: Bench) -> None:
    for number in range(2):
        bench.add(f"sku-{number}", GREEN)
    real = bench.database.write

    def away(_act: object) -> None:
        raise DatabaseAway("The database cannot be reached.")

    def lose_the_database(_colours: list[Colour]) -> None:
        bench.database.write = away  # type: ignore[assignment]  # as a killed server

    bench.before = lose_the_database
    with pytest.raises(DatabaseAway):
        bench.run()
    bench.before = lambda _colours: None
    with pytest.raises(DatabaseAway):
        bench.run()
    bench.database.write = real  # type: ignore[method-assign]
    assert {(row.attempts, row.owner) for row in bench.work()} == {(1, "bench")}
    assert bench.run() == 2
    assert bench.captioner.described == [2, 2], "both at once: their first attempt was not counted"


def test_a_reason_is_one_short_line(bench: Bench) -> None:
    photo_id = bench.add("sku", GREEN)

    def before(_colours: list[Colour]) -> None:
        raise FloatingPointError("no finite score " * 100 + "\n[SQL: INSERT INTO vectors]")

    bench.before = before
    bench.run()
    (left,) = bench.work()
    assert left.photo_id == photo_id
    assert left.reason is not None
    assert len(left.reason) < 300
    assert "SQL" not in left.reason


def test_a_new_title_is_put_into_words_without_looking_at_the_picture(bench: Bench) -> None:
    photo_id = bench.add("sku", BLUE)
    bench.run()
    bench.database.write(lambda session: patch_item(session, bench.catalogue, "sku", {"title": "Evening dress"}))
    assert [row.kind for row in bench.work()] == [WorkKind.TEXT]
    described = list(bench.captioner.described)
    assert bench.run() == 1
    assert bench.captioner.described == described
    assert bench.captioner.encoded[-1] == "Evening dress. colour (0, 0, 200)"
    assert _hash(bench) == text_hash(bench.captioner.encoded[-1])
    assert bench.photo(photo_id).state == "ready"


def test_a_title_changed_after_it_was_read_ends_with_the_new_words(bench: Bench) -> None:
    bench.add("sku", BLUE)
    real = bench.captioner.encode_text

    def rename_then_encode(texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        if texts == ["colour (0, 0, 200)"]:
            bench.database.write(lambda session: patch_item(session, bench.catalogue, "sku", {"title": "New"}))
        return real(texts)

    bench.captioner.encode_text = rename_then_encode  # type: ignore[method-assign]  # planted between read and write
    assert bench.run() == 2
    assert _hash(bench) == text_hash(words_text("New", "colour (0, 0, 200)"))
    assert bench.work() == []


def test_a_persons_caption_written_meanwhile_stays_and_is_what_words_are_made_of(bench: Bench) -> None:
    photo_id = bench.add("sku", BLUE)

    def correct(_colours: list[Colour]) -> None:
        bench.database.write(
            lambda session: write_caption(session, bench.catalogue, photo_id, text="my own words", locked=None)
        )

    bench.before = correct
    bench.run()
    caption = bench.photo(photo_id).caption
    assert caption is not None
    assert (caption.text, caption.source) == ("my own words", CaptionSource.PERSON)
    assert _hash(bench) == text_hash("my own words")


def test_a_changed_price_makes_no_work(bench: Bench) -> None:
    bench.add("sku", BLUE)
    bench.run()
    bench.database.write(lambda session: patch_item(session, bench.catalogue, "sku", {"price": 12}))
    assert bench.work() == []


def test_a_photo_deleted_while_it_is_captioned_leaves_nothing_behind(bench: Bench) -> None:
    bench.add("gone", BLUE)
    kept = bench.add("kept", GREEN)

    def remove(_colours: list[Colour]) -> None:
        bench.database.write(lambda session: delete_item(session, bench.catalogue, "gone"))

    bench.before = remove
    assert bench.run() == 1
    with bench.database.reading() as session:
        assert set(session.scalars(select(Vector.photo_id))) == {kept}
    assert bench.work() == []


@contextmanager
def refusing(bench: Bench, refused: Callable[[str], bool]) -> Iterator[None]:
    """A store whose disk gives an error for some files."""
    real = bench.photos.read_working

    def read(sha256: str) -> bytes:
        if refused(sha256):
            raise PhotoStoreUnreachable("The photo store cannot be reached.")
        return real(sha256)

    bench.photos.read_working = read  # type: ignore[method-assign]
    yield
    bench.photos.read_working = real  # type: ignore[method-assign]


def _hash(bench: Bench) -> str | None:
    with bench.database.reading() as session:
        return session.scalars(select(Vector.text_hash).where(Vector.space == Space.WORDS)).one()
