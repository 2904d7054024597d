"""Photos come in: decoded once, stored, registered. Owns the order of these steps, which loses no answered upload."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from catalogue.catalogues import read_catalogue
from catalogue.errors import Fault, ImageRejected, PhotoTooLarge, VitrineError
from catalogue.facts import PhotoFacts, read_photos
from catalogue.images import Decoded
from catalogue.intake import Intake, Upload, register_uploads
from catalogue.item_rules import check_sku
from service import answers, metrics, present, schemas
from service.callers import caller
from service.documented import LOCATION, PHOTO_FORM, PHOTOS, SEQ, WRITING, Reply, blueprint, form_body, says
from service.errors import NoPhotoAccepted
from service.exchange import answer, seq_header
from service.incoming import IncomingPhoto
from service.incoming import read_photos as read_parts
from service.problems import problem_of
from service.services import services

api = blueprint("uploads", __name__, PHOTOS)

Refusal = ImageRejected | PhotoTooLarge


@dataclass(frozen=True, slots=True)
class Taken:
    """A part that is a photo, decoded."""

    part: IncomingPhoto
    decoded: Decoded

    @property
    def upload(self) -> Upload:
        return Upload(
            self.part.sha256,
            self.part.size_bytes,
            self.decoded.media_type,
            self.decoded.width,
            self.decoded.height,
            self.decoded.difference_hash,
        )


@api.post(
    "/items/<sku>/photos",
    responses=says(
        Reply(200, "All of them were there already.", answers.Uploaded, (SEQ, LOCATION)),
        Reply(202, "They are stored, and will be captioned.", answers.Uploaded, (SEQ, LOCATION)),
        problems=[*WRITING, *PHOTO_FORM, "not-multipart", "no-photo-accepted", "photo-store-unreachable"],
    ),
    openapi_extensions=form_body(schemas.UploadForm),
)
def upload_photos(path: schemas.SkuPath, query: schemas.UploadQuery) -> Response:
    """Add photos to an item.

    Multipart, one part named `photo` for each, at most ten; the item is made if it is new. What is answered is kept for
    good, and captioned within seconds: read the photo until its `state` is `ready`; `Vitrine-Min-Seq` with its
    `ready_seq` then finds it. The same bytes again give the same photo. A part that is no photo gets a problem in its
    place.
    """
    check_sku(path.sku)
    outcomes = [_decode(part) for part in read_parts()]
    taken = [outcome for outcome in outcomes if isinstance(outcome, Taken)]
    if not taken:
        raise _none_accepted([outcome for outcome in outcomes if not isinstance(outcome, Taken)])
    for each in taken:
        _store(each)

    def act(session: Session) -> tuple[Intake, dict[UUID, PhotoFacts]]:
        catalogue = read_catalogue(session, caller().catalogue)
        intake = register_uploads(session, catalogue, path.sku, [each.upload for each in taken], bulk=query.bulk)
        facts = read_photos(session, catalogue, [photo.photo_id for photo in intake.photos])
        return intake, facts

    intake, facts = services().database.write(act)
    metrics.TAKEN.inc(len(taken))
    for each in taken:
        if not services().photos.has(each.part.sha256):  # a collector took it before the row stood
            _store(each)
    services().bell.ring()
    photos = iter([present.photo(facts[registered.photo_id]) for registered in intake.photos])
    shown = [next(photos) if isinstance(each, Taken) else problem_of(each) for each in outcomes]
    all_known = len(taken) == len(outcomes) and all(registered.known for registered in intake.photos)
    location = {"Location": f"/v1/photos/{intake.photos[0].photo_id}"}
    return answer(
        answers.Uploaded(photos=shown), status=200 if all_known else 202, headers={**seq_header(intake.seq), **location}
    )


def decode_part(part: IncomingPhoto) -> Decoded:
    """Raises ImageRejected, PhotoTooLarge."""
    try:
        part.check_size()
        return services().decoder.decode(part.path, services().limits)
    except (ImageRejected, PhotoTooLarge) as error:
        metrics.count_refusal(error)
        raise


def _decode(part: IncomingPhoto) -> Taken | Refusal:
    try:
        return Taken(part, decode_part(part))
    except (ImageRejected, PhotoTooLarge) as error:
        return error


def _store(taken: Taken) -> None:
    services().photos.put_original(taken.part.sha256, taken.part.path)
    services().photos.put_working(taken.part.sha256, taken.decoded.working_copy)


def _none_accepted(refusals: list[Refusal]) -> VitrineError:
    if len(refusals) == 1 or all(isinstance(refusal, PhotoTooLarge) for refusal in refusals):
        return refusals[0]
    return NoPhotoAccepted([Fault(f"/photo/{place}", str(refusal)) for place, refusal in enumerate(refusals)])
