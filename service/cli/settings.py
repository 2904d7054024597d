"""`vitrine settings`: every setting, its value and where it came from; secrets masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.output import as_json, json_option, print_table

if TYPE_CHECKING:
    from catalogue.settings import Settings


@click.command()
@json_option
def settings(*, as_data: bool) -> None:
    """Show every setting, its value and where it came from."""
    from catalogue.settings import KNOWN, PREFIX, Settings

    read = Settings.from_env()
    rows = {
        f"{PREFIX}{name.upper()}": {"value": _shown(name, read), "source": read.sources.get(name, "default")}
        for name in KNOWN
    }
    for warning in read.warnings:
        click.echo(f"vitrine: {warning}", err=True)
    if as_data:
        as_json(rows)
    else:
        shown = [(name, str(row["value"]), str(row["source"])) for name, row in rows.items()]
        print_table("Settings", ("setting", "value", "source"), shown)


def _shown(name: str, settings: Settings) -> str | int:
    from catalogue.settings import SECRETS

    value = getattr(settings, name)
    if name == "metrics_bind":
        return "none" if value is None else "{}:{}".format(*value)
    if name == "bind":
        return settings.url.removeprefix("http://")
    if name.endswith("_url") and "://" in value:  # a bucket's address can hold a password too
        return _without_password(value)
    if name in SECRETS and name in settings.sources:
        return "***"
    if value is None:
        return "the shipped one"
    return value if isinstance(value, int) else str(value)


def _without_password(url: str) -> str:
    """What a URL may show of itself: its query can hold a password as well."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "***"
