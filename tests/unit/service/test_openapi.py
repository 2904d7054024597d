"""The document that the code gives: valid OpenAPI 3.1, with the contract's names, and problems everywhere."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from catalogue.settings import Settings
from service.app import VERSION, close, create_app

ROUTES = {
    "/healthz": {"get"},
    "/readyz": {"get"},
    "/v1/items": {"get"},
    "/v1/items/{sku}": {"get", "put", "patch", "delete"},
    "/v1/items/{sku}/photos": {"post"},
    "/v1/items/{sku}/similar": {"get"},
    "/v1/photos/{photo_id}": {"get", "patch", "delete"},
    "/v1/photos/{photo_id}/image": {"get"},
    "/v1/photos/{photo_id}/retry": {"post"},
    "/v1/photos/{photo_id}/caption": {"patch", "delete"},
    "/v1/captions": {"post"},
    "/v1/search": {"get", "post"},
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    app = create_app(Settings(data=tmp_path_factory.mktemp("openapi")))
    try:
        answer = app.test_client().get("/openapi.json")
        assert answer.json is not None
        yield answer.json
    finally:
        close(app)


def test_it_is_valid_openapi_31(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_it_has_the_contracts_routes_and_no_other(document: dict[str, Any]) -> None:
    assert {path: set(operations) for path, operations in document["paths"].items()} == ROUTES


def test_every_call_under_v1_documents_its_problems(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if not path.startswith("/v1"):
                continue
            for status in ("404", "422", "503"):
                content = operation["responses"][status]["content"]
                assert list(content) == ["application/problem+json"], (method, path)


def test_every_call_says_what_it_does(document: dict[str, Any]) -> None:
    assert all(operation["summary"] for each in document["paths"].values() for operation in each.values())


def test_calls_that_take_a_photo_document_the_form(document: dict[str, Any]) -> None:
    for path in ("/v1/items/{sku}/photos", "/v1/captions", "/v1/search"):
        assert "multipart/form-data" in document["paths"][path]["post"]["requestBody"]["content"]
    assert "application/json" in document["paths"]["/v1/search"]["post"]["requestBody"]["content"]


def test_its_version_is_the_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == VERSION
