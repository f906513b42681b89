"""Without network and back: what waits on the phone, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

from app_pages import PHONE, first_gtin, violations
from playwright.sync_api import Page, Route, expect

from conftest import OpenPage


def say_something_else(shelf: Page) -> None:
    """Say of the first product that it is another."""
    shelf.locator('.item[data-state="recognised"]').first.click()
    shelf.get_by_text("Not this product?").click()
    shelf.get_by_role("button", name="It is something else").click()


def test_not_this_is_sent_at_once_or_when_the_network_is_back(shelf: Page):
    """Kept on the phone in between."""
    shelf.locator('.item[data-state="recognised"]').first.click()
    shelf.get_by_text("Not this product?").click()
    shelf.context.set_offline(True)
    expect(shelf.locator(".offline")).to_be_visible()
    shelf.get_by_role("button", name="It is something else").click()
    expect(shelf.locator(".notice")).to_contain_text("when the network is back")
    with shelf.expect_response("**/v1/feedback") as answered:
        shelf.context.set_offline(False)
    assert answered.value.status == 201
    expect(shelf.locator(".notice")).to_contain_text("Sent 1 note")


def test_what_nobody_could_name_is_named_when_the_network_is_back(
    open_page: OpenPage, url: str, camera: Path
):
    """Seen without network and without a pack: numbers wait on the phone, then become products."""
    with open_page(url, camera, **PHONE) as page:
        page.route("**/v1/recognise", lambda route: route.abort())
        page.get_by_role("button", name="Start the camera").click()
        page.get_by_role("button", name="List (").click()
        page.locator('.item[data-state="waiting"]').first.wait_for()
        page.context.set_offline(True)
        expect(page.locator(".offline")).to_be_visible()
        page.get_by_role("button", name="Stop the camera").click()
        page.unroute("**/v1/recognise")
        page.context.set_offline(False)
        expect(page.locator(".notice")).to_contain_text("seen without network now named")
        page.get_by_role("button", name="Seen before").click()
        expect(page.locator(".seen").first).to_be_visible()


def test_a_note_the_shop_refuses_is_told_of_and_not_sent_for_ever(shelf: Page):
    """With the reason, when it is given; with their number, where they had waited."""

    def refuse(route: Route) -> None:
        route.fulfill(status=422, json={"detail": "no such box"})

    shelf.route("**/v1/feedback", refuse)
    say_something_else(shelf)
    expect(shelf.locator(".notice")).to_contain_text("It was not taken: no such box")
    shelf.unroute("**/v1/feedback")  # what a test answers is answered without network, too
    shelf.context.set_offline(True)
    expect(shelf.locator(".offline")).to_be_visible()
    say_something_else(shelf)
    expect(shelf.locator(".notice")).to_contain_text("when the network is back")
    shelf.route("**/v1/feedback", refuse)
    shelf.context.set_offline(False)
    expect(shelf.locator(".notice")).to_contain_text("1 note could not be used")


def test_a_note_that_wants_a_key_waits_for_it(shelf: Page):
    """Nothing a person gave is lost because the shop's key was missing."""
    shelf.route("**/v1/feedback", lambda route: route.fulfill(status=401, json={"detail": "key"}))
    say_something_else(shelf)
    expect(shelf.locator(".notice")).to_contain_text("until the shop takes it")
    shelf.get_by_role("button", name="Settings").click()
    expect(shelf.get_by_text("1 note waits")).to_be_visible()
    shelf.unroute("**/v1/feedback")
    with shelf.expect_response("**/v1/feedback") as answered:
        shelf.get_by_label("Key of the shop").fill("any")
        shelf.keyboard.press("Tab")
    assert answered.value.status == 201
    expect(shelf.locator(".notice")).to_contain_text("Sent 1 note")


def test_a_number_typed_without_network_is_known_when_it_is_back(open_page: OpenPage, url: str):
    """Noted under "Seen before" at once, named later; the open sheet fills by itself."""
    gtin = first_gtin(url)
    with open_page(url, **PHONE) as page:
        page.context.set_offline(True)
        page.get_by_role("button", name="Type the number").click()
        page.get_by_label("Number under the barcode").fill(gtin)
        page.get_by_role("button", name="Look up").click()
        expect(page.get_by_text("Its record needs the network.")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Seen before").click()
        expect(page.locator(".seen")).to_contain_text(gtin)
        assert violations(page) == []
        page.locator(".seen").click()
        page.context.set_offline(False)
        expect(page.get_by_role("heading", name="Ingredients")).to_be_visible()
        name = page.get_by_role("dialog").locator("h2").inner_text()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Seen before").click()
        expect(page.locator(".seen")).to_contain_text(name)


def test_a_record_of_the_pack_is_asked_for_anew(open_page: OpenPage, url: str):
    """The pack's price is shown until the service tells today's."""
    gtin = first_gtin(url)
    with open_page(url, **PHONE) as page:
        page.get_by_role("button", name="Settings").click()
        page.get_by_role("button", name="Download").click()
        expect(page.get_by_text("Up to date")).to_be_visible()
        page.keyboard.press("Escape")
        page.context.set_offline(True)
        expect(page.locator(".offline")).to_be_visible()
        page.get_by_role("button", name="Type the number").click()
        page.get_by_label("Number under the barcode").fill(gtin)
        page.get_by_role("button", name="Look up").click()
        expect(page.get_by_role("heading", name="Ingredients")).to_be_visible()
        with page.expect_response(f"**/v1/products/{gtin}") as answered:
            page.context.set_offline(False)
        assert answered.value.status == 200
