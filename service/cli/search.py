"""`vitrine search` and `vitrine similar`: questions to a running service, over HTTP."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.output import as_json, json_option, key_option, print_hits, url_option

limit_option = click.option(
    "--limit", default=10, show_default=True, type=click.IntRange(1, 100), help="How many hits."
)
confidence_option = click.option(
    "--min-confidence", type=click.FloatRange(0, 1), help="Show only hits above; 0 shows everything."
)


@click.command()
@click.argument("text", required=False)
@click.option(
    "--photo",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Look for what looks like this picture.",
)
@limit_option
@confidence_option
@url_option
@key_option
@json_option
def search(
    *, text: str | None, photo: Path | None, limit: int, min_confidence: float | None, url: str, key: str, as_data: bool
) -> None:
    """Find items by TEXT, or by a photo."""
    from service.client import Client

    if (text is None) == (photo is None):
        raise click.UsageError('Give either a text or a photo: vitrine search "blue shirt", or --photo FILE.')
    with Client(url, key=key) as client:
        if photo is not None:
            answer = client.search_photo(photo, limit=limit, min_confidence=min_confidence)
        else:
            answer = client.search(text or "", limit=limit, min_confidence=min_confidence)
    if as_data:
        as_json(answer)
    else:
        print_hits(f"Search for {photo.name if photo else text}", answer)


@click.command()
@click.argument("sku")
@limit_option
@confidence_option
@url_option
@key_option
@json_option
def similar(*, sku: str, limit: int, min_confidence: float | None, url: str, key: str, as_data: bool) -> None:
    """Find items that look like the item SKU."""
    from service.client import Client

    with Client(url, key=key) as client:
        answer = client.similar(sku, limit=limit, min_confidence=min_confidence)
    if as_data:
        as_json(answer)
    else:
        print_hits(f"Looks like {sku}", answer)
