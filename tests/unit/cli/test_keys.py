"""`vitrine keys`, and --key of the commands that ask a service: what is printed, once, and what is refused unsent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from catalogue import keys
from catalogue.catalogues import Catalogue
from catalogue.database import Database
from catalogue.key_texts import id_of, is_weak, make_text
from service.cli import run

SECRET = "the installation's own"


@pytest.fixture(autouse=True)
def _on_this_database(
    database: Database, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITRINE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("VITRINE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("VITRINE_SECRET_KEY", SECRET)


def listed(capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    assert run(["keys", "list", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_key_is_printed_alone_and_works(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "create", "--scope", "write", "--name", "import", "--origin", "https://shop.example"]) == 0

    said = capsys.readouterr()
    with database.reading() as session:
        key = keys.find(session, said.out.strip(), SECRET.encode())
    assert key is not None
    assert (key.scope.value, key.catalogue, key.name) == ("write", "default", "import")
    assert key.origins == ("https://shop.example",)
    assert said.out.strip() not in said.err


def test_only_the_first_key_is_said_to_be_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(2):
        assert run(["keys", "create", "--scope", "admin", "--name", "mine"]) == 0
        said.append("first key" in capsys.readouterr().err)
    assert said == [True, False]


def test_json_has_the_names_of_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "create", "--scope", "admin", "--name", "mine", "--json"]) == 0

    made = json.loads(capsys.readouterr().out)
    assert made["key"].startswith(f"vt_live_{made['id']}_")
    (row,) = listed(capsys)
    assert row == {name: value for name, value in made.items() if name != "key"}


def test_a_revoked_key_is_in_the_list_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    run(["keys", "create", "--scope", "admin", "--name", "mine"])
    (row,) = listed(capsys)
    assert row["revoked_at"] is None

    assert run(["keys", "revoke", row["id"]]) == 0

    (row,) = listed(capsys)
    assert row["revoked_at"] is not None


def test_the_list_for_people_shows_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    run(["keys", "create", "--scope", "read", "--name", "shop window"])
    key = capsys.readouterr().out.strip()

    assert run(["keys", "list"]) == 0

    shown = capsys.readouterr().out
    assert "shop window" in shown
    assert key[41:] not in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["revoke", uuid4().hex], "There is no key"),
        (["create", "--scope", "read", "--name", "a", "--catalogue", "nowhere"], "There is no catalogue 'nowhere'"),
        (["create", "--scope", "admin", "--name", "a", "--catalogue", "default"], "leave 'catalogue' out"),
        (["create", "--scope", "read", "--name", "a", "--origin", "shop.example"], "is no origin"),
    ],
)
def test_what_cannot_be_is_one_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", *arguments]) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("arguments", [["create"], ["create", "--scope", "root", "--name", "a"], ["revoke", "mine"]])
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    assert run(["keys", *arguments]) == 2


def test_without_tables_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_DATABASE_URL", f"sqlite:///{tmp_path}/empty.sqlite")
    assert run(["keys", "list"]) == 1
    assert "vitrine db upgrade" in capsys.readouterr().err


def test_a_new_key_is_strong_and_needs_no_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    texts = set()
    for _ in range(2):
        assert run(["keys", "new"]) == 0
        texts.add(capsys.readouterr().out.strip())
    assert len(texts) == 2
    assert not any(is_weak(text) for text in texts)


def test_settings_show_no_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = make_text(uuid4())
    monkeypatch.setenv("VITRINE_KEY", text)
    monkeypatch.setenv("VITRINE_ADMIN_KEY", text)
    assert run(["settings", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["VITRINE_KEY"] == {"value": "***", "source": "VITRINE_KEY"}
    assert shown["VITRINE_ADMIN_KEY"]["value"] == "***"


@pytest.mark.parametrize("command", [["search", "dress"], ["similar", "tee"]])
def test_what_is_no_key_is_refused_unsent_and_not_repeated(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--url", "http://127.0.0.1:9", "--key", "hunter2\nX: y"]) == 2
    said = capsys.readouterr().err
    assert "vt_live_" in said
    assert "hunter2" not in said


def test_the_key_of_the_setting_is_sent_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Recorder:
        def __init__(self, _url: str, *, key: str) -> None:
            sent.append(key)
            raise KeyboardInterrupt

    monkeypatch.setattr("service.client.Client", Recorder)
    ours, other = make_text(uuid4()), make_text(uuid4())
    monkeypatch.setenv("VITRINE_KEY", ours)
    run(["search", "dress"])
    run(["search", "dress", "--key", other])
    monkeypatch.delenv("VITRINE_KEY")
    run(["search", "dress"])

    assert sent == [ours, other, ""]
    assert id_of(ours)
