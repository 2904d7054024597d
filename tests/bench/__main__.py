"""`python -m tests.bench`: search beside bare FAISS, and a stock feed. Prints tables, keeps figures and profiles."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from captioning.captioner import Captioner
from tests.bench import feed, search
from tests.bench.fill import fill, written
from tests.bench.samples import see


@click.command()
@click.option("--items", type=int, multiple=True, default=[10_000, 100_000], show_default=True)
@click.option("--queries", default=60, show_default=True, help="Of each case.")
@click.option("--seed", default=1, show_default=True)
@click.option("--to", type=click.Path(path_type=Path), default=Path("build/bench"), show_default=True)
@click.option("--profile/--no-profile", default=True, show_default=True)
@click.option("--feed/--no-feed", "feeds", default=True, show_default=True)
def main(*, items: tuple[int, ...], queries: int, seed: int, to: Path, profile: bool, feeds: bool) -> None:
    """Fill shops of each size with real products' vectors, and measure search and a stock feed on them."""
    to.mkdir(parents=True, exist_ok=True)
    outside = os.environ.get("VITRINE_TEST_DATA")  # noqa: TID251 - tests have settings of their own
    captioner = Captioner.from_checkpoint(device="cpu")
    samples = see(captioner, Path(outside) if outside else None)
    click.echo(
        f"{len(samples.products)} {'real products' if outside else 'drawn products; VITRINE_TEST_DATA is not set'}"
    )
    for size in items:
        with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
            filled = fill(Path(folder) / "data", samples, size, seed)
            click.echo(written(filled))
            measured = search.measure(filled, captioner, queries, seed, to if profile else None)
            fed = feed.measure(filled, seed) if feeds else None
        (to / f"{size}.json").write_text(
            json.dumps({"search": asdict(measured), "feed": fed and asdict(fed)}, indent=1)
        )
        click.echo(_table(measured))
        if fed is not None:
            click.echo(fed)


def _table(measured: search.Measured) -> str:
    head = (
        "| kept by a filter | facets | bare p50 · p95 | encode + search p50 | HTTP p50 · p95 | p50 over bare | recall |"
    )
    lines = [head, "| --- | --- | --- | --- | --- | --- | --- |"]
    lines += [
        f"| {row.case} ({row.kept:.2%}) | {'three' if row.facets else '–'} | {row.bare_p50} · {row.bare_p95} "
        f"| {row.inside_p50} | {row.http_p50} · {row.http_p95} | {row.http_p50 - row.bare_p50:+.1f} | {row.recall} |"
        for row in measured.rows
    ]
    lines.append(f"{measured.items:,} items: ready after {measured.ready_s} s; {measured.pss_bytes / 1e6:.0f} MB PSS.")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
