"""What the commands share on the way out: JSON, tables of hits, and the options that several take."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from catalogue.settings import Settings


def as_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def read_settings() -> Settings:
    """The settings of a command that serves, works or prepares; what they warn of is printed, so read them once."""
    from catalogue.settings import Settings

    settings = Settings.from_env()
    for warning in settings.warnings:
        click.echo(f"vitrine: {warning}", err=True)
    return settings


def service_url(_context: click.Context, _option: click.Parameter, value: str | None) -> str:
    """Where the service is: `--url`, else the address that the settings bind."""
    if value is None:
        from catalogue.settings import Settings

        settings = Settings.from_env()
        return settings.public_url or settings.url
    if not value.startswith(("http://", "https://")):
        raise click.BadParameter(f"{value!r} is not an http:// or https:// URL.")
    return value


def service_key(_context: click.Context, _option: click.Parameter, value: str | None) -> str:
    """What to show to the service: `--key`, else VITRINE_KEY; empty for a service without keys."""
    from catalogue.key_texts import id_of
    from catalogue.settings import Settings

    key = Settings.from_env().key if value is None else value
    if key and id_of(key) is None:
        raise click.BadParameter("This is no key; one looks like vt_live_…, as `vitrine keys create` printed it.")
    return key


url_option = click.option(
    "--url", callback=service_url, help="The service to ask; the one of these settings unless given."
)
key_option = click.option(
    "--key",
    callback=service_key,
    help="The key to show, where the service asks for one; better in VITRINE_KEY, where no other user sees it.",
)
catalogue_option = click.option(
    "--catalogue", default="", help="Which catalogue; needed only with an admin key, for another than `default`."
)
json_option = click.option("--json", "as_data", is_flag=True, help="Print JSON.")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(_printable, row))
    # Titles and captions are data: no markup of theirs is obeyed. Off a terminal, a table is not cut at 80 columns.
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console = Console(markup=False, highlight=False, width=160)
    console.print(table)


def _printable(cell: str) -> str:
    """Without control characters: a title could otherwise steer the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in cell)


def print_hits(title: str, answer: Mapping[str, Any]) -> None:
    """A page of hits as a small table, or the sentence that nothing came close."""
    hits = answer["hits"]
    if not hits:
        click.echo(f"{title}: nothing close.")
        return
    print_table(title, ("sku", "title", "caption", "confidence"), [_hit_row(hit) for hit in hits])


def _hit_row(hit: Mapping[str, Any]) -> tuple[str, str, str, str]:
    photo = hit.get("photo") or {}
    confidence = hit.get("confidence")
    return (
        str(hit["sku"]),
        str(hit.get("title") or ""),
        str(photo.get("caption") or ""),
        "" if confidence is None else f"{confidence:.2f}",
    )
