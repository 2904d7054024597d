"""Views over a real database: what a request must see at once, what is loaded behind it, and what waits."""

from __future__ import annotations

import threading
import time
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from catalogue import captions, changes, items, models, photos
from catalogue.catalogues import Catalogue, adopt, ensure_catalogue, read_catalogue
from catalogue.changes import Change
from catalogue.database import Database
from catalogue.errors import NotFound
from catalogue.states import ChangeKind
from catalogue.switching import switch_when_complete
from indexing.errors import SeqNotReached, ViewBehind
from indexing.fields.strings import StringColumn
from indexing.fusion import FIRST
from indexing.queries import PhotoQuery, Search, TextQuery
from indexing.tail import Tail
from indexing.views import FOLLOW_EVERY_S, Views
from tests.unit.indexing.shelf import finish_all, stored, unit, upload
from tests.unit.indexing.shop import EAST, NORTH, PATIENCE_S, SEARCHER, Shop


def test_a_first_view_holds_everything(shop: Shop) -> None:
    shop.put("a", title="Navy shirt", attributes={"brand": "Acme", "sizes": ["small", "large"], "year": 2026})
    shop.photo("a", EAST, caption="a blue shirt")
    shop.put("b", title="Hat")
    view = shop.now()
    assert view.seq == shop.present()
    assert shop.skus(view) == ["a"]
    for text in ("navy", "acme", "large", "blue", "a"):
        assert shop.texts(view, text) == ["a"]
    assert shop.texts(view, "2026") == []
    assert shop.texts(view, "hat") == ["b"]


def test_a_deleted_item_is_in_no_view_asked_for_after_the_deletion(shop: Shop) -> None:
    shop.photo("a", EAST)
    shop.photo("b", EAST)
    older = shop.now()
    shop.delete("a")
    assert shop.skus(shop.now()) == ["b"]
    assert shop.now().seq == shop.present()
    assert len(SEARCHER.search(older, Search(PhotoQuery(unit(*EAST)), limit=9)).hits) == 2


def test_a_deleted_photo_is_in_no_view_asked_for_after_the_deletion(shop: Shop) -> None:
    gone = shop.photo("a", EAST, caption="a blue shirt")
    shop.photo("a", NORTH, caption="a hat")
    shop.now()
    shop.database.write(lambda s: photos.delete_photo(s, shop.catalogue, gone))
    assert shop.skus(shop.now()) == []
    assert shop.skus(shop.now(), NORTH) == ["a"]
    assert (shop.texts(shop.settled(), "shirt"), shop.texts(shop.settled(), "hat")) == ([], ["a"])


def test_a_hidden_item_is_hidden_at_once_and_shown_again_with_its_new_words(shop: Shop) -> None:
    shop.put("a", title="Red hat")
    shop.photo("a", EAST)
    shop.now()
    shop.put("a", title="Green hat", published=False)
    assert shop.skus(shop.now()) == []
    shop.put("a", title="Green hat")
    view = shop.settled()
    assert (shop.skus(view), shop.texts(view, "green"), shop.texts(view, "red")) == (["a"], ["a"], [])


def test_what_is_new_is_loaded_behind_while_the_old_view_serves(shop: Shop) -> None:
    shop.photo("a", EAST)
    shop.now()
    shop.photo("b", EAST)
    assert shop.skus(shop.now()) in (["a"], ["a", "b"])
    assert shop.skus(shop.settled()) == ["a", "b"]
    assert not shop.views.is_behind(shop.catalogue.id)


def test_a_view_follows_the_shop_without_being_asked(shop: Shop) -> None:
    shop.views.present(shop.catalogue.id)
    seq = shop.put("new", title="Shirt")
    time.sleep(4 * FOLLOW_EVERY_S)  # asking would be a request, which is what nobody makes here
    assert shop.views.present(shop.catalogue.id).seq == seq


def test_a_pending_photo_is_not_searched_until_it_is_ready(shop: Shop) -> None:
    photo_id = upload(shop.database, shop.catalogue, "a", "one")
    assert shop.skus(shop.settled()) == []
    finish_all(shop.database, {photo_id: EAST})
    assert shop.skus(shop.settled()) == ["a"]


def test_a_persons_caption_replaces_the_models_words(shop: Shop) -> None:
    photo_id = shop.photo("a", EAST, caption="a blue shirt")
    shop.now()
    shop.database.write(lambda s: captions.write_caption(s, shop.catalogue, photo_id, text="teal polo", locked=None))
    view = shop.settled()
    assert (shop.texts(view, "polo"), shop.texts(view, "shirt"), shop.skus(view)) == (["a"], [], ["a"])


def test_vectors_made_anew_replace_the_old_ones(shop: Shop) -> None:
    photo_id = shop.photo("a", EAST)
    shop.now()
    shop.put("a", title="Hat")
    finish_all(shop.database, {photo_id: NORTH})  # only `words` is made from the title
    view = shop.settled()
    scores = [
        SEARCHER.search(view, Search(TextQuery("x", words=unit(*vector)), limit=1, min_confidence=0)).hits[0].score
        for vector in (EAST, NORTH)
    ]
    assert scores == [0.0, FIRST.words]
    assert shop.skus(view) == ["a"]


def test_moving_a_photo_leaves_its_vectors_where_they_are(shop: Shop) -> None:
    first, second = shop.photo("a", EAST), shop.photo("a", EAST, picture="other")
    before = shop.now()
    shop.database.write(lambda s: photos.move_photo(s, shop.catalogue, second, 0))
    after = shop.settled()
    shown = [
        SEARCHER.search(view, Search(PhotoQuery(unit(*EAST)), limit=9)).hits[0].photo_id for view in (before, after)
    ]
    assert shown == [first, second]
    assert len(after.photos.live) == len(before.photos.live)


def test_an_unavailable_item_is_found_but_not_recommended(shop: Shop) -> None:
    shop.photo("a", EAST)
    shop.photo("b", EAST)
    seed = SEARCHER.search(shop.now(), Search(TextQuery("a"), limit=1)).hits[0].item_id
    shop.put("b", available=False)
    view = shop.settled()
    assert shop.skus(view) == ["a", "b"]
    assert SEARCHER.similar(view, seed, limit=9).page.total == 0


def test_a_damaged_vector_is_left_out_of_its_space_alone(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    bad, good = shop.photo("a", EAST), shop.photo("b", EAST)
    for damaged in (b"\xff\x7f" * 3, bytes(6), stored(1, 0, 0)[:4], (stored(3, 4, 0)[:2] * 3)):
        shop.damage(bad, damaged)
        fresh = Views(shop.database, 2**30)
        view = fresh.present(shop.catalogue.id)
        fresh.close()
        assert shop.skus(view) == ["b"]
        meant = TextQuery("x", meaning=unit(*EAST), words=unit(*EAST))
        assert len(SEARCHER.search(view, Search(meant, limit=9)).hits) == 2
    assert capsys.readouterr().out.count("vectors_refused") == 4
    assert good in {hit.photo_id for hit in SEARCHER.search(view, Search(PhotoQuery(unit(*EAST)), limit=9)).hits}


def test_a_space_of_nothing_but_empty_vectors_is_an_empty_space(shop: Shop) -> None:
    shop.damage(shop.photo("a", EAST), b"")
    view = shop.now()
    assert shop.skus(view) == []
    assert shop.texts(view, "a") == ["a"]


def test_waiting_for_a_number_that_sql_has_not_reached_is_refused(shop: Shop) -> None:
    with pytest.raises(SeqNotReached, match="present number is"):
        shop.views.wait_for(shop.catalogue.id, shop.present() + 1, PATIENCE_S)


def test_a_view_that_cannot_load_in_time_says_so_and_serves_what_it_has(shop: Shop) -> None:
    shop.photo("a", EAST)
    shop.now()
    tail = shop.views._tails[shop.catalogue.id]
    with tail._loading:  # as if a load were under way for ever
        shop.photo("b", EAST)
        with pytest.raises(ViewBehind):
            shop.views.wait_for(shop.catalogue.id, shop.present(), 0.05)
        assert shop.skus(shop.now()) == ["a"]
        assert shop.views.is_behind(shop.catalogue.id)
        shop.delete("a")
        assert shop.skus(shop.now()) == []
    assert shop.skus(shop.settled()) == ["b"]


def test_a_gap_in_the_feed_is_noticed_before_the_answer(shop: Shop) -> None:
    shop.photo("a", EAST)
    shop.photo("b", EAST)
    shop.now()
    shop.delete("a")
    shop.database.write(lambda s: s.execute(delete(models.Change)))
    view = shop.now()
    assert (shop.skus(view), view.seq) == (["b"], shop.present())


def test_a_switch_of_model_sets_shows_only_the_new_sets_vectors(shop: Shop) -> None:
    photo_id = shop.photo("a", EAST)
    assert shop.skus(shop.now()) == ["a"]
    new = {"captioner": "c2", "look": "l2", "meaning": "m2", "words": "w2", "checkpoint": "set2"}
    adopted = shop.database.write(lambda s: adopt(s, shop.catalogue.id, **new))
    finish_all(shop.database, {photo_id: (0, 0, 0, 1)})
    assert shop.skus(shop.settled()) == ["a"]
    shop.database.write(switch_when_complete)
    view = shop.settled()
    assert view.catalogue.active_set == adopted
    assert shop.skus(view, (0, 0, 0, 1)) == ["a"]


def test_a_worn_view_is_read_afresh(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexing.view.FEW_ROWS", 4)
    shop.put("a", title="first")
    shop.now()
    for turn in range(12):
        shop.put("a", title=f"turn {turn}")
        view = shop.settled()
        assert len(view.items.live) <= 6
        assert shop.texts(view, f"turn {turn}") == ["a"]


def test_a_view_of_groups_renamed_for_ever_is_read_afresh(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexing.view.FEW_ROWS", 4)
    shop.put("a", group="first")
    for turn in range(20):
        shop.put("a", group=f"turn {turn}")
        column = shop.settled().fields["group"]
        assert isinstance(column, StringColumn)
        assert len(column.spellings) <= 9


def test_a_deletion_younger_than_what_was_loaded_is_laid_over_it(shop: Shop) -> None:
    shop.photo("a", EAST)
    tail = Tail(shop.database, shop.catalogue.id)
    shop.photo("b", EAST)
    tail.look()
    loaded = tail._read_after()
    assert shop.skus(loaded) == ["a", "b"]
    shop.delete("b")
    tail.look()
    tail._swap(loaded)
    assert shop.skus(tail.view) == ["a"]


def test_an_unknown_catalogue_is_not_found(views: Views) -> None:
    with pytest.raises(NotFound):
        views.present(UUID(int=5))


def test_a_fault_while_loading_is_logged_and_the_next_try_succeeds(
    shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.now()
    monkeypatch.setattr("indexing.views.PAUSE_AFTER_FAULT_S", 0.05)
    # A line of the feed that names an item whose row cannot be read, then a mended row.
    shop.put("a", title="hat")
    shop.database.write(lambda s: s.execute(update(models.Item).values(attributes="no object")))
    shop.now()
    with pytest.raises(ViewBehind):
        shop.views.wait_for(shop.catalogue.id, shop.present(), 0.3)
    shop.database.write(lambda s: s.execute(update(models.Item).values(attributes={})))
    assert shop.texts(shop.settled(), "hat") == ["a"]
    assert "view_not_loaded" in capsys.readouterr().out


def test_a_mask_that_comes_while_older_changes_load_stays(shop: Shop) -> None:
    """A load that began before a deletion must not bring the deleted item back."""
    shop.photo("a", EAST)
    shop.now()
    stop = threading.Event()
    faults: list[str] = []

    def search(deleted: dict[str, int]) -> None:
        while not stop.is_set():
            before = dict(deleted)
            view = shop.now()
            shown = {hit.item_id for hit in SEARCHER.search(view, Search(PhotoQuery(unit(*EAST)), limit=100)).hits}
            faults.extend(sku for sku, number in before.items() if UUID(int=number) in shown)

    deleted: dict[str, int] = {}
    searchers = [threading.Thread(target=search, args=(deleted,)) for _ in range(3)]
    for thread in searchers:
        thread.start()
    for number in range(10):
        sku = f"new{number}"
        shop.photo(sku, EAST)
        with shop.database.reading() as session:
            item_id = items.read_item(session, shop.catalogue, sku).id
        shop.put("a", title=f"Edit {number}")
        shop.delete(sku)
        deleted[sku] = item_id.int
    stop.set()
    for thread in searchers:
        thread.join()
    assert faults == []
    assert shop.skus(shop.settled()) == ["a"]


def test_a_change_of_settings_is_in_the_reloaded_view(shop: Shop) -> None:
    shop.now()
    shop.database.write(lambda s: s.execute(update(models.Catalogue).values(language="de", settings_version=2)))
    shop.database.write(lambda s: changes.record(s, shop.catalogue.id, [Change(ChangeKind.CATALOGUE)]))
    view = shop.settled()
    assert (view.catalogue.settings_version, view.analyzer.language) == (2, "de")


def test_views_that_do_not_fit_are_dropped_and_read_again_when_asked_for(database: Database) -> None:
    shops = [a_shop_of_its_own(database, f"shop {number}") for number in range(3)]
    one = Views(database, 2**30)
    size_bytes = one.present(shops[0].id).size_bytes
    one.close()
    assert size_bytes > 3 * 3 * 4, "three spaces of three float32"
    narrow = Views(database, 2 * size_bytes)
    first, second = narrow.present(shops[0].id), narrow.present(shops[1].id)
    assert narrow.present(shops[0].id) is first
    narrow.present(shops[2].id)
    assert narrow.loaded_seq(shops[1].id) is None, "asked for longest ago"
    assert narrow.present(shops[0].id) is first
    again = narrow.present(shops[1].id)
    assert again is not second
    assert again.seq == second.seq
    narrow.close()
    tiny = Views(database, 0)
    assert tiny.present(shops[0].id) is tiny.present(shops[0].id), "the last one stays, whatever its size"
    tiny.close()


def a_shop_of_its_own(database: Database, name: str) -> Catalogue:
    catalogue_id = database.write(lambda s: ensure_catalogue(s, name, "EUR"))
    prints = {"captioner": "c1", "look": "l1", "meaning": "m1", "words": "w1", "checkpoint": "set1"}
    database.write(lambda s: adopt(s, catalogue_id, **prints))
    with database.reading() as session:
        catalogue = read_catalogue(session, name)
    photo_id = upload(database, catalogue, "a", "one")
    finish_all(database, {photo_id: EAST})
    return catalogue
