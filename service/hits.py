"""Hits as the API shows them: hydrated, with the reason when asked for. Owns their form; ranking is indexing's."""

from __future__ import annotations

from collections.abc import Sequence

from indexing.queries import Hit
from indexing.tokens import fold
from indexing.view import View
from service import answers, metrics
from service.hydration import Shown, hydrate
from service.present import image_url
from service.services import services
from service.why import sentence


def present_hits(
    view: View, hits: Sequence[Hit], nearest: Sequence[Hit], *, explain: bool, text: str, asked: str
) -> tuple[list[answers.Hit], list[answers.Hit]]:
    """Both lists, read together. `text` is the query's, `asked` what a picture is compared with."""
    with metrics.SEARCH_SECONDS.labels("hydrate").time(), services().database.reading() as session:
        shown = hydrate(session, view, [*hits, *nearest])
    presented = {each.hit.item_id: _hit(each, explain=explain, text=text, asked=asked) for each in shown}

    def kept(some: Sequence[Hit]) -> list[answers.Hit]:
        return [presented[hit.item_id] for hit in some if hit.item_id in presented]

    return kept(hits), kept(nearest)


def _hit(shown: Shown, *, explain: bool, text: str, asked: str) -> answers.Hit:
    hit = shown.hit
    photo = None
    if hit.photo_id is not None:
        photo = answers.HitPhoto(id=str(hit.photo_id), image=image_url(hit.photo_id), caption=shown.caption)
    presented = answers.Hit(
        sku=shown.sku,
        title=shown.title,
        photo=photo,
        attributes=shown.attributes,
        confidence=hit.confidence,
        score=hit.score,
        photos=hit.photos,
    )
    return presented.model_copy(update={"why": _why(shown, text, asked)}) if explain else presented


def _why(shown: Shown, text: str, asked: str) -> answers.Why | None:
    why = shown.hit.why
    if why is None:
        return None
    is_sku = bool(text.strip()) and fold(text.strip()) == fold(shown.sku)
    return answers.Why(
        text=sentence(why.shares, why.matched_terms, asked, is_sku=is_sku),
        shares=dict(why.shares),
        matched_terms=list(why.matched_terms),
    )
