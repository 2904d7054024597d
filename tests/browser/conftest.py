"""What browser tests may ask for: Chromium, a page in it, and shops that are full, empty, or waiting."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.shop import SHOWN, Shop, open_shop, products

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 30_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        pytest.skip(f"{CHROMIUM} is missing: the pages WERE NOT TESTED in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A page; its console may show what a refused request leaves there."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


@pytest.fixture
def page(browser_page: Page) -> Iterator[Page]:
    """A page that fails its test when its console shows an error: a blocked style, a script that throws."""
    errors: list[str] = []
    browser_page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    browser_page.on("pageerror", lambda error: errors.append(str(error)))
    yield browser_page
    assert errors == []


@pytest.fixture(scope="session")
def shop(adopted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A page of products and a few more, all captioned. Shared: tests only look."""
    with open_shop(_copy(adopted, tmp_path_factory.mktemp("shop"))) as shop:
        shop.caption(shop.add(products(SHOWN)))
        yield shop


@pytest.fixture
def new_shop(adopted: Path, tmp_path: Path) -> Iterator[Shop]:
    """Without an item; a test may put in what it likes."""
    with open_shop(_copy(adopted, tmp_path)) as shop:
        yield shop


def _copy(adopted: Path, folder: Path) -> Path:
    data = folder / "data"
    data.mkdir()
    shutil.copy(adopted / "vitrine.sqlite", data)
    (data / "models").symlink_to(adopted / "models")
    return data
