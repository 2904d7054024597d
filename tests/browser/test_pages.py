"""The pages as people use them: words, photos, items, in a real browser."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import SHOWN, Shop, jpeg, products

pytestmark = pytest.mark.browser

STRIPED_SHIRTS = {
    drawings[0].title
    for _, drawings in products(SHOWN)
    if drawings[0].pattern == "striped" and "shirt" in drawings[0].kind
}


def titles(page: Page) -> list[str]:
    return page.locator(".card .name").all_inner_texts()


def search(page: Page, words: str) -> None:
    page.get_by_label("Search for").fill(words)
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_url("**/?q=*")


@pytest.fixture
def shirt(tmp_path: Path) -> Path:
    """The photo of a product that is in the shop."""
    path = tmp_path / "my photo.jpg"
    path.write_bytes(jpeg(products(SHOWN)[4][1][0]))
    return path


def test_words_find_the_items_that_hold_them_and_the_address_says_what_was_asked(page: Page, shop: Shop) -> None:
    page.goto(shop.url)
    search(page, "striped shirt")
    assert set(titles(page)) >= STRIPED_SHIRTS
    assert page.url == f"{shop.url}/?q=striped+shirt"
    expect(page.get_by_role("status").filter(has_text="item")).to_have_text(re.compile(r"^\d+ items$"))
    first = page.locator(".card").first
    expect(first.locator(".match")).to_have_text(re.compile(r"Match: \d+%"))
    expect(first.locator(".caption")).to_contain_text("striped")
    expect(first.locator(".price")).to_have_text(re.compile(r"€\d+\.\d\d"))
    found = titles(page)
    page.reload()
    assert titles(page) == found


def test_a_cards_picture_is_described_by_its_caption(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/?q=striped+shirt")
    image = page.locator(".card img").first
    assert "striped" in (image.get_attribute("alt") or "")
    expect(page.locator(".card .caption").first).to_have_text(re.compile("Machine-made caption: "))


def test_more_results_go_on_where_the_page_ended(page: Page, shop: Shop) -> None:
    page.goto(shop.url)
    first = titles(page)
    page.get_by_role("link", name="More results").click()
    page.wait_for_url("**cursor=*")
    second = titles(page)
    skus = {drawings[0].title for _, drawings in products(SHOWN)}
    assert len(first) == 24
    assert len(first + second) == SHOWN
    assert set(first + second) == skus
    page.get_by_role("link", name="Back to the first").click()
    assert titles(page) == first


def test_a_chosen_photo_is_answered_by_its_caption_and_its_look_alikes(page: Page, shop: Shop, shirt: Path) -> None:
    page.goto(shop.url)
    with page.expect_navigation():
        page.set_input_files("#photo", shirt)
    expect(page.get_by_text("Your photo shows")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    expect(page.locator(".answer .sure")).to_have_text(re.compile(r"\d+% sure"))
    assert page.get_by_alt_text("The photo you sent").evaluate("image => image.naturalWidth") > 0
    assert titles(page)[0] == products(SHOWN)[4][1][0].title


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_photo_can_be_dropped_or_pasted_anywhere(page: Page, shop: Shop, shirt: Path, way: str) -> None:
    page.goto(f"{shop.url}/?q=socks")
    fire = """([way, bytes]) => {
        const carried = new DataTransfer();
        const raw = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
        carried.items.add(new File([raw], "photo.jpg", { type: "image/jpeg" }));
        const event = way === "drop"
            ? new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", { clipboardData: carried, bubbles: true });
        document.body.dispatchEvent(event);
    }"""
    with page.expect_navigation():
        page.evaluate(fire, [way, base64.b64encode(shirt.read_bytes()).decode()])
    expect(page.get_by_text("Your photo shows")).to_be_visible()


def test_everything_works_without_javascript(browser: Browser, shop: Shop, shirt: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shop.url)
    search(page, "striped shirt")
    assert set(titles(page)) >= STRIPED_SHIRTS
    page.set_input_files("#photo", shirt)
    page.get_by_role("button", name="Find look-alikes").click()
    expect(page.get_by_text("Your photo shows")).to_be_visible()
    page.locator(".card a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(products(SHOWN)[4][1][0].title)
    context.close()


def test_the_page_can_be_used_by_keyboard_alone(page: Page, shop: Shop) -> None:
    page.goto(shop.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Search for")).to_be_focused()
    page.keyboard.type("striped shirt")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    link = page.locator(".card a").first
    for _ in range(12):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    expect(link).to_be_focused()
    title = link.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/**")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_what_nothing_is_close_to_says_so_and_shows_what_came_nearest(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/?q=zqx+helicopter+wvj")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here is close to “zqx helicopter wvj”")
    expect(page.get_by_role("heading", name="What came nearest")).to_be_visible()
    assert len(titles(page)) == 5


def test_an_empty_shop_tells_how_to_fill_it_and_what_it_tells_is_true(page: Page, new_shop: Shop) -> None:
    page.goto(new_shop.url)
    expect(page.get_by_role("heading", name="Nothing in the window yet")).to_be_visible()
    command = page.locator("pre code").inner_text()
    told = re.fullmatch(r"curl -F (\w+)=@shoe\.jpg (http://\S+)", command)
    assert told is not None, command
    sent = httpx.post(told[2], files={told[1]: ("shoe.jpg", jpeg(products(1)[0][1][0]), "image/jpeg")}, timeout=30)
    assert sent.status_code == 202
    page.reload()
    assert titles(page) == ["shoe-1"]
    expect(page.locator(".card .caption")).to_have_text("Waiting to be captioned")


def test_an_item_shows_its_photos_its_facts_and_who_wrote_its_caption(page: Page, shop: Shop) -> None:
    sku, drawings = next((sku, drawings) for sku, drawings in products(SHOWN) if len(drawings) == 2)
    page.goto(f"{shop.url}/items/{sku}")
    first = drawings[0]
    expect(page.get_by_role("heading", level=1)).to_have_text(first.title)
    expect(page.get_by_text("Machine-made; no person has confirmed it yet.")).to_be_visible()
    expect(page.locator(".said")).to_contain_text(first.caption)
    expect(page.locator("dl")).to_contain_text(first.attributes["brand"])
    expect(page.get_by_role("heading", name="Looks like it")).to_be_visible()
    assert first.title not in titles(page)
    shown = page.locator(".item .frame img").first.get_attribute("src")
    page.get_by_role("navigation", name="Photos").get_by_role("link").nth(1).click()
    page.wait_for_url("**photo=*")
    assert page.locator(".item .frame img").first.get_attribute("src") != shown


def test_a_persons_caption_is_no_longer_called_machine_made(page: Page, new_shop: Shop) -> None:
    sku = products(1)[0][0]
    new_shop.caption(new_shop.add(products(1)))
    [photo] = httpx.get(f"{new_shop.url}/v1/items/{sku}").json()["photos"]
    said = {"text": "a white tee with short sleeves"}
    httpx.patch(f"{new_shop.url}/v1/photos/{photo['id']}/caption", json=said).raise_for_status()
    page.goto(f"{new_shop.url}/items/{sku}")
    expect(page.locator(".said")).to_have_text(said["text"])
    expect(page.get_by_text("Written by a person.")).to_be_visible()
    page.goto(f"{new_shop.url}/?q=white+tee")
    expect(page.locator(".card .caption").first).to_have_text(said["text"])


def test_a_failed_photo_says_why_and_markup_in_a_title_stays_text(page: Page, new_shop: Shop) -> None:
    new_shop.add(products(1))
    new_shop.fail_next("The model has no memory left.")
    title = "<script>document.title = 'stolen'</script> & <b>bold</b>"
    sku = products(1)[0][0]
    httpx.patch(f"{new_shop.url}/v1/items/{sku}", json={"title": title}).raise_for_status()
    page.goto(f"{new_shop.url}/items/{sku}")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_text("Could not be captioned: The model has no memory left.")).to_be_visible()
    assert page.title() == f"{title} · Vitrine"


def test_a_deleted_item_is_on_no_page_opened_afterwards(page: Page, new_shop: Shop) -> None:
    kept, gone = products(2)
    new_shop.caption(new_shop.add([kept, gone]))
    page.goto(f"{new_shop.url}/?q=shirt")
    assert set(titles(page)) == {kept[1][0].title, gone[1][0].title}
    httpx.delete(f"{new_shop.url}/v1/items/{gone[0]}").raise_for_status()
    page.reload()
    assert titles(page) == [kept[1][0].title]
    answer = httpx.get(f"{new_shop.url}/items/{gone[0]}")
    assert answer.status_code == 404
