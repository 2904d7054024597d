"""Ten thousand requests made from the contract, against the live service: no 500, and nothing it does not document."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.integration.conftest import data_folder
from tests.integration.running import Running, bare_environment, running

REQUESTS = 10_000
SPARE = 1.3  # an operation without parameters runs out of different requests
# A process each: with threads in one, Python 3.11's parser of the lambdas that hypothesis describes fails now and then.
SEEDS = (9, 10)
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
# What the server refuses before the app sees it has no place in the contract: a request line above 8,190 bytes.
# The contract describes a line of NDJSON: each request is a batch of one.
HOOKS = """
import json
import schemathesis
from urllib.parse import quote, urlencode

NDJSON = "application/x-ndjson"

@schemathesis.serializer(NDJSON)
def write_line(context, value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()

@schemathesis.deserializer(NDJSON)
def read_line(context, response):
    return json.loads(response.content)

@schemathesis.hook
def filter_case(context, case):
    path = sum(len(quote(str(value), safe="")) for value in (case.path_parameters or {}).values())
    return path + len(urlencode(case.query or {}, doseq=True)) < 7_500
"""


@pytest.fixture
def service(adopted: Path, tmp_path: Path) -> Iterator[Running]:
    with running(data_folder(adopted, tmp_path / "data")) as service:
        yield service


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_requests_from_the_contract_find_no_500_and_nothing_undocumented(
    service: Running, tmp_path: Path
) -> None:
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        document = client.get("/openapi.json").json()
        # The fuzzer makes keys as well, and the first one would end open mode in the middle.
        key = client.post("/v1/keys", json={"scope": "admin", "name": "fuzzer"}).json()["key"]
        operations = sum(len(path) for path in document["paths"].values())
        (tmp_path / "hooks.py").write_text(HOOKS)
        examples = math.ceil(SPARE * REQUESTS / operations / len(SEEDS))
        with ThreadPoolExecutor(len(SEEDS)) as fuzzers:
            reports = list(fuzzers.map(lambda seed: _fuzz(service, key, examples, seed, tmp_path), SEEDS))
        assert client.get("/readyz").status_code == 200
    for report in reports:
        assert report.returncode == 0, report.stdout[-8000:]
    assert sum(map(_generated, reports)) >= REQUESTS
    assert "request_failed" not in (service.data / "logs" / "api.log").read_text()


def _generated(report: subprocess.CompletedProcess[str]) -> int:
    found = re.search(r"([\d,]+) generated", report.stdout)
    assert found is not None, report.stdout[-2000:]
    return int(found[1].replace(",", ""))


def _fuzz(service: Running, key: str, examples: int, seed: int, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json",
        "--header", f"Authorization: Bearer {key}",
        "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", str(seed),
        "--checks", ",".join(CHECKS), "--continue-on-failure", "--no-shrink", "--workers", "1",
        "--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off", "--no-color",
    ]  # fmt: skip
    env = bare_environment() | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
