"""The command line without a service: exit codes, plain sentences, settings, and how little `--help` costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from service.cli import run
from service.cli.output import print_hits

UNREACHABLE = ["--url", "http://127.0.0.1:9"]  # the discard port, where nothing listens


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITRINE_DATA", str(tmp_path / "data"))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["search"],
        ["search", "text", "--photo", __file__],
        ["search", "text", "--limit", "0"],
        ["search", "text", "--url", "localhost:8000"],
        ["import", "nowhere"],
        ["import", ".", "--map", "photo"],
        ["caption"],
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Usage: vitrine" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["search", "blue shirt"], ["similar", "tee-1"]])
def test_without_a_service_one_sentence_names_the_remedy(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, *UNREACHABLE]) == 1

    said = capsys.readouterr().err
    assert said == (
        "vitrine: No Vitrine answers at http://127.0.0.1:9. Start it with `vitrine up`, or name another with --url.\n"
    )


def test_an_import_without_a_service_fails_as_a_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.csv").write_text("sku,title\na,A\nb,B\n")

    assert run(["import", "shop.csv", *UNREACHABLE]) == 1

    assert "vitrine up" in capsys.readouterr().err
    assert not list(tmp_path.glob("import-failures-*"))


def test_wrong_settings_are_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VITRINE_LEASE_S", "soon")

    assert run(["settings"]) == 1
    assert capsys.readouterr().err == "vitrine: VITRINE_LEASE_S is 'soon'; it must be whole seconds, 1 to 3600.\n"


def test_settings_tell_value_and_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vitrine.toml").write_text('currency = "CHF"\n')
    monkeypatch.setenv("VITRINE_BIND", "127.0.0.1:8123")
    monkeypatch.setenv("VITRINE_BIMD", "127.0.0.1:1")

    assert run(["settings", "--json"]) == 0

    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["VITRINE_BIND"] == {"value": "127.0.0.1:8123", "source": "VITRINE_BIND"}
    assert told["VITRINE_CURRENCY"] == {"value": "CHF", "source": "vitrine.toml"}
    assert told["VITRINE_LEASE_S"] == {"value": 60, "source": "default"}
    assert "VITRINE_BIMD is not a setting" in printed.err


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_settings_show_no_secret(
    form: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_SECRET_KEY", "a://hush:hush@hush/hush")
    monkeypatch.setenv("VITRINE_DATABASE_URL", "postgresql://shop:hush@db/vitrine?password=hush")
    monkeypatch.setenv("VITRINE_BROKER_URL", "redis://:hush@broker/0")
    monkeypatch.setenv("VITRINE_PHOTOS_URL", "s3://key:hush@bucket/photos")

    assert run(["settings", *form]) == 0

    shown = capsys.readouterr().out
    assert "hush" not in shown
    assert "postgresql://shop:***@db/vitrine" in shown


def test_a_title_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_hits("Found", {"hits": [{"sku": "tee", "title": "Größe\x1b[2J\x9b2J", "photo": None, "confidence": None}]})
    shown = capsys.readouterr().out
    assert "Größe\ufffd[2J" in shown
    assert not {"\x1b", "\x9b"} & set(shown)


def test_db_check_of_an_empty_database_names_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "check"]) == 1
    assert "Run `vitrine db upgrade`." in capsys.readouterr().err

    assert run(["db", "upgrade"]) == 0
    assert run(["db", "check"]) == 0
    assert capsys.readouterr().out.count("The database is at revision 0") == 2


def test_a_bug_is_said_in_a_sentence_and_shown_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("catalogue.database.Database.__init__", broken)

    assert run(["db", "check"]) == 1
    said = capsys.readouterr().err
    assert said == "vitrine: Unexpected ZeroDivisionError: division by zero. `vitrine --traceback …` shows where.\n"
    with pytest.raises(ZeroDivisionError):
        run(["--traceback", "db", "check"])


def test_a_photo_that_is_none_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "page.jpg").write_text("<html>")

    assert run(["caption", "page.jpg"]) == 1

    assert capsys.readouterr().err.startswith("vitrine: page.jpg: ")


def test_help_loads_nothing_heavy() -> None:
    heavy = {"torch", "httpx", "rich", "sqlalchemy", "flask", "celery", "numpy", "PIL"}
    code = f"import sys, service.cli as c; c.run(['--help']); sys.exit(str(sorted({heavy} & set(sys.modules))))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "similar" in done.stdout
    assert done.stderr.strip() == "[]"


def test_output_cut_short_by_its_reader_is_no_traceback(tmp_path: Path) -> None:
    command = f"{sys.executable} -c 'from service.cli import main; main()' settings --json | true"

    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
    )

    assert done.stderr == ""
