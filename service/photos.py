"""Photos after their upload (uploads.py): state, picture, order, caption, retry, deletion. Owns the routes alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from flask import Response, request
from sqlalchemy.orm import Session
from werkzeug.wsgi import wrap_file

from catalogue import captions, items, photos
from catalogue.catalogues import Catalogue, read_catalogue
from catalogue.errors import NotFound
from catalogue.facts import PhotoFacts
from catalogue.images import MEDIA_TYPES, rendition
from catalogue.states import CaptionSource
from service import answers, etags, present, schemas
from service.callers import caller
from service.documented import ETAG, GUARDED, JSON, PHOTOS, READING, SEQ, WRITING, Reply, blueprint, picture, says
from service.exchange import answer, check_reached, nothing, seq_header
from service.services import services

api = blueprint("photos", __name__, PHOTOS)

CHANGED = Reply(200, "The photo as it is now.", answers.Photo, (SEQ, ETAG))


@api.get("/photos/<photo_id>", responses=says(Reply(200, "The photo.", answers.Photo, (ETAG,)), problems=READING))
def get_photo(path: schemas.PhotoPath, query: schemas.CatalogueQuery) -> Response:
    """Read a photo.

    Its state, its caption and what else the model thought of. The `ETag` is the caption's.
    """
    facts = _read(path)
    return answer(present.photo(facts), headers=etags.header(etags.caption_tag(facts.id, facts.caption_version)))


@api.get(
    "/photos/<photo_id>/image",
    responses={
        **says(
            Reply(304, "The picture that the caller has is still this one.", headers=(ETAG,)),
            problems=[*READING, "photo-missing", "photo-store-unreachable"],
        ),
        200: picture("The picture.", "image/jpeg", "image/webp"),
    },
)
def get_image(path: schemas.PhotoPath, query: schemas.ImageQuery) -> Response:
    """See a photo.

    Upright and without metadata; WebP where `Accept` prefers it, else JPEG. It may be cached for a day.
    """
    facts = _read(path)
    media_type = _accepted()
    tag = f"{facts.sha256[:32]}-{query.width}-{media_type.removeprefix('image/')}"
    headers = {**etags.header(tag), "Cache-Control": "private, max-age=86400", "Vary": "Accept"}
    if request.if_none_match.contains_weak(tag):
        return nothing(headers, status=304)
    picture = rendition(services().photos.read_working(facts.sha256), int(query.width), media_type)
    return Response(picture, headers=headers, content_type=media_type)


@api.get(
    "/photos/<photo_id>/original",
    responses={
        **says(
            Reply(304, "The caller has these bytes.", headers=(ETAG,)),
            problems=[*READING, "photo-missing", "photo-store-unreachable"],
        ),
        200: picture("The bytes.", *dict.fromkeys(MEDIA_TYPES.values())),
    },
)
def get_original(path: schemas.PhotoPath, query: schemas.CatalogueQuery) -> Response:
    """Download a photo as it was uploaded.

    Byte for byte, metadata and all: so only a key that may write gets it. The `ETag` is the bytes' SHA-256.
    """
    facts = _read(path)
    headers = {**etags.header(facts.sha256), "Cache-Control": "private, no-cache"}
    if request.if_none_match.contains_weak(facts.sha256):
        return nothing(headers, status=304)
    original = services().photos.open_original(facts.sha256)
    headers |= {
        "Content-Disposition": f'attachment; filename="{facts.id}.{facts.media_type.removeprefix("image/")}"',
        "Content-Length": str(facts.size_bytes),
    }
    if request.method == "HEAD":  # nobody reads its body, and so nobody closes it
        original.close()
    # Else the file is closed with the response, however far its reader got.
    return Response(wrap_file(request.environ, original, 1 << 18), headers=headers, content_type=facts.media_type)


@api.patch("/photos/<photo_id>", responses=says(CHANGED, problems=[*WRITING, *JSON]))
def move_photo(path: schemas.PhotoPath, query: schemas.CatalogueQuery, body: schemas.PhotoPatch) -> Response:
    """Move a photo.

    To another position among its item's; 0 is the main one, and the others close up.
    """
    return _change(path, lambda session, catalogue, photo: photos.move_photo(session, catalogue, photo, body.position))


@api.post(
    "/photos/<photo_id>/retry",
    responses=says(
        Reply(202, "The photo, which is pending again.", answers.Photo, (SEQ, ETAG)),
        problems=[*WRITING, "photo-not-failed"],
    ),
)
def retry_photo(path: schemas.PhotoPath, query: schemas.CatalogueQuery) -> Response:
    """Try a failed photo again.

    It becomes pending, and its attempts are counted anew.
    """
    return _change(path, photos.retry_photo, status=202)


@api.delete("/photos/<photo_id>", responses=says(Reply(204, "It is gone.", headers=(SEQ,)), problems=WRITING))
def delete_photo(path: schemas.PhotoPath, query: schemas.CatalogueQuery) -> Response:
    """Delete a photo.

    It is in no answer to a request that is received after this one was answered.
    """
    photo_id = _id(path)
    return nothing(
        seq_header(
            services().database.write(
                lambda session: photos.delete_photo(session, read_catalogue(session, caller().catalogue), photo_id)
            )
        )
    )


@api.patch("/photos/<photo_id>/caption", responses=says(CHANGED, problems=[*WRITING, *GUARDED, *JSON]))
def write_caption(path: schemas.PhotoPath, query: schemas.CatalogueQuery, body: schemas.CaptionPatch) -> Response:
    """Correct a caption.

    A person's words, and imported ones, are findable under this answer's `Vitrine-Seq`, and no model ever replaces
    them. `locked` keeps a model's caption as it is, too.
    """

    def verb(session: Session, catalogue: Catalogue, photo_id: UUID) -> int:
        expected = etags.expected_caption(session, catalogue, photo_id)
        return captions.write_caption(
            session,
            catalogue,
            photo_id,
            text=body.text,
            locked=body.locked,
            source=CaptionSource(body.source),
            if_match=expected,
        )

    return _change(path, verb)


@api.delete("/photos/<photo_id>/caption", responses=says(CHANGED, problems=[*WRITING, *GUARDED]))
def clear_caption(path: schemas.PhotoPath, query: schemas.CatalogueQuery) -> Response:
    """Drop a person's caption.

    Back to the model's, which the answer shows.
    """

    def verb(session: Session, catalogue: Catalogue, photo_id: UUID) -> int:
        expected = etags.expected_caption(session, catalogue, photo_id)
        return captions.clear_caption(session, catalogue, photo_id, if_match=expected)

    return _change(path, verb)


def _change(
    path: schemas.PhotoPath,
    verb: Callable[[Session, Catalogue, UUID], int],
    status: int = 200,
) -> Response:
    """Do `verb`, ring for the work that it may have made, and answer with the photo as it is then."""
    photo_id = _id(path)

    def act(session: Session) -> tuple[int, PhotoFacts]:
        catalogue = read_catalogue(session, caller().catalogue)
        seq = verb(session, catalogue, photo_id)
        return seq, photos.read_photo(session, catalogue, photo_id)

    seq, facts = services().database.write(act)
    services().bell.ring()
    headers = {**seq_header(seq), **etags.header(etags.caption_tag(facts.id, facts.caption_version))}
    return answer(present.photo(facts), status=status, headers=headers)


def _read(path: schemas.PhotoPath) -> PhotoFacts:
    with services().database.reading() as session:
        catalogue = read_catalogue(session, caller().catalogue)
        check_reached(session, catalogue)
        facts = photos.read_photo(session, catalogue, _id(path))
        if not (caller().sees_unpublished or items.is_published(session, catalogue, facts.item_id)):
            raise photos.no_photo(facts.id)
        return facts


def _id(path: schemas.PhotoPath) -> UUID:
    try:
        return UUID(path.photo_id)
    except ValueError:
        raise NotFound(f"There is no photo {path.photo_id[:64]!r} in this catalogue.") from None


def _accepted() -> Literal["image/jpeg", "image/webp"]:
    # In doubt JPEG: what `*/*` or nothing asks for.
    best = request.accept_mimetypes.best_match(["image/jpeg", "image/webp"], default="image/jpeg")
    return "image/webp" if best == "image/webp" else "image/jpeg"
