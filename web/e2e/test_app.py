"""The shopper's app in a real browser: every way in, what a tap tells, and what fails kindly."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from app_pages import PHONE, SHELF, barcode_picture, first_gtin, start, still_camera, violations
from playwright.sync_api import Page, expect, sync_playwright

from conftest import ARGUMENTS, CAMERA, ROOT, OpenPage, chromium

SCREENSHOTS = ROOT / "work" / "web"


def test_the_start_explains_itself_and_axe_finds_nothing(open_page: OpenPage, url: str):
    """One large button, four other ways."""
    with open_page(url, **PHONE) as page:
        expect(page.get_by_role("heading", name="Point your phone at the shelf")).to_be_visible()
        box = page.get_by_role("button", name="Start the camera").bounding_box()
        assert box is not None
        assert box["height"] >= 48
        assert violations(page) == []


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        (["--use-fake-device-for-media-stream"], "The camera is not allowed"),
        (
            ["--use-fake-device-for-media-stream=device-count=0", "--use-fake-ui-for-media-stream"],
            "No camera found",
        ),
    ],
)
def test_a_camera_that_fails_is_explained(url: str, arguments: list[str], title: str):
    """With what to do, and the other ways still there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*ARGUMENTS, *arguments]
        )
        page = browser.new_context(**PHONE).new_page()
        page.goto(url)
        page.get_by_role("button", name="Start the camera").click()
        expect(page.get_by_role("alert")).to_contain_text(title)
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        expect(page.get_by_role("button", name="Type the number")).to_be_visible()
        assert violations(page) == []
        browser.close()


def test_a_camera_in_use_is_explained(open_page: OpenPage, url: str):
    """Another program has it: the browser says NotReadableError."""
    with open_page(url) as page:
        page.evaluate(
            "() => { navigator.mediaDevices.getUserMedia = () =>"
            " Promise.reject(new DOMException('', 'NotReadableError')) }"
        )
        page.get_by_role("button", name="Start the camera").click()
        expect(page.get_by_role("alert")).to_contain_text("The camera is in use")


def test_an_insecure_page_is_explained(url: str):
    """A shop's address without https."""
    port = url.rpartition(":")[2]
    with sync_playwright() as playwright:
        rule = "--host-resolver-rules=MAP shelf.test 127.0.0.1"
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*ARGUMENTS, *CAMERA, rule]
        )
        page = browser.new_page()
        page.goto(f"http://shelf.test:{port}")
        page.get_by_role("button", name="Start the camera").click()
        expect(page.get_by_role("alert")).to_contain_text("This page is not secure")
        browser.close()


def test_a_tap_in_the_list_tells_everything(shelf: Page):
    """Verdict with its reason, allergens, price; closed by Escape; nothing for axe to find."""
    shelf.get_by_role("button", name="My profile").click()
    shelf.get_by_label("Milk").check()
    assert violations(shelf) == []
    shelf.keyboard.press("Escape")
    assert violations(shelf) == []
    shelf.locator('.item[data-state="recognised"]').first.click()
    sheet = shelf.get_by_role("dialog")
    for heading in ("Allergens", "Nutri-Score", "Ingredients", "Reviews", "Better for you"):
        expect(sheet.get_by_role("heading", name=heading)).to_be_visible()
    expect(sheet.locator(".verdict")).to_contain_text("milk")
    expect(sheet.locator(".price")).to_contain_text("€")
    expect(sheet.locator("img.picture")).to_be_visible()
    assert violations(shelf) == []
    shelf.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_the_picture_itself_can_be_tapped(shelf: Page):
    """Where the overlay marks a product."""
    shelf.get_by_role("button", name="List (").click()
    for x, y in ((206, 420), (120, 560), (300, 560), (206, 300), (60, 120), (340, 120)):
        shelf.locator(".stage").click(position={"x": x, "y": y})
        shelf.wait_for_timeout(400)
        if shelf.get_by_role("dialog").count():
            break
    expect(shelf.get_by_role("dialog")).to_be_visible()


def test_filters_dim_the_rest_and_say_why(shelf: Page):
    """On offer: what has none is dashed, with the reason; the front comes first."""
    shelf.get_by_role("button", name="On offer").click()
    expect(shelf.locator(".item.dim").first).to_contain_text("No")
    assert "dim" in (shelf.locator(".item").last.get_attribute("class") or "")
    expect(shelf.locator(".list [role=status]")).to_contain_text("fit your filters")
    assert violations(shelf) == []


def test_two_products_are_compared(shelf: Page):
    """From the sheet of one to another; the same one again is said to be the same."""
    items = shelf.locator('.item[data-state="recognised"]')
    items.first.click()
    name = shelf.get_by_role("dialog").get_by_role("heading", level=2).inner_text()
    shelf.get_by_role("button", name="Compare with another").click()
    items.filter(has_text=name).first.click()
    expect(shelf.locator(".notice")).to_contain_text("the same product again")
    items.filter(has_not_text=name).first.click()
    expect(shelf.get_by_role("heading", name="Side by side")).to_be_visible()
    expect(shelf.locator(".compare thead th")).to_have_count(2)
    assert violations(shelf) == []


def test_the_keyboard_alone_is_enough(open_page: OpenPage, url: str, camera: Path):
    """Start, open the list, open a product, close it."""
    with open_page(url, camera) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        listed = page.get_by_role("button", name="List (")
        listed.focus()
        page.keyboard.press("Enter")
        item = page.locator('.item[data-state="recognised"]').first
        item.wait_for()
        item.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator("[aria-live=polite]").last).to_contain_text("new product")


def test_a_typed_number_is_held_to_its_check_digit(open_page: OpenPage, url: str):
    """Wrong first, and told what; then a product of the store."""
    gtin = first_gtin(url)
    with open_page(url, **PHONE) as page:
        page.get_by_role("button", name="Type the number").click()
        field = page.get_by_label("Number under the barcode")
        field.fill("4006381333932")
        page.get_by_role("button", name="Look up").click()
        expect(page.get_by_role("alert")).to_contain_text("the last would be 1")
        assert violations(page) == []
        field.fill(gtin)
        page.get_by_role("button", name="Look up").click()
        expect(page.get_by_role("heading", name="Ingredients")).to_be_visible()


def test_a_photo_is_looked_at_on_the_device(open_page: OpenPage, url: str):
    """Its facings come with names, and none of the picture is sent."""
    with open_page(url, **PHONE) as page:
        sent: list[str] = []
        page.on("request", lambda each: sent.append(each.url))
        page.locator("input[type=file]").set_input_files(SHELF)
        page.locator('.item[data-state="recognised"] strong').first.wait_for()
        assert not any("/v1/scan" in each for each in sent)
        assert violations(page) == []


def test_after_the_first_visit_everything_works_without_network(
    open_page: OpenPage, url: str, camera: Path
):
    """Page, models and runtime from the browser; names and records from the pack."""
    with open_page(url, camera, **PHONE) as page:
        page.evaluate("navigator.serviceWorker.ready")
        start(page)
        page.get_by_role("button", name="Settings").click()
        page.get_by_role("button", name="Download").click()
        expect(page.get_by_text("Up to date")).to_be_visible()
        assert violations(page) == []
        page.context.set_offline(True)
        page.reload()
        expect(page.locator(".offline")).to_contain_text("working from the pack, made")
        start(page)
        page.locator('.item[data-state="recognised"]').first.click()
        expect(page.get_by_role("heading", name="Ingredients")).to_be_visible()
        expect(page.get_by_text("Alternatives need the network.")).to_be_visible()


def test_a_slow_network_shows_marks_at_once_and_names_later(
    open_page: OpenPage, url: str, camera: Path
):
    """The list says what is being recognised; nothing spins for ever."""
    with open_page(url, camera, **PHONE) as page:
        page.route(
            "**/v1/recognise", lambda route: (page.wait_for_timeout(1500), route.continue_())
        )
        page.get_by_role("button", name="Start the camera").click()
        page.get_by_role("button", name="List (").click()
        page.locator('.item:not([data-state="recognised"])').first.wait_for()
        page.locator('.item[data-state="recognised"]').first.wait_for()


def test_the_page_can_be_installed(url: str, tmp_path: Path):
    """A persistent profile has no complaint about manifest, icons or worker."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path), executable_path=chromium(), args=ARGUMENTS
        )
        page = context.new_page()
        page.goto(url)
        page.evaluate("navigator.serviceWorker.ready")
        found = context.new_cdp_session(page).send("Page.getInstallabilityErrors")
        assert found["installabilityErrors"] == []
        context.close()
    shutil.rmtree(tmp_path, ignore_errors=True)


def test_a_barcode_close_up_opens_its_product(open_page: OpenPage, url: str, tmp_path: Path):
    """Drawn as it stands on a pack, a little askew."""
    gtin = first_gtin(url)
    picture = barcode_picture(gtin[1:], degrees=6)
    picture.save(tmp_path / "code.png")
    code = still_camera(tmp_path / "code.y4m", tmp_path / "code.png", upright=False)
    with open_page(url, code) as page:
        page.get_by_role("button", name="Scan a barcode").click()
        expect(page.get_by_role("heading", name="Ingredients")).to_be_visible(timeout=30_000)


def test_what_may_be_several_is_chosen(shelf: Page):
    """The choice is shown at once, and sent so that it can be learnt from."""
    shelf.locator('.item[data-state="ambiguous"]').first.click()
    expect(shelf.get_by_role("heading", name="Which one is it?")).to_be_visible()
    assert violations(shelf) == []
    choice = shelf.locator(".choices button").first
    name = choice.locator("span").inner_text()
    with shelf.expect_response("**/v1/feedback") as answered:
        choice.click()
    assert answered.value.status == 201
    assert "vector_i8" in (answered.value.request.post_data or "")
    expect(shelf.get_by_role("heading", name=name)).to_be_visible()
    shelf.keyboard.press("Escape")
    named = shelf.locator('.item[data-state="recognised"]').filter(has_text=name)
    expect(named.first).to_be_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shelf.screenshot(path=SCREENSHOTS / "chosen-phone.png")
    shelf.wait_for_timeout(2000)  # of looking on: nothing turns it back
    expect(named.first).to_be_visible()


def test_what_is_not_known_can_be_told(shelf: Page, url: str):
    """None of these: the number is typed, and the picture of this pack alone is sent."""
    gtin = first_gtin(url)
    shelf.locator('.item[data-state="ambiguous"]').first.click()
    shelf.get_by_role("button", name="None of these").click()
    assert violations(shelf) == []
    shelf.get_by_label("Number under the barcode").fill(gtin)
    with shelf.expect_response("**/pictures") as answered:
        shelf.get_by_role("button", name="Send").click()
    assert answered.value.status == 201


def test_what_was_seen_is_listed_later_and_can_be_forgotten(shelf: Page):
    """Kept on the phone: by day, each a way back to the product."""
    priced = shelf.locator('.item[data-state="recognised"]').filter(has=shelf.locator(".cost"))
    name = priced.first.locator("strong").inner_text()
    shelf.get_by_role("button", name="Stop the camera").click()
    shelf.get_by_role("button", name="Seen before").click()
    seen = shelf.locator(".seen").filter(has_text=name)
    expect(seen).to_have_count(1)
    assert violations(shelf) == []
    shelf.screenshot(path=SCREENSHOTS / "history-phone.png")
    seen.click()
    expect(shelf.get_by_role("heading", name="Ingredients")).to_be_visible()
    shelf.keyboard.press("Escape")
    shelf.get_by_role("button", name="Seen before").click()
    shelf.get_by_role("button", name="Forget all of it").click()
    expect(shelf.get_by_text("Nothing yet.")).to_be_visible()


def test_light_and_zoom_are_there_where_the_camera_has_them(
    open_page: OpenPage, url: str, camera: Path
):
    """The fake camera has none: it is told to have both, and what is asked of it is noted."""
    with open_page(url, camera, **PHONE) as page:
        page.get_by_role("button", name="Start the camera").click()
        page.get_by_role("button", name="List (").wait_for()
        expect(page.get_by_role("button", name="Light")).to_have_count(0)
        page.get_by_role("button", name="Stop the camera").click()
        page.evaluate(
            """() => {
              window.asked = []
              const track = MediaStreamTrack.prototype
              track.getCapabilities = () => ({ torch: true, zoom: { min: 1, max: 4, step: 0.5 } })
              track.applyConstraints = async (each) => { window.asked.push(each.advanced[0]) }
            }"""
        )
        page.get_by_role("button", name="Start the camera").click()
        page.get_by_role("button", name="Light").click()
        expect(page.get_by_role("button", name="Light", pressed=True)).to_be_visible()
        page.get_by_role("slider").fill("2.5")
        expect(page.get_by_text("Zoom 2.5 times")).to_be_visible()
        assert page.evaluate("window.asked") == [{"torch": True}, {"zoom": 2.5}]
        assert violations(page) == []
        page.screenshot(path=SCREENSHOTS / "controls-phone.png")
