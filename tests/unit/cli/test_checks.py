"""What must hold before anything is started; each failure is one plain sentence."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from catalogue.errors import StorageFull
from service.cli.checks import DataFolderUnusable, PortTaken, check_data_folder, check_free_space, check_port


def test_a_usable_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    check_data_folder(tmp_path / "new" / "data")

    assert list((tmp_path / "new" / "data").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataFolderUnusable, match=r"file/data cannot be written to \(Not a directory\)"):
        check_data_folder(tmp_path / "file" / "data")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a file system that even root cannot write to")
def test_a_folder_that_refuses_files_is_named() -> None:
    with pytest.raises(DataFolderUnusable, match="/proc/self cannot be written to"):
        check_data_folder(Path("/proc/self"))


def test_too_little_space_says_how_much_is_needed(tmp_path: Path) -> None:
    check_free_space(tmp_path, 1)

    with pytest.raises(StorageFull, match="needs 1152921504606 MiB to start"):
        check_free_space(tmp_path, 1152921504606 * 2**20)


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(PortTaken, match=rf"Port {port} of 127\.0\.0\.1 is taken.*VITRINE_BIND=127\.0\.0\.1:\d+"):
            check_port("127.0.0.1", port)

    check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_one_sentence() -> None:
    with pytest.raises(PortTaken, match=r"cannot listen on 192\.0\.2\.1:8000"):
        check_port("192.0.2.1", 8000)
