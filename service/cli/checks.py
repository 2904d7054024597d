"""What must hold before `vitrine up` starts anything: each failure is one plain sentence. Starts and writes nothing."""

from __future__ import annotations

import errno
import shutil
import socket
import tempfile
from pathlib import Path

from catalogue.errors import StorageFull, VitrineError

# The model copied, the sentence encoder exported, the database made; photos come on top.
LEAST_FREE_BYTES = 512 * 2**20


class DataFolderUnusable(VitrineError):
    code = "data-folder-unusable"


class PortTaken(VitrineError):
    code = "port-taken"


def check_data_folder(folder: Path) -> None:
    """Make the data folder and prove it by writing: permission bits lie to root, and on a read-only mount."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull(_full(folder, 0)) from error
        raise DataFolderUnusable(
            f"The data folder {folder} cannot be written to ({error.strerror}). "
            "Make it writable, or name another: VITRINE_DATA=/path vitrine up."
        ) from error


def check_free_space(folder: Path, least_bytes: int = LEAST_FREE_BYTES) -> None:
    free = shutil.disk_usage(folder).free
    if free < least_bytes:
        raise StorageFull(_full(folder, free, least_bytes))


def check_port(host: str, port: int) -> None:
    """Bind the address as the server will, and let it go."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise PortTaken(f"Vitrine cannot listen on {host}:{port} ({error.strerror}).") from error
            raise PortTaken(
                f"Port {port} of {host} is taken, perhaps by another Vitrine. "
                f"Stop that, or choose another port: VITRINE_BIND={host}:{_other(port)} vitrine up."
            ) from error


def _other(port: int) -> int:
    return port + 1 if port < 65535 else 8000


def _full(folder: Path, free: int, least_bytes: int = LEAST_FREE_BYTES) -> str:
    return (
        f"The disk of {folder} has {free // 2**20} MiB free; Vitrine needs {least_bytes // 2**20} MiB to start. "
        "Free some space, or name a folder on another disk: VITRINE_DATA=/path vitrine up."
    )
