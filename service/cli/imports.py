"""`vitrine import`: a folder of photos, or a CSV, into a running service; progress, report, exit code 3."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.output import as_json, json_option, key_option, url_option

if TYPE_CHECKING:
    from service.cli.importing import Failure, Outcome

SOME_FAILED = 3
# A service under its supervisor is back within this time, whatever killed it.
PATIENCE_S = 60.0


class Report:
    """The failed rows as CSV, in a file that is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"import-failures-{datetime.now(UTC):%Y%m%d-%H%M%S}.csv"
        self.rows = 0

    def add(self, failures: Iterable[Failure]) -> None:
        for failure in failures:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                if not self.rows:
                    writer.writerow(("line", "sku", "photo", "reason"))
                writer.writerow((failure.line, failure.sku, failure.photo, failure.reason))
            self.rows += 1


def _names(_context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise click.BadParameter(f"{pair!r} is not NAME=COLUMN, such as photo=file.")
        names[ours.strip()] = theirs.strip()
    return names


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--map", "names", multiple=True, callback=_names, help="NAME=COLUMN: take NAME from the CSV's COLUMN.")
@url_option
@key_option
@json_option
@click.pass_context
def import_(context: click.Context, *, path: Path, names: dict[str, str], url: str, key: str, as_data: bool) -> None:
    """Import PATH: a folder of photos (a file's or subfolder's name is the sku), or a CSV.

    CSV columns: sku, title, photo, price, url, published, available, group; any other is an attribute. Rows are
    patches: an absent column is untouched, an empty cell removes. Several photos: several rows, or | between.
    """
    from service.cli.importing import send_all
    from service.cli.rows import read
    from service.client import Client, NotAdmitted, ServiceUnreachable

    report = Report(Path.cwd())
    rows = photos = failed = 0
    try:
        with (
            Client(url, key=key, patience_s=PATIENCE_S) as client,
            closing(send_all(client, read(path, names))) as outcomes,
        ):
            for outcome in _watched(outcomes, path, names, silent=as_data):
                rows, photos, failed = rows + 1, photos + outcome.photos, failed + bool(outcome.failures)
                report.add(outcome.failures)
    except (KeyboardInterrupt, NotAdmitted, ServiceUnreachable):
        if rows:
            click.echo(f"Stopped after {rows:,} rows. Import again: what is there already is not doubled.", err=True)
        raise
    if as_data:
        as_json({"rows": rows, "photos": photos, "failed": failed, "report": str(report.path) if failed else None})
    else:
        click.echo(f"Imported {rows - failed:,} of {rows:,} rows with {photos:,} photos.")
        if failed:
            click.echo(f"{failed:,} rows failed; the report says why: {report.path}")
    context.exit(SOME_FAILED if failed else 0)


def _watched(outcomes: Iterable[Outcome], path: Path, names: dict[str, str], *, silent: bool) -> Iterable[Outcome]:
    """The outcomes, with a progress bar around them where a person is looking."""
    from rich.console import Console
    from rich.progress import track

    from service.cli.rows import read

    console = Console(stderr=True)
    if silent or not console.is_terminal:
        return outcomes
    total = sum(1 for _ in read(path, names))
    return track(outcomes, "Importing", total=total, console=console, transient=True)
