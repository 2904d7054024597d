"""`vitrine keys`: who may call the service. In process, on the database, so that it works where no key does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from service.cli.opened import opened
from service.cli.output import as_json, json_option, print_table

if TYPE_CHECKING:
    from catalogue.database import Database
    from catalogue.keys import Key

PAGE = 100


@click.group()
def keys() -> None:
    """Who may call the service. Without any key it serves everything, on this machine alone."""


@keys.command()
@click.option("--scope", type=click.Choice(["read", "write", "admin"]), required=True, help="Each includes the former.")
@click.option("--catalogue", help="The one it is for; `default` unless given. An admin key is for all.")
@click.option("--name", required=True, help="What you will know it by.")
@click.option("--origin", "origins", multiple=True, help="Only pages of this origin may use it; may be repeated.")
@json_option
def create(*, scope: str, catalogue: str | None, name: str, origins: tuple[str, ...], as_data: bool) -> None:
    """Make a key and print it, this once. The first key ends open mode at once."""
    from catalogue import keys as kept
    from catalogue.secret import secret_key
    from catalogue.states import KeyScope

    with opened() as (settings, database):
        with database.reading() as session:
            first = not kept.are_there(session)
        secret = secret_key(settings)
        new = database.write(
            lambda session: kept.create(
                session, secret, name=name, scope=KeyScope(scope), catalogue=catalogue, origins=origins
            )
        )
    if first:
        click.echo("This is the first key: from now on every call needs one.", err=True)
    if as_data:
        as_json({**_facts(new.key), "key": new.text})
    else:
        click.echo("Keep this key now; it cannot be shown again:", err=True)
        click.echo(new.text)


@keys.command("list")
@json_option
def list_(*, as_data: bool) -> None:
    """Show all keys, newest first, without their secrets."""
    with opened() as (_, database):
        rows = [_facts(key) for key in _all(database)]
    if as_data:
        as_json(rows)
    else:
        shown = [[_cell(row[name]) for name in _COLUMNS] for row in rows]
        print_table("Keys", [name.replace("_", " ") for name in _COLUMNS], shown)


@keys.command()
@click.argument("key_id", metavar="ID", type=click.UUID)
def revoke(*, key_id: Any) -> None:
    """Refuse the key ID from now on, in every process. Revoking the last one does not open the service again."""
    from catalogue import keys as kept

    with opened() as (_, database):
        database.write(lambda session: kept.revoke(session, key_id))
    click.echo(f"The key {key_id.hex} is revoked.")


@keys.command()
def new() -> None:
    """Print a key that nobody knows yet, for VITRINE_ADMIN_KEY_FILE; needs no database."""
    from uuid_utils.compat import uuid7

    from catalogue.key_texts import make_text

    click.echo(make_text(uuid7()))


_COLUMNS = ("id", "name", "scope", "catalogue", "origins", "created_at", "last_used_at", "revoked_at")


def _all(database: Database) -> Iterator[Key]:
    from catalogue import keys as kept

    with database.reading() as session:
        page = kept.list_keys(session, limit=PAGE)
        while page:
            yield from page
            page = kept.list_keys(session, limit=PAGE, after=(page[-1].created_at, page[-1].id))


def _facts(key: Key) -> dict[str, Any]:
    """The names and forms of the API's answer."""
    times = {name: getattr(key, name) for name in ("created_at", "last_used_at", "revoked_at")}
    return {
        "id": key.id.hex,
        "name": key.name,
        "scope": key.scope.value,
        "catalogue": key.catalogue,
        "origins": list(key.origins),
        **{name: at and at.isoformat(timespec="seconds").replace("+00:00", "Z") for name, at in times.items()},
    }


def _cell(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value or "")
