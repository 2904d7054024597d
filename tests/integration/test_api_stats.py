"""What the service tells of itself: stats of a catalogue, metrics of the process, on the real app and database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from catalogue import work
from catalogue.catalogues import adopt
from catalogue.finishing import fail
from catalogue.settings import Settings
from service.app import close, create_app
from tests.databases import Prepared
from tests.integration.floor import wait_until
from tests.integration.running import free_port
from tests.integration.shop import Shop, form, picture

Numbers = dict[tuple[str, ...], float]


def stats(shop: Shop) -> Any:
    answer = shop.call("GET", "/v1/stats")
    assert answer.status_code == 200, answer.text
    return answer.json


def scrape(shop: Shop) -> Numbers:
    answer = shop.client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels) if label != "pid")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_an_empty_catalogue_counts_nothing(shop: Shop) -> None:
    told = stats(shop)
    assert told["items"] == {"total": 0, "published": 0}
    assert told["photos"] == {"pending": 0, "ready": 0, "failed": 0, "bytes": 0}
    assert told["vectors"] == {"look": 0, "meaning": 0, "words": 0}
    assert (told["work"], told["adopting_set"], told["view_seq"]) == ([], None, None)
    assert told["catalogue"] == shop.name


def test_stats_count_items_photos_vectors_and_what_is_to_be_done(shop: Shop) -> None:
    shop.stock(tee="A blue shirt", cap="A red cap")
    hidden = picture()
    shop.put("hidden", title="Not for sale", published=False)
    uploaded = shop.upload("hidden", hidden)
    told = stats(shop)
    assert told["items"] == {"total": 3, "published": 2}
    assert (told["photos"]["ready"], told["photos"]["pending"]) == (2, 1)
    assert told["photos"]["bytes"] > len(hidden)
    assert told["vectors"] == {"look": 2, "meaning": 2, "words": 2}
    (line,) = told["work"]
    assert (line["kind"], line["model_set"], line["due"], line["leased"]) == ("picture", "active", 1, 0)
    assert told["seq"] == int(uploaded.headers["Vitrine-Seq"])
    shop.work()


def test_work_in_somebodys_hands_is_leased_and_what_failed_for_good_is_named(shop: Shop) -> None:
    shop.upload("tee", picture(), picture())
    database = shop.services.database
    held = database.write(lambda session: work.claim(session, "test", lease_s=60, batch=1))
    assert held is not None
    assert {(line["due"], line["leased"]) for line in stats(shop)["work"]} == {(1, 1)}
    job = held.jobs[0]
    database.write(lambda session: fail(session, held.catalogue_id, job.work_id, held.token, "broken", final=True))
    told = stats(shop)
    assert {(line["due"], line["leased"], line["failed"]) for line in told["work"]} == {(1, 0, 1)}
    assert told["photos"]["failed"] == 1
    shop.work()


def test_a_model_on_its_way_tells_how_far_it_is(shop: Shop) -> None:
    shop.stock(tee="A blue shirt", cap="A red cap")
    database, catalogue = shop.services.database, shop.catalogue
    new = database.write(
        lambda session: adopt(
            session, catalogue.id, captioner="c2", look="l2", meaning="m2", words="w2", checkpoint="set2"
        )
    )
    told = stats(shop)["adopting_set"]
    assert told["set"]["id"] == str(new.id)
    assert (told["done"], told["failed"], told["total"]) == (0, 0, 2)
    held = database.write(lambda session: work.claim(session, "test", lease_s=60, batch=1))
    assert held is not None
    assert held.model_set_id == new.id
    database.write(
        lambda session: fail(session, held.catalogue_id, held.jobs[0].work_id, held.token, "broken", final=True)
    )
    told = stats(shop)
    assert (told["adopting_set"]["done"], told["adopting_set"]["failed"]) == (1, 1)
    assert {line["model_set"] for line in told["work"]} == {"adopting"}
    database.write(lambda session: work.claim(session, "test", lease_s=60, batch=1))  # leave nothing due behind


def test_the_view_is_told_once_somebody_has_searched(shop: Shop) -> None:
    shop.stock(tee="A blue shirt")
    shop.search(q="shirt")
    told = stats(shop)
    assert told["view_seq"] == told["seq"]


def test_a_scrape_counts_requests_by_route_and_not_by_address(shop: Shop) -> None:
    shop.call("GET", "/v1/items/one")
    before = scrape(shop)
    for sku in ("one", "two", "three"):
        shop.call("GET", f"/v1/items/{sku}")
    shop.client.open("/nowhere/at/all", method="BREW")
    after = scrape(shop)
    counted = ("vitrine_http_request_seconds_count", "GET", "/v1/items/<sku>", "4xx")
    assert after[counted] == before[counted] + 3
    assert after["vitrine_http_request_seconds_count", "other", "none", "4xx"] >= 1


def test_a_scrape_tells_what_is_due_of_all_catalogues(shop: Shop) -> None:
    before = scrape(shop)
    shop.upload("tee", picture(), picture())
    after = scrape(shop)
    due = ("vitrine_work", "picture", "due")
    assert after[due] == before[due] + 2
    assert after["vitrine_work_oldest_due_seconds", "picture"] >= 0
    assert after["vitrine_work", "text", "failed"] == 0
    assert after["vitrine_queue_reachable",] == 1
    assert after["vitrine_queue_ring_waiting",] == 1
    assert ("vitrine_workers", "caption") in after
    shop.work()


def test_refused_files_are_counted_by_reason(shop: Shop) -> None:
    before = scrape(shop)
    shop.upload("tee", picture(), b"<html>no photo</html>", b"")
    after = scrape(shop)
    for reason in ("not-a-photo", "empty"):
        name = ("vitrine_photos_refused_total", reason)
        assert after[name] == before.get(name, 0) + 1
    assert after["vitrine_photos_taken_total",] == before["vitrine_photos_taken_total",] + 1
    shop.work()


def test_a_search_tells_what_its_time_went_to_and_how_old_its_view_is(shop: Shop) -> None:
    shop.stock(tee="A blue shirt")
    before = scrape(shop)
    shop.search(q="shirt")
    after = scrape(shop)
    for stage in ("view", "encode", "search", "hydrate"):
        name = ("vitrine_search_stage_seconds_count", stage)
        assert after[name] == before.get(name, 0) + 1
    assert after["vitrine_view_behind_changes", shop.name] == 0
    assert after["vitrine_view_current_timestamp_seconds", shop.name] > 0


def test_readyz_names_a_broker_that_is_away_and_what_a_new_model_failed_on(
    stocked: Prepared, adopted: Path, tmp_path: Path
) -> None:
    (tmp_path / "models").symlink_to(adopted / "models")
    with stocked.copied(tmp_path) as url:
        nowhere = f"redis://127.0.0.1:{free_port()}/0"
        app = create_app(Settings(data=tmp_path, database_url=url, broker_url=nowhere, threads=1, device="cpu"))
        shop = Shop(app, None, "default")  # type: ignore[arg-type]  # no work is done here
        try:
            wait_until(lambda: shop.client.get("/readyz").status_code == 200, 60, "ready")
            assert shop.client.post("/v1/items/tee/photos", data=form(picture())).status_code == 202
            assert _named(shop, "queue unreachable")
            assert scrape(shop)["vitrine_queue_reachable",] == 0
            assert not _named(shop, "work failed")
            _fail_under_a_new_model(shop)
            assert _named(shop, "work failed: 1 of the photos")
        finally:
            close(app)


def _named(shop: Shop, beginning: str) -> list[str]:
    ready = shop.client.get("/readyz").json
    assert ready is not None
    return [line for line in ready["degraded"] if line.startswith(beginning)]


def _fail_under_a_new_model(shop: Shop) -> None:
    database, catalogue = shop.services.database, shop.catalogue
    new = {"captioner": "c2", "look": "l2", "meaning": "m2", "words": "w2", "checkpoint": "set2"}
    database.write(lambda session: adopt(session, catalogue.id, **new))
    for _ in range(2):
        held = database.write(lambda session: work.claim(session, "test", lease_s=60, batch=1))
        assert held is not None
        job = held.jobs[0]
        database.write(
            lambda session, h=held, j=job: fail(session, h.catalogue_id, j.work_id, h.token, "broken", final=True)  # type: ignore[misc]  # bound now
        )
