"""Photos after their upload (uploads.py): state, picture, order, caption, retry, deletion. Owns the routes alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from sqlalchemy.orm import Session

from catalogue import captions, photos
from catalogue.catalogues import Catalogue, read_catalogue
from catalogue.errors import NotFound
from catalogue.facts import PhotoFacts
from catalogue.images import rendition
from service import answers, etags, present, schemas
from service.documented import PROBLEMS, picture_answers
from service.exchange import answer, check_reached, nothing, seq_header
from service.services import services

api = APIBlueprint("photos", __name__, url_prefix="/v1", abp_tags=[Tag(name="photos")], abp_responses=PROBLEMS)


@api.get("/photos/<photo_id>", responses={200: answers.Photo})
def get_photo(path: schemas.PhotoPath, query: schemas.CatalogueQuery) -> Response:
    """A photo's state, caption and alternatives; the ETag is its caption's."""
    facts = _read(path, query.catalogue)
    return answer(present.photo(facts), headers=etags.header(etags.caption_tag(facts.id, facts.caption_version)))


@api.get("/photos/<photo_id>/image", responses=picture_answers())
def get_image(path: schemas.PhotoPath, query: schemas.ImageQuery) -> Response:
    """The picture, upright and without metadata; WebP where `Accept` prefers it, else JPEG."""
    facts = _read(path, query.catalogue)
    media_type = _accepted()
    tag = f"{facts.sha256[:32]}-{query.width}-{media_type.removeprefix('image/')}"
    headers = {**etags.header(tag), "Cache-Control": "private, max-age=86400", "Vary": "Accept"}
    if request.if_none_match.contains_weak(tag):
        return nothing(headers, status=304)
    picture = rendition(services().photos.read_working(facts.sha256), int(query.width), media_type)
    return Response(picture, headers=headers, content_type=media_type)


@api.patch("/photos/<photo_id>", responses={200: answers.Photo})
def move_photo(path: schemas.PhotoPath, query: schemas.CatalogueQuery, body: schemas.PhotoPatch) -> Response:
    """Put a photo at another position among its item's; 0 is the main one."""
    return _change(
        path, query, lambda session, catalogue, photo: photos.move_photo(session, catalogue, photo, body.position)
    )


@api.post("/photos/<photo_id>/retry", responses={202: answers.Photo})
def retry_photo(path: schemas.PhotoPath, query: schemas.CatalogueQuery) -> Response:
    """A failed photo becomes pending again."""
    return _change(path, query, photos.retry_photo, status=202)


@api.delete("/photos/<photo_id>", responses={204: None})
def delete_photo(path: schemas.PhotoPath, query: schemas.CatalogueQuery) -> Response:
    """Remove a photo: in no answer to a request received after this one is answered."""
    photo_id = _id(path)
    return nothing(
        seq_header(
            services().database.write(
                lambda session: photos.delete_photo(session, read_catalogue(session, query.catalogue), photo_id)
            )
        )
    )


@api.patch("/photos/<photo_id>/caption", responses={200: answers.Photo})
def write_caption(path: schemas.PhotoPath, query: schemas.CatalogueQuery, body: schemas.CaptionPatch) -> Response:
    """A person's words, findable under this answer's Vitrine-Seq; no model replaces them."""

    def verb(session: Session, catalogue: Catalogue, photo_id: UUID) -> int:
        expected = etags.expected_caption(session, catalogue, photo_id)
        return captions.write_caption(
            session, catalogue, photo_id, text=body.text, locked=body.locked, if_match=expected
        )

    return _change(path, query, verb)


@api.delete("/photos/<photo_id>/caption", responses={200: answers.Photo})
def clear_caption(path: schemas.PhotoPath, query: schemas.CatalogueQuery) -> Response:
    """Back to the model's caption, which the answer shows."""

    def verb(session: Session, catalogue: Catalogue, photo_id: UUID) -> int:
        expected = etags.expected_caption(session, catalogue, photo_id)
        return captions.clear_caption(session, catalogue, photo_id, if_match=expected)

    return _change(path, query, verb)


def _change(
    path: schemas.PhotoPath,
    query: schemas.CatalogueQuery,
    verb: Callable[[Session, Catalogue, UUID], int],
    status: int = 200,
) -> Response:
    """Do `verb`, ring for the work that it may have made, and answer with the photo as it is then."""
    photo_id = _id(path)

    def act(session: Session) -> tuple[int, PhotoFacts]:
        catalogue = read_catalogue(session, query.catalogue)
        seq = verb(session, catalogue, photo_id)
        return seq, photos.read_photo(session, catalogue, photo_id)

    seq, facts = services().database.write(act)
    services().bell.ring()
    headers = {**seq_header(seq), **etags.header(etags.caption_tag(facts.id, facts.caption_version))}
    return answer(present.photo(facts), status=status, headers=headers)


def _read(path: schemas.PhotoPath, catalogue_name: str) -> PhotoFacts:
    with services().database.reading() as session:
        catalogue = read_catalogue(session, catalogue_name)
        check_reached(session, catalogue)
        return photos.read_photo(session, catalogue, _id(path))


def _id(path: schemas.PhotoPath) -> UUID:
    try:
        return UUID(path.photo_id)
    except ValueError:
        raise NotFound(f"There is no photo {path.photo_id[:64]!r} in this catalogue.") from None


def _accepted() -> Literal["image/jpeg", "image/webp"]:
    # In doubt JPEG: what `*/*` or nothing asks for.
    best = request.accept_mimetypes.best_match(["image/jpeg", "image/webp"], default="image/jpeg")
    return "image/webp" if best == "image/webp" else "image/jpeg"
