"""The to-do list: the order of claims, the fencing token, attempts."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

import sqlalchemy
from sqlalchemy import select, update

from catalogue import finishing, models, work
from catalogue.catalogues import Catalogue, adopt, ensure_catalogue, read_catalogue
from catalogue.database import Database, now
from catalogue.finishing import DIED
from catalogue.states import PhotoStatus, WorkKind
from tests.plans import SORT, noticed, plan
from tests.unit.catalogue import shop


def let_leases_run_out(database: Database) -> None:
    database.write(
        lambda session: session.execute(update(models.Work).values(expires_at=now(session) - timedelta(seconds=1)))
    )


def make_all_due(database: Database) -> None:
    database.write(
        lambda session: session.execute(update(models.Work).values(due_at=now(session) - timedelta(seconds=1)))
    )


def test_an_upload_is_claimed_once_while_its_lease_lives(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one", "two")
    held = shop.claim(database)
    assert held is not None
    assert {job.photo_id for job in held.jobs} == {photo.photo_id for photo in intake.photos}
    assert [job.attempts for job in held.jobs] == [1, 1]
    assert shop.claim(database) is None


def test_a_claim_that_ran_out_comes_back_alone_and_under_a_new_token(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "a", "one", "two")
    first = shop.claim(database)
    let_leases_run_out(database)
    shop.upload(database, catalogue, "b", "three")
    again = shop.claim(database)
    assert first is not None
    assert again is not None
    assert len(again.jobs) == 1
    assert again.jobs[0].attempts == 2
    assert again.token > first.token


def test_text_comes_before_pictures_and_single_uploads_before_bulk(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "ready", "zero")
    shop.finish_all(database)
    shop.upload(database, catalogue, "bulk", "one", bulk=True)
    single = shop.upload(database, catalogue, "single", "two")
    shop.put(database, catalogue, "ready", title="A new title")
    order = [shop.claim(database, batch=1) for _ in range(3)]
    assert [held.kind for held in order if held] == [WorkKind.TEXT, WorkKind.PICTURE, WorkKind.PICTURE]
    assert order[1] is not None
    assert order[1].jobs[0].photo_id == single.photos[0].photo_id


def test_catalogues_take_turns(database: Database, catalogue: Catalogue) -> None:
    other = second_catalogue(database)
    for number in range(2):
        shop.upload(database, catalogue, f"a{number}", f"one {number}")
        shop.upload(database, other, f"b{number}", f"two {number}")
    served: list[UUID] = []
    for _ in range(4):
        held = shop.claim(database, batch=1, after=served[-1] if served else None)
        assert held is not None
        served.append(held.catalogue_id)
    assert served == [catalogue.id, other.id, catalogue.id, other.id]


def fail_first(database: Database, held: work.Claim, *, final: bool = False) -> None:
    work_id = held.jobs[0].work_id
    database.write(lambda s: finishing.fail(s, held.catalogue_id, work_id, held.token, "Broken.", final=final))


def second_catalogue(database: Database) -> Catalogue:
    def make(session: object) -> None:
        other = ensure_catalogue(session, "other", "EUR")  # type: ignore[arg-type]  # a session, as write() hands it
        adopt(session, other, captioner="c", look="l", meaning="m", words="w", checkpoint="s")  # type: ignore[arg-type]

    database.write(make)
    with database.reading() as session:
        return read_catalogue(session, "other")


def test_a_batch_holds_one_catalogue_only(database: Database, catalogue: Catalogue) -> None:
    other = second_catalogue(database)
    shop.upload(database, catalogue, "a", "one")
    shop.upload(database, other, "b", "two")
    held = shop.claim(database)
    assert held is not None
    assert len(held.jobs) == 1


def test_a_stop_gives_leases_and_attempts_back(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "a", "one", "two")
    held = shop.claim(database)
    assert held is not None
    assert database.write(lambda session: work.give_back(session, held.token)) == 2
    again = shop.claim(database)
    assert again is not None
    assert [job.attempts for job in again.jobs] == [1, 1]


def test_a_title_changed_while_its_words_are_made_leaves_the_claim_counted(
    database: Database, catalogue: Catalogue
) -> None:
    shop.upload(database, catalogue, "a", "one")
    shop.finish_all(database)
    shop.put(database, catalogue, "a", title="One")
    held = shop.claim(database)
    assert held is not None
    shop.put(database, catalogue, "a", title="Two")
    database.write(lambda session: work.give_back(session, held.token))
    with database.reading() as session:
        assert session.scalars(select(models.Work.attempts)).all() == [0]


def test_what_was_made_due_afresh_is_not_declared_failed(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    for _ in range(work.MOST_ATTEMPTS):
        assert shop.claim(database) is not None
        let_leases_run_out(database)
    with database.reading() as session:
        (worn_out,) = work.exhausted(session)
    database.write(lambda session: session.execute(update(models.Work).values(attempts=1)))
    assert shop.claim(database) is not None
    database.write(partial(finishing.fail_exhausted, worn_out=worn_out))
    assert shop.photo(database, catalogue, intake.photos[0].photo_id).state == "processing"


def test_a_claim_goes_by_the_index_and_sorts_nothing(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "a", "one", "two")
    with noticed(database, lambda statement: "FROM work" in statement and "ORDER BY" in statement) as seen:
        shop.claim(database, after=UUID(int=1))
    assert len(seen) == 5, "text, pictures, the next catalogue's turn, single uploads, bulk ones"
    for statement, values in seen:
        steps = plan(database, statement, values)
        assert "ix_work_kind_rank_catalogue_id_due_at_id" in steps
        assert SORT not in steps


def test_renewing_and_giving_back_go_by_the_index(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "a", *map(str, range(200)))
    held = shop.claim(database, batch=2)
    assert held is not None
    database.write(lambda session: session.execute(sqlalchemy.text("ANALYZE")))
    with noticed(database, lambda statement: statement.startswith("UPDATE work")) as seen:
        database.write(lambda session: work.renew(session, held.token, lease_s=60))
        database.write(lambda session: work.give_back(session, held.token))
    assert len(seen) == 2
    for statement, values in seen:
        assert "ix_work_token" in plan(database, statement, values)


def test_what_is_worn_out_is_found_by_the_index(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "a", "one", "two")
    with noticed(database, lambda statement: "attempts >=" in statement) as seen:
        assert database.write(work.exhausted) == []
    ((statement, values),) = seen
    assert "ix_work_worn_out" in plan(database, statement, values)


def test_single_uploads_are_filled_up_with_bulk_ones(database: Database, catalogue: Catalogue) -> None:
    bulk = shop.upload(database, catalogue, "bulk", "one", "two", bulk=True)
    single = shop.upload(database, catalogue, "single", "three")
    held = shop.claim(database, batch=2)
    assert held is not None
    assert [job.photo_id for job in held.jobs] == [single.photos[0].photo_id, bulk.photos[0].photo_id]


def test_work_of_a_set_at_rest_is_passed_over(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "a", "one")
    assert catalogue.active_set is not None
    resting = {catalogue.active_set.id}
    assert database.write(lambda s: work.claim(s, "worker", lease_s=60, batch=9, resting=resting)) is None
    assert not database.write(lambda session: work.due_exists(session, resting))
    assert database.write(work.due_exists)
    other = second_catalogue(database)
    shop.upload(database, other, "b", "two")
    held = database.write(lambda s: work.claim(s, "worker", lease_s=60, batch=9, resting=resting))
    assert held is not None
    assert held.catalogue_id == other.id


def test_renewing_keeps_a_claim_and_says_what_is_left_of_it(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one", "two")
    held = shop.claim(database, lease_s=1)
    assert held is not None
    lost = intake.photos[0].photo_id
    database.write(
        lambda session: session.execute(
            update(models.Work).where(models.Work.photo_id == lost).values(token=held.token + 100)
        )
    )
    assert database.write(lambda session: work.renew(session, held.token, lease_s=60)) == 1
    with database.reading() as session:
        expires = session.scalars(select(models.Work.expires_at).where(models.Work.photo_id != lost)).one()
        assert expires is not None
        assert expires > now(session) + timedelta(seconds=30)


def test_a_lost_lease_loses_its_row_and_not_the_batch(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one", "two")
    slow = shop.claim(database)
    assert slow is not None
    let_leases_run_out(database)
    quick = shop.claim(database)
    assert quick is not None
    taken = quick.jobs[0]
    finished = shop.finish(database, slow, "the slow one's words")
    assert finished.kept == {job.work_id for job in slow.jobs} - {taken.work_id}
    shop.finish(database, quick, "the quick one's words")
    captions = {photo.photo_id: shop.photo(database, catalogue, photo.photo_id).caption for photo in intake.photos}
    assert {photo_id: caption and caption.text for photo_id, caption in captions.items()} == {
        photo.photo_id: "the quick one's words" if photo.photo_id == taken.photo_id else "the slow one's words"
        for photo in intake.photos
    }


def test_finishing_twice_writes_once(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    held = shop.claim(database)
    assert held is not None
    results = shop.results_of(database, held)
    first = database.write(lambda session: finishing.finish(session, held, results))
    second = database.write(lambda session: finishing.finish(session, held, results))
    assert (len(first.kept), len(second.kept)) == (1, 0)
    assert second.seq == first.seq
    with database.reading() as session:
        assert len(session.scalars(select(models.Caption)).all()) == 1
    assert shop.photo(database, catalogue, intake.photos[0].photo_id).ready_seq == first.seq


def test_a_transient_fault_waits_before_it_is_due_again(database: Database, catalogue: Catalogue) -> None:
    shop.upload(database, catalogue, "a", "one")
    held = shop.claim(database)
    assert held is not None
    job = held.jobs[0]
    database.write(lambda session: finishing.fail(session, catalogue.id, job.work_id, held.token, "The store is away."))
    assert shop.claim(database) is None
    make_all_due(database)
    again = shop.claim(database)
    assert again is not None
    assert again.jobs[0].attempts == 2


def test_six_failures_of_its_picture_work_make_a_photo_failed(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    for _ in range(work.MOST_ATTEMPTS):
        make_all_due(database)
        held = shop.claim(database)
        assert held is not None
        fail_first(database, held)
    photo = shop.photo(database, catalogue, intake.photos[0].photo_id)
    assert (photo.state, photo.reason, photo.attempts) == ("failed", "Broken.", 6)
    make_all_due(database)
    assert shop.claim(database) is None


def test_what_kills_its_worker_six_times_is_declared_failed(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    for _ in range(work.MOST_ATTEMPTS):
        assert shop.claim(database) is not None
        let_leases_run_out(database)
    assert shop.claim(database) is None
    assert database.write(work.due_exists)
    with database.reading() as session:
        (worn_out,) = work.exhausted(session)
    database.write(partial(finishing.fail_exhausted, worn_out=worn_out))
    assert not database.write(work.due_exists)
    photo = shop.photo(database, catalogue, intake.photos[0].photo_id)
    assert (photo.state, photo.reason) == (PhotoStatus.FAILED.value, DIED)


def test_a_stale_worker_cannot_fail_what_another_holds(database: Database, catalogue: Catalogue) -> None:
    intake = shop.upload(database, catalogue, "a", "one")
    stale = shop.claim(database)
    let_leases_run_out(database)
    assert shop.claim(database) is not None
    assert stale is not None
    database.write(
        lambda session: finishing.fail(session, catalogue.id, stale.jobs[0].work_id, stale.token, "Broken.", final=True)
    )
    assert shop.photo(database, catalogue, intake.photos[0].photo_id).state == "processing"
