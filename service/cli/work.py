"""`vitrine work`: a caption worker. The work is the room workers' own."""

from __future__ import annotations

import click

from service.cli.output import read_settings


@click.command()
def work() -> None:
    """Caption and embed uploaded photos until SIGTERM. Start as many as there are cores or GPUs to spare."""
    from catalogue import logs, metrics

    settings = read_settings()
    logs.configure("caption-worker")
    if settings.metrics_bind is None:
        metrics.share(settings.metrics_folder, "caption-worker")  # before the rooms make theirs
    else:
        metrics.serve(*settings.metrics_bind)
    from workers import main

    main.main(settings)
