"""`python -m tests.drill`: the whole drill on either profile, its log and its summary. `make drill` runs both."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from random import Random, SystemRandom

import click

from tests.drill.diary import Diary
from tests.drill.drill import Summary, drill
from tests.drill.house import embedded, servers
from tests.drill.plan import Size, pictures

PROFILES = {"servers": servers, "embedded": embedded}


@click.command()
@click.option("--profile", type=click.Choice(list(PROFILES)), multiple=True, default=list(PROFILES))
@click.option("--photos", default=1000, show_default=True)
@click.option("--faults", default=200, show_default=True)
@click.option("--seed", type=int, help="As an earlier run printed it; else drawn anew.")
@click.option("--logs", type=click.Path(path_type=Path), default=Path("build/drill"), show_default=True)
def main(*, profile: tuple[str, ...], photos: int, faults: int, seed: int | None, logs: Path) -> None:
    """Import photos on each profile while its processes are killed, stopped and frozen; fail if anything is wrong."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # and so end what it started
    seed = SystemRandom().randrange(2**32) if seed is None else seed
    logs.mkdir(parents=True, exist_ok=True)
    outside = os.environ.get("VITRINE_TEST_DATA")  # noqa: TID251 - tests have settings of their own
    taken = pictures(photos, Path(outside) if outside else None)
    summaries = [run(name, Size.of(photos, faults), taken, seed, logs) for name in profile]
    sys.exit(1 if any(summary.wrongs for summary in summaries) else 0)


def run(profile: str, size: Size, taken: list[bytes], seed: int, logs: Path) -> Summary:
    diary = Diary(logs / f"{profile}.jsonl", is_loud=True)
    diary.say(f"{profile}: {size}, seed {seed}")
    luck = Random(seed)  # noqa: S311 - a seed that can be run again
    with tempfile.TemporaryDirectory(prefix="vitrine-drill-") as folder, PROFILES[profile](Path(folder), luck) as house:
        summary = drill(house, size, taken, seed, diary)
    diary.close()
    (logs / f"{profile}.json").write_text(json.dumps(vars(summary), indent=1), "utf-8")
    diary.say(f"{profile}: {'FAILED' if summary.wrongs else 'passed'}; {vars(summary)}")
    return summary


if __name__ == "__main__":
    main()
