"""`vitrine catalogues`: which there are, and what operators set of them. In process, on the database."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import click

from service.cli.opened import opened
from service.cli.output import as_json, json_option, print_table

if TYPE_CHECKING:
    from catalogue.catalogues import Catalogue
    from catalogue.database import Database

DEFAULT = "default"  # as a threshold: the one that came with the model


@click.group()
def catalogues() -> None:
    """The shops of this installation: each sees itself alone."""


@catalogues.command("list")
@json_option
def list_(*, as_data: bool) -> None:
    """Show all catalogues, by name."""
    with opened() as (_, database):
        rows = _facts(database)
    if as_data:
        as_json(rows)
    else:
        _print(rows)


@catalogues.command()
@click.argument("name")
@click.option("--currency", help="ISO 4217, of all its prices; that of VITRINE_CURRENCY unless given.")
@click.option("--language", help="Of its titles and searches, as in `set`.")
@json_option
def create(*, name: str, currency: str | None, language: str | None, as_data: bool) -> None:
    """Make the catalogue NAME, and give it the model."""
    from catalogue import catalogue_settings, logs
    from workers.adopt import adopt_model

    logs.configure("catalogues", level=logging.WARNING)
    with opened() as (settings, database):

        def act(session: Any) -> None:
            catalogue_id = catalogue_settings.create_catalogue(session, name, currency or settings.currency)
            if language is not None:
                catalogue_settings.set_language(session, catalogue_id, language)

        database.write(act)
        adopt_model(settings, database, name)
        rows = _facts(database, name)
    if as_data:
        as_json(rows[0])
    else:
        _print(rows)


def _threshold(_context: click.Context, _option: click.Parameter, value: str | None) -> float | str | None:
    if value is None or value == DEFAULT:
        return value
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a number from 0 to 1 nor `{DEFAULT}`.") from None


@catalogues.command("set")
@click.argument("name")
@click.option(
    "--min-confidence", callback=_threshold, metavar=f"X|{DEFAULT}",
    help="What searches show that do not say it themselves: hits at least so sure, from 0 to 1.",
)  # fmt: skip
@click.option("--language", help="Of its titles and searches: a BCP 47 tag such as en, de-CH or pt-BR.")
@json_option
def set_(*, name: str, min_confidence: float | str | None, language: str | None, as_data: bool) -> None:
    """Change settings of the catalogue NAME; every process follows within a second."""
    from catalogue.catalogue_settings import set_language, set_min_confidence
    from catalogue.catalogues import read_catalogue

    if min_confidence is None and language is None:
        raise click.UsageError("Nothing to set: give --min-confidence or --language.")

    def act(session: Any) -> None:
        catalogue_id = read_catalogue(session, name).id
        if language is not None:
            set_language(session, catalogue_id, language)
        if min_confidence is not None:
            set_min_confidence(session, catalogue_id, None if isinstance(min_confidence, str) else min_confidence)

    with opened() as (_, database):
        database.write(act)
        rows = _facts(database, name)
    if as_data:
        as_json(rows[0])
    else:
        _print(rows)


def _facts(database: Database, *names: str) -> list[dict[str, Any]]:
    """Of these catalogues, else of all."""
    from catalogue.catalogue_settings import count_items, list_catalogues

    with database.reading() as session:
        counts = count_items(session)
        found = [each for each in list_catalogues(session) if not names or each.name in names]
    return [_fact(catalogue, counts.get(catalogue.id, 0)) for catalogue in found]


def _fact(catalogue: Catalogue, items: int) -> dict[str, Any]:
    from catalogue.catalogue_settings import MIN_CONFIDENCE

    return {
        "name": catalogue.name,
        "language": catalogue.language,
        "currency": catalogue.currency,
        "min_confidence": catalogue.settings.get(MIN_CONFIDENCE),
        "items": items,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    cells = [[DEFAULT if value is None else str(value) for value in row.values()] for row in rows]
    print_table("Catalogues", ["name", "language", "currency", "min confidence", "items"], cells)
