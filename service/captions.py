"""Captioning a picture without keeping it. Owns the route; the model's places are in encoders.py."""

from __future__ import annotations

from flask import Response

from catalogue.catalogues import Catalogue, ModelSet, read_catalogue
from catalogue.images import open_working_copy
from service import answers, schemas
from service.callers import caller
from service.documented import CALL, CAPTIONS, MODEL, PHOTO_FORM, Reply, blueprint, form_body, says
from service.errors import ModelNotReady
from service.exchange import answer
from service.incoming import read_photos
from service.services import services
from service.uploads import decode_part

api = blueprint("captions", __name__, CAPTIONS)

# The model looks at 224 pixels: twice that is plenty, and decodes in a quarter of the time.
PICTURE_SIDE = 448


@api.post(
    "/captions",
    responses=says(
        Reply(200, "What the picture shows.", answers.Captioned), problems=[*CALL, *PHOTO_FORM, *MODEL, "not-multipart"]
    ),
    openapi_extensions=form_body(schemas.OnePhotoForm),
)
def caption_photo(query: schemas.CatalogueQuery) -> Response:
    """Caption a picture without keeping it.

    Multipart, one part named `photo`.
    """
    with services().database.reading() as session:
        model_set = active_set(read_catalogue(session, caller().catalogue))
    decoded = decode_part(read_photos(most=1)[0])
    caption = services().encoders.caption(model_set, open_working_copy(decoded.working_copy, PICTURE_SIDE))
    alternatives = [answers.Alternative(text=each.text, confidence=each.confidence) for each in caption.alternatives]
    return answer(
        answers.Captioned(text=caption.text, confidence=caption.confidence, alternatives=alternatives, tags=[])
    )


def active_set(catalogue: Catalogue) -> ModelSet:
    """Raises ModelNotReady."""
    if catalogue.active_set is None:
        raise ModelNotReady("The catalogue has no model yet. `vitrine up` adopts the shipped one.")
    return catalogue.active_set
