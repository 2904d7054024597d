"""How far an import has come: what is kept of it, for whom, and what its report then holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.importing import Outcome
from service.cli.journal import Journal, Progress, ProgressNotKept, Tally
from service.cli.progress import watched
from service.cli.report import Failure, Report, new_report

TASK = {"source": "1", "url": "http://127.0.0.1:8000", "catalogue": "default"}
FAILURE = Failure(7, "tee-1", "", "No.")


def journal(folder: Path, **changed: str) -> Journal:
    return Journal(folder, "shop.csv", TASK | changed)


def test_a_journal_tells_its_own_task_where_it_stopped(tmp_path: Path) -> None:
    progress = Progress(Tally().plus(Outcome(2, changed=True)).plus(Outcome(failures=(FAILURE,))), "report.csv", 40)

    journal(tmp_path).write(progress)

    assert progress.tally == Tally(rows=2, photos=2, changed=1, failed=1)
    assert journal(tmp_path).last() == progress
    for changed in ({"source": "2"}, {"url": "http://127.0.0.1:8001"}, {"catalogue": "another"}):
        assert journal(tmp_path, **changed).last() is None
        assert journal(tmp_path, **changed).is_there
    journal(tmp_path).remove()
    assert journal(tmp_path).last() is None
    assert not journal(tmp_path).is_there


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"task": 1}'])
def test_a_journal_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / ".vitrine-import-shop.csv.json").write_text(content)

    assert journal(tmp_path).last() is None


def test_a_journal_that_cannot_be_written_says_where_to_go(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ProgressNotKept, match="Import from another folder"):
        journal(tmp_path / "file").write(Progress(Tally(), "report.csv", 0))


def test_a_source_with_a_very_long_name_has_a_journal_too(tmp_path: Path) -> None:
    long = Journal(tmp_path, "ü" * 127, TASK)

    long.write(Progress(Tally(), "report.csv", 0))

    assert long.is_there


def test_a_report_forgets_what_an_import_adds_again(tmp_path: Path) -> None:
    report = new_report("import", tmp_path)
    report.add([FAILURE])
    kept = report.size_bytes
    report.add([FAILURE, FAILURE])

    again = Report(report.path)
    again.cut(kept)
    again.add([FAILURE])

    assert report.path.read_text().splitlines() == ["line,sku,photo,reason", "7,tee-1,,No.", "7,tee-1,,No."]
    again.cut(0)
    again.add([FAILURE])
    assert report.path.read_text().splitlines() == ["line,sku,photo,reason", "7,tee-1,,No."]


def test_a_bar_goes_where_a_person_is_looking_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("service.cli.progress.EVERY_S", 0)

    def shown(*, silent: bool) -> str:
        with watched(range(3), "Importing", lambda: 5, done=2, silent=silent) as steps:
            assert list(steps) == [0, 1, 2]
        return capsys.readouterr().err

    assert shown(silent=False) == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert shown(silent=True) == ""
    assert "5/5" in shown(silent=False)
