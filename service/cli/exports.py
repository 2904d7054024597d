"""`vitrine export`: a catalogue as a folder that `vitrine import` takes; progress, report, exit code 3."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.output import as_json, catalogue_option, json_option, key_option, url_option

if TYPE_CHECKING:
    from service.cli.report import Report
    from service.client import Client

SOME_FAILED = 3
PATIENCE_S = 60.0


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@url_option
@key_option
@catalogue_option
@json_option
@click.pass_context
def export(context: click.Context, *, folder: Path, url: str, key: str, catalogue: str, as_data: bool) -> None:
    """Export a catalogue into FOLDER, which must be new or empty: items, fields, and photos as they were uploaded.

    `vitrine import FOLDER` restores them: values and their types, the photos' order, and captions that people wrote,
    imported or locked. It needs a key that may write, and shows unpublished items, too. An export that was interrupted
    leaves FOLDER.part; the next one goes on with the photos in it.
    """
    from service.cli.report import new_report
    from service.client import Client

    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.BadParameter(f"{folder} is not empty. Name a new folder.", param_hint="FOLDER")
    report = new_report("export", Path.cwd())
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    with Client(url, key=key, catalogue=catalogue, patience_s=PATIENCE_S) as client:
        items, photos, failed = _run(client, part, report, silent=as_data)
    part.replace(folder)
    if as_data:
        told = {"items": items, "photos": photos, "failed": failed, "report": str(report.path) if failed else None}
        as_json({"folder": str(folder), **told})
    else:
        click.echo(f"Exported {items:,} items with {photos:,} photos into {folder}.")
        if failed:
            click.echo(f"{failed:,} photos could not be had; the report says why: {report.path}")
    context.exit(SOME_FAILED if failed else 0)


def _run(client: Client, part: Path, report: Report, *, silent: bool) -> tuple[int, int, int]:
    """How many items and photos are exported, and how many photos are not."""
    from service.cli.exporting import export_all
    from service.cli.progress import watched

    items = photos = failed = 0
    try:
        with (
            closing(export_all(client, part)) as outcomes,
            watched(outcomes, "Exporting", lambda: int(client.stats()["items"]["total"]), silent=silent) as steps,
        ):
            for exported in steps:
                items, photos = items + 1, photos + len(exported.files)
                failed += len(exported.failures)
                report.add(exported.failures)
    except BaseException:
        if items:
            click.echo(f"Stopped after {items:,} items. Export again to go on with the photos in {part}.", err=True)
        raise
    return items, photos, failed
