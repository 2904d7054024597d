"""The README's commands are run, and what they answer is what it says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.running import Filled, Running

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"```console\n\$ (.+?)\n(.*?)```", README, re.DOTALL))
CURLS = [command for command in BLOCKS if command.startswith("curl ")]


def matches(shown: Any, real: Any) -> bool:
    """What the README shows is in the answer; `…` in a text stands for anything, and any number for any other."""
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(name in real and matches(shown[name], real[name]) for name in shown)
    if isinstance(shown, list):
        return isinstance(real, list) and len(shown) == len(real) and all(map(matches, shown, real))
    if isinstance(shown, str):
        return isinstance(real, str) and re.fullmatch(re.escape(shown).replace("…", ".*"), real) is not None
    if isinstance(shown, bool) or shown is None:
        return shown is real
    return isinstance(real, int | float) and not isinstance(real, bool)


def test_the_readme_shows_four_requests() -> None:
    assert len(CURLS) == 4


@pytest.mark.parametrize("command", CURLS)
def test_a_request_of_the_readme_is_answered_as_it_says(command: str, demo: Running) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here: the README's requests DID NOT RUN")
    words = shlex.split(command.replace("http://127.0.0.1:8000", demo.url))

    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)

    shown, real = json.loads(BLOCKS[command]), json.loads(done.stdout)
    assert matches(shown, real), f"shown {shown}\nreal {real}"


def test_the_first_start_prints_what_the_readme_says(filled: Filled) -> None:
    printed = [" ".join(line.split()) for line in filled.printed.splitlines()]
    for line in BLOCKS["make run"].replace("127.0.0.1:8000", "127.0.0.1:…").splitlines():
        words = re.escape(" ".join(line.split())).replace("…", ".*")
        if not line.startswith("─"):
            assert any(re.fullmatch(words, other) for other in printed), f"{line!r} is not in\n{filled.printed}"


def test_the_comparison_tells_answers_apart() -> None:
    shown = {
        "hits": [{"sku": "A", "photo": {"image": "/v1/photos/…/image"}, "confidence": 0.9}],
        "nothing_close": False,
    }
    photo = {"image": "/v1/photos/7/image", "more": 1}

    assert matches(shown, {"hits": [{"sku": "A", "photo": photo, "confidence": 1}], "nothing_close": False, "seq": 1})
    assert not matches(shown, {"hits": [{"sku": "B", "photo": photo, "confidence": 1}], "nothing_close": False})
    assert not matches(shown, {"hits": [], "nothing_close": False})
    assert not matches(shown, {"hits": [{"sku": "A", "photo": photo, "confidence": 1}], "nothing_close": True})
