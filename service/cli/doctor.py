"""`vitrine doctor`: what differs between rows, files and vectors, and with `--repair` what could be mended."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from service.cli.output import as_json, json_option, print_table, read_settings

if TYPE_CHECKING:
    from catalogue.database import Database
    from catalogue.doctor import Finding, Report
    from catalogue.doctor.estimate import Estimate
    from catalogue.settings import Settings
    from catalogue.storage import PhotoStore

CLEAN, DIFFERENT, SOME_LEFT = 0, 1, 3
MIB, GIB = 2**20, 2**30


@click.command()
@click.option("--repair", "mend", is_flag=True, help="Mend what can be mended without losing anything.")
@click.option("--deep", is_flag=True, help="Read every file too: slow, and finds bytes that have changed.")
@click.option(
    "--photos", "estimated", type=click.IntRange(1), metavar="N", help="Only estimate what N photos will need."
)
@json_option
def doctor(*, mend: bool, deep: bool, estimated: int | None, as_data: bool) -> int:
    """Compare database, photo store and vectors, and name what differs; safe while the service runs.

    Exits with 0 when nothing differs (any more), 1 when something does, 3 when only some of it could be mended.
    """
    with _opened() as (settings, database, photos):
        if estimated is not None:
            _estimate(database, photos, estimated, as_data=as_data)
            return CLEAN
        report = _round(settings, database, photos, mend=mend, deep=deep)
    if as_data:
        as_json({"clean": report.clean, "findings": [_shown(finding) for finding in report.findings]})
    else:
        _print(report, mend=mend, deep=deep)
    if report.clean:
        return CLEAN
    return SOME_LEFT if mend else DIFFERENT


def _round(settings: Settings, database: Database, photos: PhotoStore, *, mend: bool, deep: bool) -> Report:
    from catalogue.doctor import CONTENTS
    from service import checkup

    look = checkup.repair if mend else checkup.examine
    return look(settings, database, photos, CONTENTS if deep else ())


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database, PhotoStore]]:
    from catalogue import logs, migrate
    from catalogue.database import Database
    from catalogue.storage import PhotoStore

    settings = read_settings()
    logs.configure("doctor", level=logging.WARNING)  # what was mended is printed
    database = Database(settings.database_url)
    try:
        migrate.check(database)
        yield settings, database, PhotoStore(settings.photos_url)
    finally:
        database.close()


def _shown(finding: Finding) -> dict[str, object]:
    return {**asdict(finding), "examples": list(finding.examples), "left": finding.left}


def _print(report: Report, *, mend: bool, deep: bool) -> None:
    for finding in report.findings:
        mended = f", {finding.mended:,} mended" if mend and finding.mended else ""
        click.echo(f"{finding.says} ({finding.code}): {finding.count:,}{mended}")
        if finding.left:
            click.echo(f"    {finding.remedy}")
        more = ", …" if finding.count > len(finding.examples) else ""
        click.echo(f"    {', '.join(finding.examples)}{more}")
    if not report.findings:
        click.echo("Nothing differs." if deep else "Nothing differs. (What is in the files was not read: --deep does.)")


def _estimate(database: Database, photos: PhotoStore, number: int, *, as_data: bool) -> None:
    from catalogue.doctor.estimate import estimate

    found = estimate(database, photos, number)
    if as_data:
        as_json(asdict(found))
    else:
        _print_estimate(found)


def _print_estimate(found: Estimate) -> None:
    measured = f"measured on {found.from_photos:,} photos" if found.from_photos else "general figures"
    rows = [
        ("memory of each API process, beside its own", _size(found.view_bytes)),
        ("database", _size(found.database_bytes)),
        ("photo store", _size(found.store_bytes)),
    ]
    print_table(f"A shop of {found.photos:,} photos ({measured})", ("what", "size"), rows)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / GIB:,.0f} GiB" if size_bytes >= 10 * GIB else f"{size_bytes / MIB:,.0f} MiB"
