"""Collection in a real browser: from the first click to found, and without network."""

from __future__ import annotations

import csv
import json
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from app_pages import PHONE, SHELF, barcode_picture, start, still_camera, violations
from PIL import Image, ImageFilter
from playwright.sync_api import Locator, Page, Route, expect

from conftest import ROOT, OpenPage, serve

WEB = ROOT / "src" / "facings" / "_web"
GOLDEN = ROOT / "tests" / "golden" / "store"
REAL = ROOT.parent / "shared" / "data" / "grocery-store"
DEMO_PRODUCT = ("9527075027431", GOLDEN / "pictures" / "9527075027431-front.jpg")
REAL_PRODUCT = "Arla-Natural-Yoghurt"
DEMO_SHELF = GOLDEN / "shelves" / "shelf-000.jpg"


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Wait for what must come as long as a busy machine takes."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the built page over the demo store."""
    assert (WEB / "collect.html").exists(), "the page is not built: make web"
    with serve(WEB, tmp_path_factory.mktemp("served")) as address:
        yield address


def jpeg(image: Image.Image, name: str = "p.jpg", exif: Image.Exif | None = None) -> dict:
    """Give a file as a phone's camera hands it over."""
    stream = BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=92, exif=exif or Image.Exif())
    return {"name": name, "mimeType": "image/jpeg", "buffer": stream.getvalue()}


def take(page: Page, label: str, *files: dict) -> None:
    """Photograph something with the button of this name."""
    page.locator("label.way", has_text=label).locator("input").set_input_files(list(files))


def begin(page: Page, store: str, aisles: str = "tea, tins") -> None:
    """Fill in who, where and with whose consent."""
    page.get_by_label("Which shop").fill(store)
    page.get_by_label("Who takes the pictures").fill("ann")
    page.get_by_label("Who allowed it").fill("the owner, for search and training")
    page.get_by_label("Aisles to cover").fill(aisles)
    page.get_by_role("button", name="Begin").click()


def all_sent(page: Page) -> None:
    """Wait until nothing waits on the phone."""
    expect(page.locator("[data-waiting='0']")).to_be_visible()


def section(page: Page, title: str) -> Locator:
    """Find the part of the page below a heading."""
    return page.locator("section", has=page.get_by_role("heading", name=title))


def collections(url: str) -> dict[str, dict]:
    """What the service has, by store."""
    with urllib.request.urlopen(f"{url}/v1/collect/sessions") as answer:
        listed = json.load(answer)["sessions"]
    found = {}
    for each in listed:
        with urllib.request.urlopen(f"{url}/v1/collect/sessions/{each['id']}") as answer:
            found[each["store"]] = json.load(answer)
    return found


def real_product() -> tuple[str, Path, list[Path]]:
    """Number, catalogue picture and photos of a real product."""
    with (REAL / "products.csv").open(encoding="utf-8") as lines:
        product = next(row for row in csv.DictReader(lines) if row["name"] == REAL_PRODUCT)
    with (REAL / "photos.csv").open(encoding="utf-8") as lines:
        photos = [r for r in csv.DictReader(lines) if r["class_id"] == product["class_id"]]
    test = [REAL / each["file"] for each in photos if each["split"] == "test"]
    return product["gtin"], REAL / product["iconic"], test[:5]


@pytest.mark.parametrize("kind", ["demo", "real"])
def test_from_the_first_click_to_found(open_page: OpenPage, url: str, kind: str):
    """A shop, a barcode, a side, a name; then a photo of the shelf tells it. No training."""
    if kind == "demo":
        gtin, front, shelves = *DEMO_PRODUCT, [DEMO_SHELF]
    elif REAL.is_dir():
        gtin, front, shelves = real_product()
    else:
        pytest.skip("no ../shared/data/grocery-store: the demo product is tested")
    with open_page(f"{url}/collect", **PHONE) as page:
        assert violations(page) == []
        begin(page, f"Found {kind}")
        page.get_by_role("link", name="tea").click()
        page.get_by_role("button", name="A product").click()
        take(page, "Photograph the barcode", jpeg(barcode_picture(gtin, degrees=6)))
        expect(page.locator(".number-read")).to_contain_text(gtin)
        expect(page.locator(".number-read")).to_contain_text("check digit right")
        take(page, "Photograph a side", jpeg(Image.open(front)))
        page.get_by_label("Name, if it is new").fill("Freshly collected")
        expect(section(page, "Its sides").get_by_text("sent")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_text("Found by scans from now on")).to_be_visible()
        for shelf in shelves:  # one of its photos will do, as for a person who stands there
            take(page, "Try it", jpeg(Image.open(shelf)))
            expect(page.locator(".told")).to_contain_text("facing")
            if "Found:" in (page.locator(".told").text_content() or ""):
                break
        expect(page.locator(".told")).to_contain_text("Found:")
        assert violations(page) == []


def test_nothing_is_lost_or_doubled_without_network(open_page: OpenPage, url: str):
    """Taken in the cellar, the page opened anew there; sent once when the network is back."""
    front = Image.open(DEMO_PRODUCT[1])
    with open_page(f"{url}/collect", **PHONE) as page:
        page.locator("html[data-offline=ready]").wait_for(state="attached")
        begin(page, "Cellar")
        all_sent(page)
        page.context.set_offline(True)
        expect(page.locator(".offline")).to_be_visible()
        page.get_by_role("link", name="tea").click()
        take(page, "The whole bay", jpeg(Image.open(DEMO_SHELF)))
        page.get_by_role("button", name="Keep it").click()
        page.get_by_role("button", name="A product").click()
        take(page, "Photograph the barcode", jpeg(barcode_picture("9524417412931", degrees=0)))
        expect(page.locator(".number-read")).to_contain_text("9524417412931")
        take(page, "Photograph a side", jpeg(front))
        expect(section(page, "Its sides").get_by_text("waits")).to_be_visible()
        take(page, "Photograph a side", jpeg(front))
        expect(page.get_by_text("is there already")).to_be_visible()
        page.get_by_label("Name, if it is new").fill("From the cellar")
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_text("Waiting to be sent", exact=True)).to_be_visible()
        page.reload()
        expect(page.locator("[data-waiting='4']")).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_text("Found by scans from now on")).to_be_visible()
        all_sent(page)
    kept = collections(url)["Cellar"]
    assert sorted(each["kind"] for each in kept["captures"]) == ["barcode", "product", "shelf far"]
    assert kept["products"] == 1
    assert kept["aisles"][0]["missing"] == ["near"]


def test_an_upload_whose_answer_is_lost_is_there_once(open_page: OpenPage, url: str):
    """The picture goes again, and the service knows it."""
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort()

    with open_page(f"{url}/collect", **PHONE) as page:
        begin(page, "Broken line")
        page.get_by_role("link", name="tea").click()
        all_sent(page)
        page.route("**/captures", lose_first)
        take(page, "A few facings", jpeg(Image.open(DEMO_SHELF)))
        page.get_by_role("button", name="Keep it").click()
        expect(page.locator("li[data-state=sent]")).to_be_visible()
    assert len(lost) == 1
    assert len(collections(url)["Broken line"]["captures"]) == 1


def test_what_is_wrong_with_a_picture_is_told_at_once(open_page: OpenPage, url: str):
    """Blurred, dark, the same again, cut off; and what an aisle still misses."""
    shelf = Image.open(DEMO_SHELF)
    pack = Image.open(DEMO_PRODUCT[1])
    with open_page(f"{url}/collect", **PHONE) as page:
        begin(page, "Strict")
        expect(page.get_by_role("link", name="tea")).to_contain_text("Missing")
        page.get_by_role("link", name="tea").click()
        take(page, "The whole bay", jpeg(shelf.filter(ImageFilter.GaussianBlur(25))))
        expect(page.get_by_role("dialog")).to_contain_text("Blurred: take it again")
        page.get_by_role("button", name="Throw away").click()
        take(page, "The whole bay", jpeg(Image.eval(shelf, lambda value: value // 12)))
        expect(page.get_by_role("dialog")).to_contain_text("Too dark")
        page.get_by_role("button", name="Keep it").click()
        take(page, "A few facings", jpeg(shelf), jpeg(shelf.resize((900, 600))))
        for _ in range(2):
            page.get_by_role("button", name="Keep it").click()
        expect(page.get_by_text("Shows the same as an earlier one")).to_be_visible()
        page.get_by_role("button", name="A product").click()
        width, height = pack.size
        table = Image.new("RGB", (2 * width, height), (120, 90, 60))
        table.paste(pack, (width // 2, -height // 3))
        take(page, "Photograph a side", jpeg(table))
        expect(page.get_by_text("Cut off: take it again")).to_be_visible()
        assert page.get_by_role("button", name="Done").is_disabled()
        page.get_by_role("link", name="Back").click()
        page.get_by_role("link", name="Back").click()
        expect(page.get_by_role("link", name="tea")).to_contain_text("From near 2")
        expect(page.get_by_role("heading", name="To be taken again")).to_be_visible()
        all_sent(page)
        assert violations(page) == []


def test_digits_are_typed_last_and_held_to_their_check_digit(open_page: OpenPage, url: str):
    """The field comes when no number can be read."""
    with open_page(f"{url}/collect", **PHONE) as page:
        begin(page, "By hand", aisles="")
        page.get_by_role("link", name="Without an aisle").click()
        page.get_by_role("button", name="A product").click()
        assert page.get_by_label("Digits under the bars").count() == 0
        take(page, "Photograph the barcode", jpeg(Image.open(DEMO_PRODUCT[1]).resize((200, 200))))
        expect(page.get_by_text("No number is sure")).to_be_visible()
        page.get_by_label("Digits under the bars").fill("4006381333932")
        page.get_by_role("button", name="Use these digits").click()
        expect(page.get_by_role("alert").first).to_contain_text("the last would be 1")
        page.get_by_label("Digits under the bars").fill("4006381333931")
        page.get_by_role("button", name="Use these digits").click()
        expect(page.locator(".number-read")).to_contain_text("4006381333931 ✓ typed")
        all_sent(page)
        assert violations(page) == []


def test_a_person_is_blurred_before_the_picture_is_kept(open_page: OpenPage, url: str):
    """By drawing over them; and the position in the file stays on the phone."""
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (59.0, 20.0, 0.0)
    sent: list[bytes] = []
    with open_page(f"{url}/collect", **PHONE) as page:
        begin(page, "With people")
        page.get_by_role("link", name="tea").click()
        page.on(
            "request",
            lambda asked: (
                sent.append(asked.post_data_buffer or b"")
                if asked.url.endswith("/captures")
                else None
            ),
        )
        take(page, "The whole bay", jpeg(Image.open(DEMO_SHELF), exif=exif))
        canvas = page.locator("canvas[data-shown]")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        assert violations(page) == []
        colours = "(c) => new Set(c.getContext('2d').getImageData(c.width / 2 | 0,"
        colours += " c.height / 2 | 0, 40, 40).data).size"
        before = canvas.evaluate(colours)
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"])
        page.mouse.up()
        assert canvas.evaluate(colours) < before / 3
        page.get_by_role("button", name="Keep it").click()
        expect(page.locator("li[data-state=sent]")).to_be_visible()
    assert len(sent) == 1
    assert b"Exif" not in sent[0]


def test_a_shopper_may_send_the_picture_of_a_pack_that_is_something_else(
    open_page: OpenPage, url: str, tmp_path: Path
):
    """Not before it is asked for; it waits as a task, and nothing is accepted by itself."""
    with open_page(url, still_camera(tmp_path / "shelf.y4m"), **PHONE) as page:
        start(page)
        page.locator('.item[data-state="recognised"]').first.click()
        page.get_by_text("Not this product?").click()
        page.get_by_label("Send the picture of this pack").check()
        assert violations(page) == []
        page.get_by_role("button", name="It is something else").click()
        expect(page.locator(".notice")).to_contain_text("Thank you")
    with urllib.request.urlopen(f"{url}/v1/feedback") as answer:
        [task] = json.load(answer)["remarks"]
    assert (task["state"], task["has_picture"]) == ("new", True)
    with urllib.request.urlopen(f"{url}/v1/feedback/{task['id']}/picture") as answer:
        assert Image.open(BytesIO(answer.read())).width > 20


def test_a_shelf_is_labelled_by_groups_of_look_alikes(open_page: OpenPage, url: str):
    """The nearest products with their pictures, a search, one left out; one answer for the rest."""
    with open_page(f"{url}/collect", **PHONE) as page:
        begin(page, "Labelled")
        page.get_by_role("link", name="tea").click()
        shelf = Image.open(SHELF)
        part = shelf.crop((0, 0, shelf.width // 2, shelf.height // 2))
        take(page, "A few facings", jpeg(part))
        page.get_by_role("button", name="Keep it").click()
        expect(page.locator("li[data-state=sent]")).to_be_visible()
        page.get_by_role("link", name="Back").click()
        page.get_by_role("link", name="Label the shelves").click()
        page.get_by_role("link", name="Not looked at yet").click()
        group = page.locator("section").first
        expect(group.locator(".suggested img").first).to_be_visible()
        expect(page.get_by_text("0 of")).to_be_visible()
        assert violations(page) == []
        several = page.locator("section", has=page.get_by_role("button", name="Facing 2")).first
        facings = several.locator(".crops button")
        count = facings.count()
        facings.last.click()
        several.locator(".suggested button").first.click()
        expect(page.get_by_text(f"{count - 1} of")).to_be_visible()
        expect(several.get_by_text("Labelled: ")).to_be_visible()
        several.get_by_label("Search by name or number").fill("xyzzy")
        several.get_by_role("button", name="Search").click()
        expect(several.get_by_text("Nothing found")).to_be_visible()
        facings.last.click()
        several.get_by_role("button", name="Not a product").click()
        expect(several.get_by_text("Labelled: no product")).to_be_visible()
        expect(page.get_by_text(f"{count} of")).to_be_visible()
        assert violations(page) == []
