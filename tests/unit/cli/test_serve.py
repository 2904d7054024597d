"""What `vitrine serve` becomes: gunicorn, by the settings."""

from __future__ import annotations

from catalogue.settings import Settings
from service.cli.serve import gunicorn


def test_the_settings_say_where_how_many_and_whose_forwarded_headers_count() -> None:
    command = gunicorn(Settings(bind=("0.0.0.0", 8000), processes=3, trusted_proxies="10.0.0.1"))  # noqa: S104 - only its text
    assert {"--bind=0.0.0.0:8000", "--workers=3", "--forwarded-allow-ips=10.0.0.1"} <= set(command)


def test_an_address_of_version_six_stands_in_brackets_and_no_proxy_is_trusted_unasked() -> None:
    command = gunicorn(Settings(bind=("::1", 8000)))
    assert "--bind=[::1]:8000" in command
    assert "--forwarded-allow-ips=" in command  # said so: left out, gunicorn would trust every client on this machine
