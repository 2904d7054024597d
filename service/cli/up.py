"""`vitrine up`: the embedded profile. Checks, migrates, adopts the model, then serves under the supervisor."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from catalogue.errors import VitrineError
from service.cli.output import print_hits, read_settings
from service.cli.prepare import prepare

if TYPE_CHECKING:
    from catalogue.settings import Settings
    from service.client import Client
    from service.demo import Progress

# The first start exports the sentence encoder and warms the models; a slow disk may take most of this.
READY_WITHIN_S = 120.0
POLL_S = 0.1


class NotReady(VitrineError):
    code = "not-ready"


class _StopAskedError(Exception):
    """Ctrl-C came while the demo was being filled: leave it where it is."""


@click.command()
@click.option("--demo", is_flag=True, help="Fill a sample catalogue first, and show what can be found in it.")
def up(*, demo: bool) -> None:
    """Serve this folder's catalogue until Ctrl-C: API, pages and caption worker, without any server beside it."""
    import logging

    from catalogue import logs
    from service import guards
    from service.cli import checks
    from workers.supervisor import single_instance

    # What a person should read here is printed; the processes' events go to the data folder's logs.
    logs.configure("vitrine", level=logging.ERROR)
    settings = read_settings()
    checks.check_data_folder(settings.data)
    guards.check_address(settings)
    with single_instance(settings):
        checks.check_port(*settings.bind)
        prepare(settings)
        supervise(settings, demo=demo)


def supervise(settings: Settings, *, demo: bool) -> None:
    """Run API and worker until SIGINT or SIGTERM, which end every process."""
    from service.client import Client
    from workers import children
    from workers.supervisor import Supervisor

    def beside(stopping: threading.Event) -> None:
        try:
            with Client(settings.url, key=settings.key or settings.admin_key, patience_s=60) as client:
                _wait_until_ready(client, stopping)
                if demo:
                    _show_demo(client, stopping)
            click.echo(f"Vitrine serves at {settings.url} (Ctrl-C stops it)")
        except (VitrineError, _StopAskedError):
            if not stopping.is_set():
                raise

    Supervisor(settings, [children.API, children.CAPTION_WORKER]).run(beside)
    click.echo("Vitrine has stopped.")


def _wait_until_ready(client: Client, stopping: threading.Event) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while client.ready() is None:
        if stopping.wait(POLL_S):
            raise _StopAskedError
        if time.monotonic() > until:
            raise NotReady(
                f"The service is not ready after {READY_WITHIN_S:.0f} s. "
                "Its log says why: logs/api.log in the data folder."
            )


def _show_demo(client: Client, stopping: threading.Event) -> None:
    from service import demo

    with _bar() as shown:

        def progress(what: str, done: int, total: int) -> None:
            if stopping.is_set():
                raise _StopAskedError
            shown(what, done, total)

        seq = demo.fill(client, progress)
    found = client.search(demo.QUERY, limit=5, min_seq=seq)
    print_hits(f"Search for “{demo.QUERY}”", found)
    if found["hits"]:
        sku = found["hits"][0]["sku"]
        print_hits(f"Looks like {sku}", client.similar(sku, limit=5))


@contextmanager
def _bar() -> Iterator[Progress]:
    """A progress bar on a terminal; elsewhere one line for each thing that is done."""
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda what, done, total: click.echo(f"{what}: {total}") if done == total else None
        return
    with Bar(console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        yield show
