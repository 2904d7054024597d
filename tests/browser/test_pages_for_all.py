"""Each state of the pages for everyone: no axe violation in light and dark, no sideways scrolling on a phone."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.shop import SHOWN, Shop, jpeg, products

pytestmark = pytest.mark.browser

TWO_PHOTOS = next(sku for sku, drawings in products(SHOWN) if len(drawings) == 2)
STATES = {
    "newest": "/",
    "found": "/?q=striped+shirt",
    "nothing close": "/?q=zqx+helicopter+wvj",
    "item": f"/items/{TWO_PHOTOS}",
    "problems": "/problems",
    "a problem explained": "/problems/not-a-photo",
}


def check(page: Page) -> None:
    """In both colour schemes, with all of axe's rules; then at a phone's width."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_accessible_and_fits_a_phone(page: Page, shop: Shop, state: str) -> None:
    page.goto(shop.url + STATES[state])
    check(page)


def test_a_photos_answer_is_accessible_and_fits_a_phone(page: Page, shop: Shop, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg(products(SHOWN)[4][1][0]))
    page.goto(shop.url)
    with page.expect_navigation():
        page.set_input_files("#photo", photo)
    check(page)


def test_an_empty_shop_is_accessible_and_fits_a_phone(page: Page, new_shop: Shop) -> None:
    page.goto(new_shop.url)
    check(page)


def test_waiting_and_failed_photos_are_accessible_and_fit_a_phone(page: Page, new_shop: Shop) -> None:
    [(first, _), (second, _)] = products(2)
    new_shop.add(products(1))
    new_shop.fail_next("The model has no memory left.")
    new_shop.add(products(2)[1:])
    for path in ("/", f"/items/{first}", f"/items/{second}"):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(new_shop.url + path)
        check(page)


def test_the_contract_is_accessible_and_fits_a_phone_with_all_its_examples_open(page: Page, shop: Shop) -> None:
    page.goto(shop.url)
    page.get_by_role("link", name="API").click()
    page.get_by_role("link", name="Create or replace an item").click()
    expect(page.locator("#put_item")).to_be_in_viewport()
    for folded in page.locator("#put_item summary").all():
        folded.click()
    expect(page.locator("#put_item .wrong")).to_contain_text("field-type")
    page.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true; })")
    check(page)


def test_a_problem_is_accessible_and_fits_a_phone(browser_page: Page, shop: Shop) -> None:
    browser_page.goto(f"{shop.url}/items/{'long-name-' * 12}")
    check(browser_page)


def test_every_picture_has_its_size_and_only_the_first_row_loads_at_once(page: Page, shop: Shop) -> None:
    page.goto(shop.url)
    images = page.locator(".card img").evaluate_all(
        "images => images.map((image) => [image.hasAttribute('width') && image.hasAttribute('height'), image.loading])"
    )
    assert all(sized for sized, _ in images)
    assert "lazy" not in {loading for _, loading in images[:6]}
    assert {loading for _, loading in images[6:]} == {"lazy"}


def test_pictures_never_move_what_is_below_them(page: Page, shop: Shop) -> None:
    page.goto(shop.url)
    page.wait_for_load_state("networkidle")
    shift = page.evaluate(
        """() => new Promise((resolve) => {
            let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; }))
                .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => resolve(sum), 200);
        })"""
    )
    assert shift <= 0.1


def test_what_is_no_photo_is_answered_by_a_sentence_on_a_page(browser_page: Page, shop: Shop, tmp_path: Path) -> None:
    text = tmp_path / "notes.jpg"
    text.write_text("This is no photo at all.")
    browser_page.goto(shop.url)
    with browser_page.expect_navigation() as navigation:
        browser_page.set_input_files("#photo", text)
    assert navigation.value is not None
    assert navigation.value.status == 415
    assert "JPEG" in browser_page.get_by_role("alert").inner_text()


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/items/nope", 404),
        ("/nowhere", 404),
        ("/?cursor=made-up", 422),
        (f"/?q={'x' * 1001}", 422),
        ("/?q=a&q=b", 422),
    ],
)
def test_a_browser_gets_problems_as_pages(shop: Shop, path: str, status: int) -> None:
    answer = httpx.get(shop.url + path, headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'role="alert"' in answer.text


def test_the_api_answers_browsers_too_with_problem_json(shop: Shop) -> None:
    answer = httpx.get(f"{shop.url}/v1/items/nope", headers=BROWSER)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/?q=shirt", f"/items/{TWO_PHOTOS}", "/items/nope"])
def test_pages_let_nothing_foreign_in_and_give_nothing_away(shop: Shop, path: str) -> None:
    answer = httpx.get(shop.url + path, headers=BROWSER)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "http://" not in answer.text.replace(shop.url, "").replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_another_sites_form_cannot_send_a_photo(shop: Shop) -> None:
    files = {"photo": ("photo.jpg", jpeg(products(1)[0][1][0]), "image/jpeg")}
    answer = httpx.post(f"{shop.url}/", files=files, headers={**BROWSER, "Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
