"""The installation's secret key: signs cursors and sessions, hashes keys. Made once and kept in the data folder."""

from __future__ import annotations

import contextlib
import os
import secrets

from catalogue.settings import Settings


def secret_key(settings: Settings) -> bytes:
    """The configured key, else the one in the data folder, made on first use; all who make it at once agree on one."""
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.data / "secret.key"
    if not path.exists():
        settings.data.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{secrets.token_hex(8)}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)  # atomic, and never over another process's key
        aside.unlink()
    return path.read_bytes()
