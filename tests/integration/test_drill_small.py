"""The drill in small, on both profiles: an import, edits and deletions under a dozen faults, and nothing goes wrong."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from random import Random, SystemRandom

import pytest

from tests.drill import house
from tests.drill.diary import Diary
from tests.drill.drill import drill
from tests.drill.plan import Size, pictures
from tests.integration.conftest import data_folder

pytestmark = pytest.mark.slow
PHOTOS, FAULTS = 60, 12


@pytest.mark.parametrize("profile", [house.servers, house.embedded])
def test_nothing_is_lost_doubled_or_returned_though_every_process_dies_freezes_and_stops(
    profile: house.Profile, adopted: Path, tmp_path: Path
) -> None:
    data_folder(adopted, tmp_path / "data")
    seed = SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    log = tmp_path / "drill.jsonl"
    diary = Diary(log, is_loud=False)
    luck = Random(seed)  # noqa: S311 - a seed that can be run again
    with closing(diary), profile(tmp_path, luck) as running:
        summary = drill(running, Size.of(PHOTOS, FAULTS), pictures(PHOTOS, None), seed, diary)
    assert not summary.wrongs, f"seed {seed}: {summary.wrongs}\n{log.read_text()[-3000:]}"
    assert summary.faults >= FAULTS // 2  # the others met what was dead already
