"""The compose files as data: what each container runs, by which settings, with which health check. Starts nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
COMPOSE, GPU = ROOT / "docker-compose.yml", ROOT / "docker-compose.gpu.yml"
OURS = ("prepare", "api", "worker")  # the services that run this project's image


def read(path: Path = COMPOSE) -> dict[str, Any]:
    """A compose file, its anchors and merges resolved."""
    content: dict[str, Any] = YAML(typ="safe").load(path)
    return content


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = read()["services"][name]
    return found
