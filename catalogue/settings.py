"""Every setting, read once at start: the only reader of the environment. Frozen; knows where each value came from."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from babel.numbers import list_currencies
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from catalogue.errors import SettingsInvalid

PREFIX = "VITRINE_"
SECRETS = frozenset({"secret_key", "database_url", "broker_url", "admin_key", "key"})
DEVICES = ("auto", "cpu", "cuda", "mps")


def _text(value: str) -> str:
    return value


def _folder(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _database_url(value: str) -> str:
    try:
        make_url(value)
    except ArgumentError as error:
        raise ValueError from error
    return value


def _broker_url(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://")):
        raise ValueError
    return value


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value)
        if not least <= number <= most:
            raise ValueError
        return number

    return parse


def _device(value: str) -> str:
    if value in DEVICES or (value.startswith("cuda:") and value[5:].isdecimal()):
        return value
    raise ValueError


def _currency(value: str) -> str:
    if value not in list_currencies():
        raise ValueError
    return value


def _cores() -> int:
    """Cores this process may use: in a container or under taskset that is fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _bind(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    return host.strip("[]") or "127.0.0.1", _whole(0, 65535)(port)


@dataclass(frozen=True, slots=True)
class Setting:
    """How one setting is read: its parser, and the range a wrong value is answered with."""

    parse: Callable[[str], Any]
    expects: str


KNOWN: Mapping[str, Setting] = MappingProxyType(
    {
        "data": Setting(_folder, "a folder"),
        "database_url": Setting(_database_url, "an SQLAlchemy URL such as postgresql+psycopg://…"),
        "broker_url": Setting(_broker_url, "a redis:// or rediss:// URL"),
        "photos_url": Setting(_text, "a folder or an fsspec URL"),
        "snapshots_url": Setting(_text, "a folder or an fsspec URL"),
        "model": Setting(_folder, "a checkpoint folder"),
        "device": Setting(_device, "auto, cpu, cuda, cuda:N or mps"),
        "bind": Setting(_bind, "HOST:PORT, the port 0 to 65535"),
        "lease_s": Setting(_whole(1, 3600), "whole seconds, 1 to 3600"),
        "currency": Setting(_currency, "an ISO 4217 code such as EUR"),
        "secret_key": Setting(_text, "a long random string"),
        "admin_key": Setting(_text, "a key that `vitrine keys new` printed"),
        "key": Setting(_text, "a key of the service that the command line asks"),
        "public_url": Setting(_text, "the URL people reach the service by"),
        "trusted_proxies": Setting(_text, "addresses, separated by commas"),
        "metrics_bind": Setting(_bind, "HOST:PORT, the port 0 to 65535"),
        "processes": Setting(_whole(1, 64), "a whole number, 1 to 64"),
        "threads": Setting(_whole(1, 256), "a whole number, 1 to 256"),
        "cache_bytes": Setting(_whole(0, 2**50), "bytes"),
        "max_photo_bytes": Setting(_whole(1024, 2**31), "bytes, 1024 to 2147483648"),
        "max_photo_pixels": Setting(_whole(1024, 10**9), "pixels, 1024 to 1000000000"),
    }
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process runs by. Build it directly in tests; `from_env` where a process starts."""

    data: Path = Path("data")
    database_url: str = ""
    broker_url: str = ""  # empty: the embedded doorbell in the data folder
    photos_url: str = ""
    snapshots_url: str = ""
    model: Path | None = None  # None: the shipped one
    device: str = "auto"
    bind: tuple[str, int] = ("127.0.0.1", 8000)
    lease_s: int = 60
    currency: str = "EUR"
    secret_key: str = ""  # empty: made and kept in the data folder
    admin_key: str = ""  # known from the first start on, where nobody can run `vitrine keys create`
    key: str = ""  # what the command line sends
    public_url: str = ""
    trusted_proxies: str = ""
    metrics_bind: tuple[str, int] | None = None  # None: a worker shares the metrics folder with the API
    processes: int = 2  # of the API
    threads: int = field(default_factory=_cores)
    cache_bytes: int = 2**30
    max_photo_bytes: int = 32 * 2**20
    max_photo_pixels: int = 64 * 10**6
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        data = self.data.absolute()
        object.__setattr__(self, "data", data)
        for name, default in {
            "database_url": URL.create("sqlite", database=str(data / "vitrine.sqlite")).render_as_string(),
            "photos_url": str(data / "photos"),
            "snapshots_url": str(data / "snapshots"),
        }.items():
            if not getattr(self, name):
                object.__setattr__(self, name, default)

    @property
    def models_folder(self) -> Path:
        return self.data / "models"

    @property
    def queue_folder(self) -> Path:
        return self.data / "queue"

    @property
    def metrics_folder(self) -> Path:
        return self.data / "metrics"

    @property
    def url(self) -> str:
        host, port = self.bind
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, folder: Path | None = None) -> Settings:  # noqa: TID251
        """Read `VITRINE_*` (and `…_FILE` for secrets), else `vitrine.toml` in `folder`, else the defaults.

        Raises:
            SettingsInvalid: every wrong value at once, each with its name, value and range.
        """
        written, faults = _from_file((folder or Path.cwd()) / "vitrine.toml")
        given, warnings, more = _from_environ(environ)
        faults += more
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for name, (raw, source) in {**written, **given}.items():
            try:
                values[name] = KNOWN[name].parse(raw)
                sources[name] = source
            except ValueError:
                shown = "***" if name in SECRETS else repr(raw)
                faults.append(f"{PREFIX}{name.upper()} is {shown}; it must be {KNOWN[name].expects}.")
        if faults:
            raise SettingsInvalid(" ".join(faults))
        return cls(**values, sources=MappingProxyType(sources), warnings=tuple(warnings))


def _from_file(path: Path) -> tuple[dict[str, tuple[str, str]], list[str]]:
    if not path.is_file():
        return {}, []
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [f"vitrine.toml cannot be read: {error}."]
    faults = [f"vitrine.toml has no setting {name!r}.{_nearest(name, '')}" for name in table if name not in KNOWN]
    return {name: (str(value), "vitrine.toml") for name, value in table.items() if name in KNOWN}, faults


def _from_environ(environ: Mapping[str, str]) -> tuple[dict[str, tuple[str, str]], list[str], list[str]]:
    given: dict[str, tuple[str, str]] = {}
    warnings: list[str] = []
    faults: list[str] = []
    for key, value in environ.items():
        if not key.startswith(PREFIX) or key.startswith(f"{PREFIX}TEST_"):
            continue
        name = key.removeprefix(PREFIX).lower()
        if name in KNOWN:
            given[name] = (value, key)
        elif name.removesuffix("_file") in SECRETS and name.endswith("_file"):
            try:
                given[name.removesuffix("_file")] = (Path(value).read_text("utf-8").strip(), key)
            except (OSError, UnicodeDecodeError) as error:
                why = "it is no text" if isinstance(error, UnicodeDecodeError) else error.strerror
                faults.append(f"{key} names a file that cannot be read: {why}.")
        else:
            warnings.append(f"{key} is not a setting of Vitrine.{_nearest(name, PREFIX)}")
    return given, warnings, faults


def _nearest(name: str, prefix: str) -> str:
    near = difflib.get_close_matches(name, KNOWN, n=1)
    return f" Did you mean {prefix}{near[0].upper() if prefix else near[0]}?" if near else ""
