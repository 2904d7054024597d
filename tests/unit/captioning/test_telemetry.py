"""Nothing that is imported to caption or to search reports to its maker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("module", ["captioning.text", "captioning.captioner"])
def test_onnx_runtime_reports_nothing_and_keeps_no_id(module: str, tmp_path: Path) -> None:
    ours = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    unset = {"ORT_DISABLE_TELEMETRY"}
    environ = {name: value for name, value in os.environ.items() if name not in unset} | ours  # noqa: TID251 - passed on
    code = f"import sys, {module}; sys.exit('onnxruntime' not in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [str(path) for path in tmp_path.rglob("*") if "onnxruntime" in str(path)] == []
