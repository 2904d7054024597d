"""The document that the code gives: valid OpenAPI 3.1, complete, with examples that keep what it says."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from service.app import routes
from service.cli import run
from service.contract import VERSION, document
from service.documented import ENTRY, NDJSON, Reply, says
from service.examples import example_of
from service.problems import TYPES
from service.scopes import SCOPES
from tests.contract import faults, path_of, resolved

Operation = Mapping[str, Any]
PROBLEM = "application/problem+json"
MADE = document(routes(), "/")
OPERATIONS: dict[str, Operation] = {
    operation["operationId"]: operation for path in MADE["paths"].values() for operation in path.values()
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def contents(operation: Operation) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for status, reply in operation["responses"].items():
        for kind, content in reply.get("content", {}).items():
            yield status, kind, content


def codes(content: Mapping[str, Any]) -> set[str]:
    return {name.removeprefix("/problems/") for name in content["schema"]["allOf"][1]["properties"]["type"]["enum"]}


def test_it_is_valid_openapi_31() -> None:
    assert MADE["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(MADE).validate()


def test_it_has_every_route_of_the_api_and_no_other() -> None:
    pages = {"contract", "pages"}
    routed = {
        (path_of(rule.rule), method.lower())
        for rule in routes().url_map.iter_rules()
        if rule.endpoint.partition(".")[0] not in pages
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, operations in MADE["paths"].items() for method in operations} == routed
    assert len(OPERATIONS) == len(routed)


@every_operation
def test_each_call_says_what_it_does(operation: Operation) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert "<br/>" not in operation["description"]
    described = {tag["name"] for tag in MADE["tags"] if tag["description"]}
    assert len(operation["tags"]) == 1
    assert described >= set(operation["tags"])


@every_operation
def test_each_parameter_is_described_and_has_an_example_that_fits(operation: Operation) -> None:
    for given in operation["parameters"]:
        parameter = resolved(MADE, given)
        assert parameter["description"], parameter["name"]
        assert faults(MADE, parameter["schema"], parameter["example"]) == [], parameter["name"]


@every_operation
def test_each_body_has_an_example_that_fits(operation: Operation) -> None:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        assert resolved(MADE, content["schema"])["properties"]
        if kind in {"application/json", NDJSON}:
            assert faults(MADE, content["schema"], content["example"]) == []
            assert content["example"]


@every_operation
def test_each_answer_has_an_example_that_fits(operation: Operation) -> None:
    for status, kind, content in contents(operation):
        if kind in {"application/json", NDJSON}:
            assert faults(MADE, content["schema"], content["example"]) == [], status
        elif kind == PROBLEM:
            assert set(content["examples"]) == codes(content)
            for example in content["examples"].values():
                assert faults(MADE, content["schema"], resolved(MADE, example)["value"]) == [], status
        else:
            assert content["schema"]["type"] == "string"


@every_operation
def test_each_answer_is_described_with_its_headers(operation: Operation) -> None:
    for status, reply in operation["responses"].items():
        assert reply["description"], status
        assert "X-Request-Id" in reply["headers"], status
        for name, given in reply["headers"].items():
            header = resolved(MADE, given)
            assert header["description"], name
            assert faults(MADE, header["schema"], header["example"]) == [], name


@every_operation
def test_problems_stand_under_their_status_and_bring_their_headers(operation: Operation) -> None:
    for status, kind, content in contents(operation):
        if kind == PROBLEM:
            assert {int(TYPES[code].status) for code in codes(content)} == {int(status)}
            headers = operation["responses"][status]["headers"]
            assert ("Retry-After" in headers) == any(TYPES[code].retry_after_s for code in codes(content))
            assert ("WWW-Authenticate" in headers) == (int(status) == HTTPStatus.UNAUTHORIZED)


@every_operation
def test_a_call_that_needs_a_key_says_which_and_how_it_is_refused(operation: Operation) -> None:
    scope = {endpoint.rpartition(".")[2]: scope for endpoint, scope in SCOPES.items()}[operation["operationId"]]
    said = {code for _, kind, content in contents(operation) if kind == PROBLEM for code in codes(content)}
    if scope is None:
        assert operation["security"] == []
        assert said.isdisjoint(ENTRY)
    else:
        assert operation["security"][0] == {"bearer": [scope.value]}
        assert said >= set(ENTRY)


@every_operation
def test_what_any_call_can_meet_is_documented(operation: Operation) -> None:
    said = {code for _, kind, content in contents(operation) if kind == PROBLEM for code in codes(content)}
    assert said >= {"invalid-input", "internal"}


def test_every_type_of_problem_is_documented_by_some_call() -> None:
    said = {
        code
        for operation in OPERATIONS.values()
        for _, kind, content in contents(operation)
        if kind == PROBLEM
        for code in codes(content)
    }
    # A documented call takes its own method; the document's description says what another one gets.
    assert said == set(TYPES) - {"method-not-allowed"}
    assert "method-not-allowed" in MADE["info"]["description"]


def test_a_type_of_problem_that_is_none_cannot_be_documented() -> None:
    with pytest.raises(KeyError):
        says(problems=["no-such-problem"])


def test_a_model_without_an_example_cannot_be_documented() -> None:
    class Silent(BaseModel):
        number: int

    with pytest.raises(TypeError, match=r"Silent\.number"):
        says(Reply(200, "It is silent.", Silent), problems=[])
    with pytest.raises(TypeError, match=r"Silent\.number"):
        example_of(Silent)


def test_its_version_and_licence_are_the_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION == MADE["info"]["version"]
    assert project["license"] == MADE["info"]["license"]["identifier"]


def test_the_command_line_prints_it_without_a_service_or_a_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("VITRINE_PUBLIC_URL", "https://shop.example")
    assert run(["openapi"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {**MADE, "servers": [{"url": "https://shop.example"}]}
    assert not (tmp_path / "none").exists()
