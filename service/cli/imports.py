"""`vitrine import`: photos, CSV, JSON lines or an export into a running service; progress, report, exit code 3."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.output import as_json, catalogue_option, json_option, key_option, url_option

if TYPE_CHECKING:
    from catalogue.states import FieldType
    from service.cli.journal import Journal, Progress
    from service.cli.report import Report
    from service.cli.sources import Source
    from service.client import Client

SOME_FAILED = 3
# A service under its supervisor is back within this time, whatever killed it.
PATIENCE_S = 60.0


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
@click.option("--restart", is_flag=True, help="Begin anew, where an interrupted import would go on.")
@url_option
@key_option
@catalogue_option
@json_option
@click.pass_context
def import_(
    context: click.Context,
    *,
    path: Path,
    names: dict[str, str],
    restart: bool,
    url: str,
    key: str,
    catalogue: str,
    as_data: bool,
) -> None:
    """Import PATH: a folder of photos (a file's or subfolder's name is the sku), a CSV, JSON lines, or an export.

    CSV columns: sku, title, photo, price, url, published, available, group; any other is an attribute, a string unless
    its field is of another type (a list has | between its values). Rows are patches: an absent column is untouched, an
    empty cell removes. Several photos: several rows, or | between. JSON lines (.jsonl): an item a line, as
    `vitrine export` writes it. An import that was interrupted goes on where it stopped; one that is repeated changes
    nothing.
    """
    from service.cli.sources import source_of
    from service.client import Client

    source = source_of(path, names)
    with Client(url, key=key, catalogue=catalogue, patience_s=PATIENCE_S) as client:
        progress = _run(client, source, restart=restart, silent=as_data)
    _say(progress, as_data=as_data)
    context.exit(SOME_FAILED if progress.tally.failed else 0)


def _run(client: Client, source: Source, *, restart: bool, silent: bool) -> Progress:
    """Import what is not imported yet; whatever ends it early, the next import goes on from there."""
    from service.cli.importing import send_all
    from service.cli.progress import watched

    journal = _journal(client, source)
    progress, report = _begun(journal, restart=restart)
    journal.write(progress)  # where it cannot be kept, that is said before anything is done
    begun, types = progress.tally.rows, _types(client, source)
    try:
        with (
            closing(send_all(client, islice(source.rows(types), begun, None))) as outcomes,
            watched(outcomes, "Importing", lambda: sum(1 for _ in source.rows(types)), begun, silent=silent) as steps,
        ):
            for outcome in steps:
                report.add(outcome.failures)
                progress = replace(progress, tally=progress.tally.plus(outcome), report_bytes=report.size_bytes)
                journal.keep(progress)
    except BaseException:
        if progress.tally.rows:
            journal.write(progress)
            click.echo(f"Stopped after {progress.tally.rows:,} rows. Import again to go on from there.", err=True)
        raise
    journal.remove()
    return progress


def _journal(client: Client, source: Source) -> Journal:
    from service.cli.journal import Journal
    from service.cli.sources import fingerprint

    stats = client.stats()
    # A catalogue that was thrown away and made again has the old one's name, and another model set.
    of_catalogue = {"catalogue": stats["catalogue"], "model_set": (stats["active_set"] or {}).get("id", "")}
    task = {"source": fingerprint(source), "url": client.url, **of_catalogue}
    return Journal(Path.cwd(), source.path.name, task)


def _begun(journal: Journal, *, restart: bool) -> tuple[Progress, Report]:
    """Where the last import of this stopped and its report, or the beginning and a new one."""
    from service.cli.journal import Progress, Tally
    from service.cli.report import Report, new_report

    last = None if restart else journal.last()
    if last is not None:
        click.echo(f"Going on after row {last.tally.rows:,}, where the last import stopped.", err=True)
        report = Report(Path(last.report))
        report.cut(last.report_bytes)
        return last, report
    if journal.is_there and not restart:
        said = "An earlier import was interrupted, but source, service or catalogue is another now: beginning anew."
        click.echo(said, err=True)
    report = new_report("import", Path.cwd())
    return Progress(Tally(), str(report.path), 0), report


def _types(client: Client, source: Source) -> dict[str, FieldType]:
    """Of the catalogue's fields, once they have those of an export."""
    from catalogue.states import FieldType
    from service.cli.exporting import FIELDS, ITEMS
    from service.cli.restoring import declare_fields

    if source.path.name == ITEMS:
        for sentence in declare_fields(client, source.path.with_name(FIELDS)):
            click.echo(sentence, err=True)
    return {shown["name"]: FieldType(shown["type"]) for shown in client.fields()}


def _say(progress: Progress, *, as_data: bool) -> None:
    tally = progress.tally
    if as_data:
        as_json({**asdict(tally), "report": progress.report if tally.failed else None})
        return
    click.echo(f"Imported {tally.rows - tally.failed:,} of {tally.rows:,} rows with {tally.photos:,} photos.")
    if not tally.changed:
        click.echo("All of it was there already: nothing has changed.")
    if tally.failed:
        click.echo(f"{tally.failed:,} rows failed; the report says why: {progress.report}")
