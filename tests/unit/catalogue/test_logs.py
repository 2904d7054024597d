"""Logs must never cost the work that they speak of."""

from __future__ import annotations

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
