"""The container files: valid, closed, without a secret, and in step with the commands and settings they name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from catalogue.confinement import BYTES_A_PIXEL, BYTES_ASIDE
from catalogue.connections import POOL
from catalogue.key_texts import id_of, is_weak
from catalogue.settings import KNOWN, PREFIX, SECRETS, Settings
from service.bodies import FORM_SLACK_BYTES
from service.cli import DONE, run
from service.schemas import MOST_PHOTOS
from service.services import MOST_DECODERS
from tests import compose
from tests.compose import COMPOSE, GPU, ROOT

SERVICES: Mapping[str, Mapping[str, Any]] = compose.read()["services"]
every_service = pytest.mark.parametrize("name", SERVICES)
each_of_ours = pytest.mark.parametrize("name", compose.OURS)


def is_valid(*files: Path) -> bool:
    """By the Compose specification's own schema."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", *map(str, files)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_compose_files_are_valid() -> None:
    assert is_valid(COMPOSE, GPU)


def test_a_misspelt_key_is_not_valid(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(COMPOSE.read_text().replace("healthcheck:", "healthchek:", 1))
    assert not is_valid(wrong)


@pytest.mark.parametrize("files", [[COMPOSE], [COMPOSE, GPU]], ids=["cpu", "gpu"])
def test_docker_itself_reads_them(files: list[Path]) -> None:
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("there is no `docker compose` here: `docker compose config` DID NOT RUN")
    chosen = [word for file in files for word in ("-f", str(file))]
    done = subprocess.run(["docker", "compose", *chosen, "config", "--quiet"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_only_the_proxy_can_be_reached_and_only_it_reaches_out() -> None:
    assert [name for name, each in SERVICES.items() if "ports" in each] == ["proxy"]
    assert [name for name, each in SERVICES.items() if "outside" in each["networks"]] == ["proxy"]
    assert compose.read()["networks"]["inside"]["internal"] is True


@every_service
def test_every_container_has_no_rights_and_nothing_to_write_on_but_what_is_named(name: str) -> None:
    each = SERVICES[name]
    user, group = each["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert each["read_only"] is True
    assert each["cap_drop"] == ["ALL"]
    assert each["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in each
    assert "mem_limit" in each


@every_service
def test_every_container_that_stays_has_a_health_check_and_is_restarted(name: str) -> None:
    each = SERVICES[name]
    if name == "prepare":
        assert each["restart"] == "no"
    else:
        assert each["restart"] == "unless-stopped"
        assert each["healthcheck"]["test"]


@each_of_ours
def test_the_commands_are_the_command_lines_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    each = SERVICES[name]
    commands = [each["command"]]
    if name != "prepare":
        commands.append(each["healthcheck"]["test"][1:])
    for program, *arguments in commands:
        assert program == "vitrine"
        assert run([*arguments, "--help"]) == DONE, capsys.readouterr().err


@each_of_ours
def test_the_settings_are_known_and_secrets_come_from_files(name: str) -> None:
    each = SERVICES[name]
    for variable, value in each["environment"].items():
        assert variable.startswith(PREFIX)
        setting = variable.removeprefix(PREFIX).lower()
        if setting.endswith("_file"):
            assert setting.removesuffix("_file") in SECRETS
            assert value.removeprefix("/run/secrets/") in each["secrets"]
        else:
            assert setting in KNOWN.keys() - SECRETS
            KNOWN[setting].parse(value)


def test_every_secret_is_a_file_that_git_ignores() -> None:
    named = compose.read()["secrets"]
    assert {secret for each in SERVICES.values() for secret in each.get("secrets", [])} == set(named)
    assert all(secret["file"].startswith("./secrets/") for secret in named.values())
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "!secrets" not in (ROOT / ".dockerignore").read_text()


def test_the_script_makes_every_secret_once(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here: deploy/secrets.sh DID NOT RUN")
    (tmp_path / "deploy").mkdir()
    script = Path(shutil.copy(ROOT / "deploy" / "secrets.sh", tmp_path / "deploy"))
    subprocess.run(["sh", script], check=True, capture_output=True)
    made = {path.name: path.read_text().strip() for path in (tmp_path / "secrets").iterdir()}
    assert {f"./secrets/{name}" for name in made} == {each["file"] for each in compose.read()["secrets"].values()}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert make_url(made["database_url"]).password == made["postgres_password"]
    assert make_url(made["broker_url"]).password == made["broker.conf"].removeprefix("requirepass ")
    assert id_of(made["admin_key"]) is not None
    assert not is_weak(made["admin_key"])
    subprocess.run(["sh", script], check=True, capture_output=True)
    assert {path.name: path.read_text().strip() for path in (tmp_path / "secrets").iterdir()} == made


def test_the_proxy_takes_what_the_api_takes() -> None:
    limit = re.search(r"client_max_body_size (\d+)m;", (ROOT / "deploy" / "nginx.conf").read_text())
    assert limit is not None
    assert int(limit[1]) * 2**20 >= MOST_PHOTOS * Settings().max_photo_bytes + FORM_SLACK_BYTES


def test_the_api_has_the_memory_that_it_may_take() -> None:
    settings = Settings()
    decoder = BYTES_ASIDE + BYTES_A_PIXEL * settings.max_photo_pixels
    limit = int(SERVICES["api"]["mem_limit"].removesuffix("g")) * 2**30
    assert limit >= settings.processes * (MOST_DECODERS * decoder + settings.cache_bytes)


def test_the_database_takes_the_connections_of_several_api_containers_and_their_workers() -> None:
    most = int(SERVICES["postgres"]["command"][-1].removeprefix("max_connections="))
    doors, spare = 2, 50  # a reading and a writing pool; workers, doctor, backups, PostgreSQL's own
    assert most >= 3 * Settings().processes * doors * (POOL["pool_size"] + POOL["max_overflow"]) + spare


def test_the_proxys_own_problems_carry_the_requests_id() -> None:
    own = re.findall(r"location @\w+ \{(.+?)\n        \}", (ROOT / "deploy" / "nginx.conf").read_text(), re.DOTALL)
    assert len(own) == 2
    for location in own:
        assert "add_header X-Request-Id $request_id always;" in location
        assert '"instance": "$request_id"' in location


def stages() -> dict[str, list[str]]:
    """The Dockerfile's stages: name and lines, in order."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines():
        if start := re.fullmatch(r"FROM \S+ AS (\S+)", line):
            found[start[1]] = []
        elif found and line and not line.startswith("#"):
            found[list(found)[-1]].append(line)
    return found


def test_the_image_has_the_targets_that_the_compose_files_ask_for_and_cpu_is_the_default() -> None:
    asked = {each["build"]["target"] for file in (COMPOSE, GPU) for each in _built(file)}
    assert asked == {"cpu", "cuda"} <= set(stages())
    assert list(stages())[-1] == "cpu"


def test_the_image_runs_as_a_user_without_rights_and_as_the_one_that_owns_the_data() -> None:
    (user,) = [line for line in stages()["runtime"] if line.startswith("USER ")]
    assert user == f"USER {SERVICES['api']['user']}"
    assert "VITRINE_DATA=/data" in " ".join(stages()["runtime"])
    assert SERVICES["api"]["volumes"] == ["data:/data"]


def test_what_the_image_copies_is_there_and_is_let_through_to_the_builder() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [line.split()[1:-1] for name in ("builder", "build-cpu", "build-cuda") for line in stages()[name]
              if line.startswith("COPY ")]  # fmt: skip
    assert all((ROOT / path).exists() for path in let_through)
    assert {path for paths in copied for path in paths} - {"."} <= let_through
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= let_through
    extras = set(re.findall(r"'\.\[(\w+)\]'", (ROOT / "Dockerfile").read_text()))
    assert extras <= set(project["project"]["optional-dependencies"])


def _built(file: Path) -> list[dict[str, Any]]:
    return [each for each in compose.read(file)["services"].values() if "build" in each]
