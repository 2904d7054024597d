"""The command line `vitrine`: one file a command group. Owns exit codes and how failures are said; does no work itself.

Commands import what they need when they run, so that `vitrine --help` costs no torch, database or HTTP client.
"""

from __future__ import annotations

import sys

import click

from captioning.errors import CaptioningError
from catalogue.errors import VitrineError
from service.cli.backups import backup, restore
from service.cli.captioner import caption, evaluate, train
from service.cli.catalogues import catalogues
from service.cli.check import check
from service.cli.db import db
from service.cli.doctor import doctor
from service.cli.exports import export
from service.cli.imports import import_
from service.cli.keys import keys
from service.cli.openapi import openapi
from service.cli.prepare import prepare_command
from service.cli.search import search, similar
from service.cli.serve import serve
from service.cli.settings import settings
from service.cli.up import up
from service.cli.work import work

DONE, FAILED, WRONG_USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vitrine", prog_name="vitrine")
@click.option("--traceback", is_flag=True, help="On an unexpected error, show where it happened.")
def vitrine(*, traceback: bool) -> None:
    """Make a shop's product photos findable: captions, text search over pictures, look-alikes."""
    click.get_current_context().obj = traceback


for command in (
    up,
    prepare_command,
    serve,
    work,
    check,
    import_,
    export,
    search,
    similar,
    caption,
    train,
    evaluate,
    db,
    doctor,
    keys,
    catalogues,
    backup,
    restore,
    openapi,
    settings,
):
    vitrine.add_command(command)


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 3 some rows failed, 130 interrupted."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; every failure is one plain sentence on standard error and an exit code."""
    try:
        code = vitrine.main(args=arguments, prog_name="vitrine", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (VitrineError, CaptioningError) as error:
        return _failed(str(error))
    except BrokenPipeError:
        return _reader_left()
    except OSError as error:
        return _failed(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.")
    except Exception as error:  # the last resort: even a bug is said in a sentence, not in a traceback
        if "--traceback" in arguments:
            raise
        return _failed(f"Unexpected {type(error).__name__}: {error}. `vitrine --traceback …` shows where.")
    return code if isinstance(code, int) else DONE


def _failed(sentence: str) -> int:
    click.echo(f"vitrine: {sentence}", err=True)
    return FAILED


def _reader_left() -> int:
    """`vitrine search … | head` closes our output early; Python would complain once more when it flushes at exit."""
    sys.stdout = None
    return FAILED
