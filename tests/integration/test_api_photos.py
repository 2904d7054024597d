"""Photos over HTTP: upload, picture, order, caption, retry, deletion, captions of pictures that are not kept."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from catalogue import finishing
from catalogue.errors import StorageFull
from catalogue.storage import PhotoStore
from catalogue.work import claim
from tests.integration.shop import MAX_PHOTO_BYTES, Shop, form, picture


def test_an_upload_answers_202_with_the_photo_and_makes_the_item(shop: Shop) -> None:
    answer = shop.upload("tee", picture())
    assert answer.status_code == 202
    assert answer.json is not None
    (photo,) = answer.json["photos"]
    assert (photo["state"], photo["sku"], photo["width"], photo["height"]) == ("pending", "tee", 320, 240)
    assert answer.headers["Location"] == f"/v1/photos/{photo['id']}"
    assert shop.call("GET", "/v1/items/tee").status_code == 200
    assert set(photo) == {
        "id", "sku", "state", "reason", "position", "width", "height", "media_type", "size_bytes", "image", "caption",
        "alternatives", "tags", "attempts", "created_at", "ready_at", "ready_seq",
    }  # fmt: skip


def test_the_same_bytes_again_are_the_photo_that_is_there(shop: Shop) -> None:
    one, two = picture(), picture()
    first = shop.upload("tee", one)
    again = shop.upload("tee", one)
    assert again.status_code == 200
    assert again.json == first.json
    with_another = shop.upload("tee", one, two, two)
    assert with_another.status_code == 202
    assert with_another.json is not None
    ids = [photo["id"] for photo in with_another.json["photos"]]
    assert first.json is not None
    assert ids[0] == first.json["photos"][0]["id"]
    assert ids[1] == ids[2] != ids[0]


def test_each_part_is_answered_in_its_place_with_a_photo_or_a_problem(shop: Shop) -> None:
    answer = shop.upload("tee", picture(), b"GIF89a but no picture", picture(), b"")
    assert answer.status_code == 202
    assert answer.json is not None
    first, second, third, fourth = answer.json["photos"]
    assert (first["position"], third["position"]) == (0, 1)
    assert [second["status"], fourth["status"]] == [415, 415]
    assert second["type"] == "/problems/not-a-photo"


def test_without_an_accepted_photo_no_item_is_made(shop: Shop) -> None:
    one = shop.upload("tee", b"<html>no photo</html>")
    assert one.status_code == 415
    assert one.json is not None
    assert one.json["type"] == "/problems/not-a-photo"
    several = shop.upload("tee", b"no photo", b"%PDF-1.7")
    assert several.status_code == 415
    assert several.json is not None
    assert [fault["pointer"] for fault in several.json["errors"]] == ["/photo/0", "/photo/1"]
    assert shop.call("GET", "/v1/items/tee").status_code == 404


def test_a_photo_over_the_limit_is_a_413_that_names_both_sizes(shop: Shop) -> None:
    answer = shop.upload("tee", b"\xff\xd8\xff" + bytes(MAX_PHOTO_BYTES))
    assert answer.status_code == 413
    assert answer.json is not None
    assert f"{MAX_PHOTO_BYTES + 3:,}" in answer.json["detail"]
    assert f"{MAX_PHOTO_BYTES:,}" in answer.json["detail"]


def test_a_request_over_the_whole_limit_is_a_413_before_it_is_kept(shop: Shop) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
    body = b"\r\n".join([part + bytes(2 * MAX_PHOTO_BYTES) for _ in range(10)] + [b"--b--\r\n"])
    answer = shop.call("POST", "/v1/items/tee/photos", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("number", [0, 11])
def test_one_to_ten_photos_a_request(shop: Shop, number: int) -> None:
    data = form(*[picture() for _ in range(number)]) if number else b"--b--\r\n"
    answer = shop.call("POST", "/v1/items/tee/photos", data=data, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 422, answer.text
    assert shop.call("GET", "/v1/items/tee").status_code == 404


def test_parts_of_other_names_and_photos_without_a_file_name_are_refused(shop: Shop) -> None:
    for data in ({"picture": (io.BytesIO(picture()), "a.jpg")}, {**form(picture()), "title": "Tee"}, {"photo": "text"}):
        answer = shop.call("POST", "/v1/items/tee/photos", data=data, content_type="multipart/form-data")
        assert answer.status_code == 422, data


def test_parts_without_a_name_are_refused(shop: Shop) -> None:
    nameless = b'--b\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n'
    other = b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n'
    refused = shop.call(
        "POST", "/v1/items/tee/photos", data=nameless + other, content_type="multipart/form-data; boundary=b"
    )
    assert refused.status_code == 422
    assert refused.json is not None
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/", "/other"]


def test_a_body_that_is_no_form_is_a_415_and_a_broken_form_a_400(shop: Shop) -> None:
    path = "/v1/items/tee/photos"
    assert shop.call("POST", path, data=picture(), content_type="image/jpeg").status_code == 415
    broken = shop.call("POST", path, data=b"--b\r\nno header", content_type="multipart/form-data; boundary=b")
    assert broken.status_code == 400
    assert broken.content_type == "application/problem+json"
    without = shop.call("POST", path, data=b"no boundary", content_type="multipart/form-data")
    assert without.status_code == 400


def test_nothing_of_a_request_stays_in_the_folder_of_incoming_files(shop: Shop) -> None:
    shop.upload("tee", picture(), b"no photo")
    shop.call("POST", "/v1/items/tee/photos", data=b"--b\r\nno header", content_type="multipart/form-data; boundary=b")
    shop.upload("tee", *[picture() for _ in range(11)])
    assert list(shop.services.incoming.iterdir()) == []


def test_a_full_disk_is_a_507_and_makes_no_item(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_store: PhotoStore, _sha256: str, _source: Path) -> None:
        raise StorageFull("The photo store is full.")

    monkeypatch.setattr(PhotoStore, "put_original", full)
    answer = shop.upload("tee", picture())
    assert answer.status_code == 507
    assert shop.call("GET", "/v1/items/tee").status_code == 404


def test_files_that_a_collector_took_before_the_commit_are_put_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    has = PhotoStore.has

    def has_not_at_first(store: PhotoStore, sha256: str) -> bool:
        if not taken:
            taken.append(sha256)
            store.delete(sha256)
        return has(store, sha256)

    monkeypatch.setattr(PhotoStore, "has", has_not_at_first)
    answer = shop.upload("tee", picture())
    assert answer.status_code == 202
    assert has(shop.services.photos, taken[0])


def test_a_photo_becomes_ready_and_says_at_which_number(shop: Shop) -> None:
    photo = shop.stock(tee="Navy tee")["tee"]
    shown = shop.call("GET", f"/v1/photos/{photo}").json
    assert shown is not None
    assert shown["state"] == "ready"
    assert shown["caption"]["text"] == "Navy tee"
    assert shown["caption"]["source"] == "model"
    assert shown["ready_seq"] <= shop.seq()


def test_the_picture_comes_in_the_asked_width_and_format(shop: Shop) -> None:
    photo = shop.stock(tee="Tee")["tee"]
    for accept, media_type, file_format in (
        ("image/avif,image/webp,*/*;q=0.8", "image/webp", "WEBP"),
        ("*/*", "image/jpeg", "JPEG"),
        ("image/jpeg", "image/jpeg", "JPEG"),
    ):
        answer = shop.call("GET", f"/v1/photos/{photo}/image", query_string={"width": 160}, headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.content_type == media_type
        with Image.open(io.BytesIO(answer.data)) as image:
            assert (image.format, image.size) == (file_format, (160, 120))
        assert answer.headers["Cache-Control"] == "private, max-age=86400"
        assert answer.headers["Vary"] == "Accept"


def test_a_picture_that_the_browser_has_is_a_304(shop: Shop) -> None:
    photo = shop.stock(tee="Tee")["tee"]
    path = f"/v1/photos/{photo}/image"
    tag = shop.call("GET", path).headers["ETag"]
    unchanged = shop.call("GET", path, headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    assert unchanged.data == b""
    assert unchanged.headers["Cache-Control"] == "private, max-age=86400"
    assert not {"Content-Type", "Content-Security-Policy"} & set(unchanged.headers.keys())
    narrow = shop.call("GET", path, query_string={"width": 160}, headers={"If-None-Match": tag})
    assert narrow.status_code == 200


@pytest.mark.parametrize("width", ["100", "0", "-160", "1280.0", ""])
def test_another_width_is_a_422(shop: Shop, width: str) -> None:
    photo = shop.stock(tee="Tee")["tee"]
    assert shop.call("GET", f"/v1/photos/{photo}/image", query_string={"width": width}).status_code == 422


def test_a_photo_whose_file_is_missing_is_named_as_such(shop: Shop) -> None:
    bytes_sent = picture()
    answer = shop.upload("tee", bytes_sent)
    assert answer.json is not None
    shop.services.photos.delete(hashlib.sha256(bytes_sent).hexdigest())
    missing = shop.call("GET", answer.json["photos"][0]["image"])
    shop.call("DELETE", "/v1/items/tee")
    assert missing.status_code == 404
    assert missing.json is not None
    assert missing.json["type"] == "/problems/photo-missing"


def test_photos_can_be_put_in_another_order(shop: Shop) -> None:
    answer = shop.upload("tee", picture(), picture(), picture())
    assert answer.json is not None
    a, b, c = (photo["id"] for photo in answer.json["photos"])
    moved = shop.call("PATCH", f"/v1/photos/{c}", json={"position": 0})
    assert moved.status_code == 200
    item = shop.call("GET", "/v1/items/tee").json
    assert item is not None
    assert [photo["id"] for photo in item["photos"]] == [c, a, b]
    for wrong in ({"position": -1}, {"position": "0"}, {}, {"position": 1.5}):
        assert shop.call("PATCH", f"/v1/photos/{c}", json=wrong).status_code == 422


@pytest.mark.parametrize(("file_format", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_the_original_comes_as_it_was_uploaded_and_is_no_page(shop: Shop, file_format: str, media_type: str) -> None:
    uploaded = picture(file_format=file_format)
    shop.put("tee", published=False)
    photo_id = shop.upload("tee", uploaded).json["photos"][0]["id"]  # type: ignore[index]  # it is JSON

    answer = shop.call("GET", f"/v1/photos/{photo_id}/original", buffered=True)

    assert (answer.status_code, answer.mimetype, answer.data) == (200, media_type, uploaded)
    assert answer.headers["ETag"] == f'"{hashlib.sha256(uploaded).hexdigest()}"'
    assert answer.headers["Content-Length"] == str(len(uploaded))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    ending = media_type.removeprefix("image/")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{photo_id}.{ending}"'
    again = shop.call("GET", f"/v1/photos/{photo_id}/original", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    only_the_head = shop.call("HEAD", f"/v1/photos/{photo_id}/original")
    assert (only_the_head.headers["Content-Length"], only_the_head.data) == (str(len(uploaded)), b"")


def test_an_original_that_is_not_there_is_a_404_that_says_what(shop: Shop) -> None:
    uploaded = picture()
    photo_id = shop.upload("tee", uploaded).json["photos"][0]["id"]  # type: ignore[index]  # it is JSON
    shop.work()  # no other test's may find it lost
    shop.services.photos.delete(hashlib.sha256(uploaded).hexdigest())

    lost = shop.call("GET", f"/v1/photos/{photo_id}/original")
    unknown = shop.call("GET", f"/v1/photos/{photo_id[::-1]}/original")

    assert [answer.status_code for answer in (lost, unknown)] == [404, 404]
    assert [answer.json["type"] for answer in (lost, unknown)] == ["/problems/photo-missing", "/problems/not-found"]  # type: ignore[index]  # it is JSON


def test_an_imported_caption_is_shown_as_one_and_no_model_replaces_it(shop: Shop) -> None:
    photo_id = shop.upload("tee", picture()).json["photos"][0]["id"]  # type: ignore[index]  # it is JSON
    path = f"/v1/photos/{photo_id}/caption"

    imported = shop.call("PATCH", path, json={"text": "a striped tee", "source": "import"})
    again = shop.call("PATCH", path, json={"text": "a striped tee", "source": "import"})
    shop.work()
    worked_on = shop.call("GET", f"/v1/photos/{photo_id}").json["caption"]  # type: ignore[index]  # it is JSON
    persons = shop.call("PATCH", path, json={"text": "a striped tee"})

    assert imported.headers["Vitrine-Seq"] == again.headers["Vitrine-Seq"]
    assert worked_on == imported.json["caption"]  # type: ignore[index]  # it is JSON
    assert (worked_on["text"], worked_on["source"], worked_on["locked"]) == ("a striped tee", "import", False)
    assert persons.json["caption"]["source"] == "person"  # type: ignore[index]  # it is JSON
    assert shop.call("PATCH", path, json={"text": "a tee", "source": "model"}).status_code == 422


def test_a_persons_caption_stands_until_it_is_taken_back(shop: Shop) -> None:
    photo = shop.stock(tee="Navy tee")["tee"]
    path = f"/v1/photos/{photo}/caption"
    tag = shop.call("GET", f"/v1/photos/{photo}").headers["ETag"]
    written = shop.call("PATCH", path, json={"text": "crimson cardigan"}, headers={"If-Match": tag})
    assert written.status_code == 200
    assert written.json is not None
    assert written.json["caption"] == {
        "text": "crimson cardigan", "confidence": None, "source": "person", "model": None, "locked": False,
    }  # fmt: skip
    assert shop.call("PATCH", path, json={"text": "late"}, headers={"If-Match": tag}).status_code == 412
    shop.work()
    cleared = shop.call("DELETE", path)
    assert cleared.status_code == 200
    assert cleared.json is not None
    assert cleared.json["caption"]["text"] == "Navy tee"


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "a" * 1001}, {"text": 5}, {"locked": "yes"}, {"words": "a"}])
def test_a_wrong_caption_is_a_422(shop: Shop, body: dict[str, object]) -> None:
    photo = shop.stock(tee="Navy tee")["tee"]
    assert shop.call("PATCH", f"/v1/photos/{photo}/caption", json=body).status_code == 422


def test_only_a_failed_photo_can_be_retried(shop: Shop) -> None:
    answer = shop.upload("tee", picture())
    assert answer.json is not None
    photo = answer.json["photos"][0]["id"]
    refused = shop.call("POST", f"/v1/photos/{photo}/retry")
    assert refused.status_code == 409
    assert refused.json is not None
    assert refused.json["type"] == "/problems/photo-not-failed"
    _fail(shop)
    failed = shop.call("GET", f"/v1/photos/{photo}").json
    assert failed is not None
    assert (failed["state"], failed["reason"]) == ("failed", "It cannot be read.")
    retried = shop.call("POST", f"/v1/photos/{photo}/retry")
    assert retried.status_code == 202
    assert retried.json is not None
    assert (retried.json["state"], retried.json["reason"]) == ("pending", None)


def test_a_deleted_photo_is_gone_and_its_siblings_stay(shop: Shop) -> None:
    answer = shop.upload("tee", picture(), picture())
    assert answer.json is not None
    first, second = (photo["id"] for photo in answer.json["photos"])
    deleted = shop.call("DELETE", f"/v1/photos/{first}")
    assert deleted.status_code == 204
    assert deleted.headers["Vitrine-Seq"]
    assert shop.call("GET", f"/v1/photos/{first}").status_code == 404
    item = shop.call("GET", "/v1/items/tee").json
    assert item is not None
    assert [photo["id"] for photo in item["photos"]] == [second]


@pytest.mark.parametrize("photo", ["00000000-0000-0000-0000-000000000000", "no-id", "a" * 200])
def test_a_photo_that_is_not_there_is_a_404(shop: Shop, photo: str) -> None:
    for method, path, body in (
        ("GET", f"/v1/photos/{photo}", None),
        ("GET", f"/v1/photos/{photo}/image", None),
        ("PATCH", f"/v1/photos/{photo}", {"position": 0}),
        ("DELETE", f"/v1/photos/{photo}", None),
        ("POST", f"/v1/photos/{photo}/retry", None),
        ("PATCH", f"/v1/photos/{photo}/caption", {"text": "a"}),
        ("DELETE", f"/v1/photos/{photo}/caption", None),
    ):
        assert shop.call(method, path, json=body).status_code == 404, (method, path)


def test_a_picture_is_captioned_without_being_kept(shop: Shop) -> None:
    before = sorted((shop.services.settings.data / "photos").rglob("*"))
    answer = shop.call("POST", "/v1/captions", data=form(picture(file_format="PNG")))
    assert answer.status_code == 200
    assert answer.json is not None
    assert set(answer.json) == {"text", "confidence", "alternatives", "tags"}
    assert answer.json["text"]
    assert 0 <= answer.json["confidence"] <= 1
    assert sorted((shop.services.settings.data / "photos").rglob("*")) == before
    assert shop.call("POST", "/v1/captions", data=form(b"no photo")).status_code == 415
    assert shop.call("POST", "/v1/captions", data=form(picture(), picture())).status_code == 422


def _fail(shop: Shop) -> None:
    """Fail all due work for good, as a worker does with a photo that cannot be read."""
    database = shop.services.database
    while claimed := database.write(lambda session: claim(session, "test", lease_s=60, batch=32)):
        for job in claimed.jobs:
            database.write(
                lambda session, c=claimed, j=job: finishing.fail(  # type: ignore[misc]  # bound now
                    session, c.catalogue_id, j.work_id, c.token, "It cannot be read.", final=True
                )
            )
