"""Every error has its status, and a problem says what it must."""

from __future__ import annotations

import sqlite3

import pytest
from flask import Flask, g
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import BadGateway, Gone

from catalogue import errors as catalogue_errors
from catalogue.errors import Fault, FieldTypeMismatch, InvalidInput, StorageFull, VitrineError
from indexing import errors as indexing_errors
from service import errors as service_errors
from service.errors import ModelBusy
from service.problems import KINDS, TYPES, problem_of, register

# Raised only where a process starts, or a bug if a request meets it: the one answer to these is a 500.
NEVER_ANSWERED = {"BackupInvalid", "SettingsInvalid", "SchemaUnsupported", "VectorRefused"}


def test_every_error_that_a_request_can_meet_has_a_status() -> None:
    for module in (catalogue_errors, indexing_errors, service_errors):
        for name, error in vars(module).items():
            if isinstance(error, type) and issubclass(error, VitrineError) and error is not VitrineError:
                assert name in NEVER_ANSWERED or error in KINDS, name


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in KINDS]
    assert sorted(codes) == sorted(set(codes))


def test_what_comes_back_later_says_when() -> None:
    assert all(kind.retry_after_s for kind in KINDS.values() if kind.status == 503)


def test_a_problem_carries_code_sentence_faults_and_request_id() -> None:
    with Flask("test").app_context():
        g.request_id = "r-1"
        problem = problem_of(FieldTypeMismatch([Fault("/attributes/size", "It is no number.")]))
    assert problem.model_dump(exclude_unset=True) == {
        "type": "/problems/field-type",
        "title": "Wrong type for a field",
        "status": 422,
        "detail": "It is no number.",
        "instance": "r-1",
        "errors": [{"pointer": "/attributes/size", "detail": "It is no number."}],
    }


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (InvalidInput.at("/q", "Too long."), 422, None),
        (ModelBusy("Busy."), 503, "1"),
        (StorageFull("Full."), 507, None),
        (catalogue_errors.SettingsInvalid("Wrong."), 500, None),
        (NoConnectionLeft("QueuePool limit reached"), 503, "2"),
        (OperationalError("SELECT 1", {}, sqlite3.OperationalError("unable to open database file")), 503, "5"),
        (IntegrityError("INSERT", {}, sqlite3.IntegrityError("NOT NULL constraint failed: secret")), 500, None),
        (Gone(), 400, None),
        (BadGateway(), 500, None),
        (ZeroDivisionError("secret"), 500, None),
    ],
)
def test_errors_become_answers(error: Exception, status: int, retry_after: str | None) -> None:
    app = Flask("test")
    register(app)

    @app.get("/")
    def fails() -> str:
        raise error

    answer = app.test_client().get("/")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)
    assert answer.json is not None
    code = answer.json["type"].removeprefix("/problems/")
    assert (TYPES[code].status, TYPES[code].title) == (status, answer.json["title"])
    assert answer.content_type == "application/problem+json"
    assert "secret" not in answer.text
