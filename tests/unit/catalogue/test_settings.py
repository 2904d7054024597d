"""Settings: where they come from, and what wrong ones are answered with."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from catalogue.errors import SettingsInvalid
from catalogue.secret import secret_key
from catalogue.settings import KNOWN, Settings


def test_the_environment_wins_over_the_file_and_both_over_defaults(tmp_path: Path) -> None:
    (tmp_path / "vitrine.toml").write_text('bind = "127.0.0.1:9000"\nlease_s = 5\n')
    settings = Settings.from_env({"VITRINE_LEASE_S": "7"}, tmp_path)
    assert (settings.bind, settings.lease_s, settings.device) == (("127.0.0.1", 9000), 7, "auto")
    assert dict(settings.sources) == {"bind": "vitrine.toml", "lease_s": "VITRINE_LEASE_S"}


def test_all_wrong_values_are_named_at_once_with_their_range(tmp_path: Path) -> None:
    wrong = {"VITRINE_LEASE_S": "soon", "VITRINE_DEVICE": "gpu", "VITRINE_CURRENCY": "EURO", "VITRINE_BIND": "8000x"}
    with pytest.raises(SettingsInvalid, match=r"VITRINE_DATABASE_URL is \*\*\*; it must be an SQLAlchemy URL"):
        Settings.from_env({"VITRINE_DATABASE_URL": "somewhere"}, tmp_path)
    with pytest.raises(SettingsInvalid) as refusal:
        Settings.from_env(wrong, tmp_path)
    for name, value in wrong.items():
        assert f"{name} is '{value}'; it must be" in str(refusal.value)


def test_an_unknown_name_is_an_error_in_the_file_and_a_warning_in_the_environment(tmp_path: Path) -> None:
    settings = Settings.from_env({"VITRINE_LEASES": "7", "VITRINE_TEST_DATA": "/x"}, tmp_path)
    assert settings.warnings == ("VITRINE_LEASES is not a setting of Vitrine. Did you mean VITRINE_LEASE_S?",)
    (tmp_path / "vitrine.toml").write_text("devise = 'cpu'\n")
    with pytest.raises(SettingsInvalid, match=r"no setting 'devise'\. Did you mean device\?"):
        Settings.from_env({}, tmp_path)


def test_a_secret_may_come_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hush\n")
    settings = Settings.from_env({"VITRINE_SECRET_KEY_FILE": str(tmp_path / "key")}, tmp_path)
    assert secret_key(settings) == b"hush"
    with pytest.raises(SettingsInvalid, match="names a file that cannot be read"):
        Settings.from_env({"VITRINE_SECRET_KEY_FILE": str(tmp_path / "none")}, tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsInvalid, match="cannot be read: it is no text"):
        Settings.from_env({"VITRINE_SECRET_KEY_FILE": str(tmp_path / "bytes")}, tmp_path)


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    assert secret_key(settings) == secret_key(settings)
    assert len(secret_key(settings)) >= 48
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["what?now", "100%41", "a b#c", "größe"])
def test_the_database_lies_in_the_data_folder_whatever_its_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    assert make_url(Settings(data=folder).database_url).database == str(folder / "vitrine.sqlite")


def test_every_known_setting_is_a_part_of_settings() -> None:
    assert set(KNOWN) <= set(Settings.__dataclass_fields__)
