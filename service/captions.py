"""Captioning a picture without keeping it. Owns the route; the model's places are in encoders.py."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from catalogue.catalogues import Catalogue, ModelSet, read_catalogue
from catalogue.images import open_working_copy
from service import answers, schemas
from service.documented import PROBLEMS, form_body
from service.errors import ModelNotReady
from service.exchange import answer
from service.incoming import read_photos
from service.services import services
from service.uploads import decode_part

api = APIBlueprint("captions", __name__, url_prefix="/v1", abp_tags=[Tag(name="captions")], abp_responses=PROBLEMS)

# The model looks at 224 pixels: twice that is plenty, and decodes in a quarter of the time.
PICTURE_SIDE = 448


@api.post("/captions", responses={200: answers.Captioned}, openapi_extensions=form_body(schemas.OnePhotoForm))
def caption_photo(query: schemas.CatalogueQuery) -> Response:
    """Caption a picture without keeping it: multipart, one part named `photo`."""
    with services().database.reading() as session:
        model_set = active_set(read_catalogue(session, query.catalogue))
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
