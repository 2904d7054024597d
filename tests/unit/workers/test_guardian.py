"""The log that a guardian keeps for its child."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers import guardian
from workers.guardian import RotatingLog


def test_a_full_log_starts_anew_and_only_the_last_ones_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian, "LOG_BYTES", 100)
    log = RotatingLog(tmp_path / "api.log")
    for number in range(10):
        log.write(f"{number}".encode() * 60)
    log.close()
    assert {path.name: path.read_bytes()[:1] for path in tmp_path.iterdir()} == {
        "api.log": b"9",
        "api.log.1": b"8",
        "api.log.2": b"7",
    }


def test_a_log_goes_on_where_an_earlier_process_stopped(tmp_path: Path) -> None:
    for line in (b"one\n", b"two\n"):
        log = RotatingLog(tmp_path / "api.log")
        log.write(line)
        log.close()
    assert (tmp_path / "api.log").read_bytes() == b"one\ntwo\n"
