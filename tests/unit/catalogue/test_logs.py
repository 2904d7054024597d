"""Logs must never cost the work that they speak of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from catalogue import logs
import structlog
logs.configure("test")
structlog.get_logger().info("said")
open({done!r}, "w").write("went on")
"""


def test_a_process_whose_log_has_no_reader_goes_on(tmp_path: Path) -> None:
    done = tmp_path / "done"
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as broken:
        subprocess.run([sys.executable, "-c", PROGRAM.format(done=str(done))], stderr=broken, check=False)
    assert done.read_text() == "went on"


SAYS_ALL = """
import logging
import warnings
import structlog
from catalogue import logs
logs.configure("test")
with structlog.contextvars.bound_contextvars(traceparent="00-ab-cd-01"):
    structlog.get_logger().info("photo_done", photo_id="7")
    logging.getLogger("kombu.connection").warning("lost %s", "the broker")
    logging.getLogger("kombu.connection").info("of no interest")
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger("celery").exception("two\\nlines")
    warnings.warn("two\\nlines of advice")
"""


def test_off_a_terminal_every_line_is_json_libraries_warnings_too() -> None:
    done = subprocess.run([sys.executable, "-c", SAYS_ALL], capture_output=True, text=True, check=True)
    ours, lost, failed, advice = (json.loads(line) for line in done.stderr.splitlines())
    assert (ours["event"], ours["photo_id"], ours["level"], ours["process"]) == ("photo_done", "7", "info", "test")
    assert (lost["event"], lost["logger"], lost["level"]) == ("lost the broker", "kombu.connection", "warning")
    assert "ZeroDivisionError" in failed["exception"]
    assert "lines of advice" in advice["event"]
    assert {line["traceparent"] for line in (ours, lost, failed, advice)} == {"00-ab-cd-01"}


SHOUT = """
import sys
import structlog
from catalogue import logs
logs.configure("test")
log = structlog.get_logger()
sys.stdin.readline()
for number in range(500):
    log.info("said", number=number, text="x" * 300)
"""


def test_processes_that_share_a_file_do_not_write_into_each_others_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("a") as file:
        shouting = [
            subprocess.Popen([sys.executable, "-u", "-c", SHOUT], stdin=subprocess.PIPE, stderr=file, text=True)
            for _ in range(3)
        ]
    for each in shouting:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in shouting:
        each.communicate(timeout=30)
    assert len([json.loads(line) for line in log.read_text().splitlines()]) == 1500
