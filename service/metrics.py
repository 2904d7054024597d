"""What the doors count. Where it is kept is catalogue/metrics.py's; who shows it, scrape.py."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from catalogue.errors import ImageRejected, PhotoTooLarge

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

_REQUEST_SECONDS = Histogram(
    "vitrine_http_request_seconds",
    "How long requests took, by route.",
    ["route", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
SEARCH_SECONDS = Histogram(
    "vitrine_search_stage_seconds",
    "What a search's time went to: bringing the view up to date, encoding the query, searching, reading the hits.",
    ["stage"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
_REFUSED = Counter("vitrine_photos_refused", "Uploaded files that were not taken.", ["reason"])
TAKEN = Counter("vitrine_photos_taken", "Uploaded files that were taken.")
DECODER_DEATHS = Counter("vitrine_decoder_deaths", "Decoding children that died of a photo, or were killed.")


def count_request(route: str | None, method: str, status: int, seconds: float) -> None:
    """A client may invent methods and addresses without end; labels may not."""
    known = method if method in METHODS else "other"
    _REQUEST_SECONDS.labels(route or "none", known, f"{status // 100}xx").observe(seconds)


def count_refusal(refusal: ImageRejected | PhotoTooLarge) -> None:
    _REFUSED.labels(refusal.reason if isinstance(refusal, ImageRejected) else refusal.code).inc()
