"""The service tells about products: records, pictures, verdicts, reviews and offers."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from facings.catalogue.offer_rules import Deal
from facings.catalogue.offers import Offers
from facings.catalogue.prices import Retailer, Shops, Store
from facings.catalogue.records import Records
from facings.client import FacingsClient
from facings.errors import RequestRefused
from facings.server.schemas.frame import OptionsIn
from facings.server.schemas.product import ModerationIn, ReviewIn
from facings.server.schemas.profile import LimitIn, ProfileIn
from facings.server.schemas.service import SessionIn
from facings.settings import Settings
from serving import picture, served
from tiny_store import COLORS, MILK, NEW, RICE, TEA, TWIN


def test_a_product_is_told_again_only_when_it_has_changed(client: TestClient):
    """In every form of its GTIN; a search narrowed to a shop finds none that it does not sell."""
    first = client.get(f"/v1/products/{TEA}")
    assert first.json()["gtin"] == TEA.zfill(14)
    assert first.json()["knowledge"]["nutri_score"]["grade"] is None
    etag = first.headers["etag"]
    again = client.get(f"/v1/products/{TEA.zfill(14)}", headers={"If-None-Match": f'"x", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = client.get(f"/v1/products/{RICE}", headers={"If-None-Match": etag})
    assert other.status_code == 200


def test_a_view_is_a_small_grey_picture_that_is_fetched_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    """What an ambiguous facing is compared with; where the picture is gone there is none."""
    view = client.get(f"/v1/products/{MILK}/view")
    shown = Image.open(io.BytesIO(view.content))
    assert (view.status_code, shown.mode, max(shown.size)) == (200, "L", 256)
    same = client.get(f"/v1/products/{MILK}/view", headers={"If-None-Match": view.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert client.get(f"/v1/products/{NEW}/view").status_code == 404
    monkeypatch.setattr("facings.server.routes.products.gallery_view", lambda _picture: None)
    assert client.get(f"/v1/products/{MILK}/view").status_code == 404


@pytest.mark.parametrize(
    ("gtin", "status", "kind"),
    [
        (NEW, 404, "not-found"),
        ("123", 422, "gtin"),
        (TEA[:-1] + "9", 422, "gtin"),
        ("..%2f..%2fetc%2fpasswd", 404, "not-found"),
        ("%00", 422, "gtin"),
        ("9" * 200, 422, "invalid"),
    ],
)
def test_a_product_that_is_not_there_is_a_problem(
    client: TestClient, gtin: str, status: int, kind: str
):
    """Whether nobody knows it, or it is no GTIN at all."""
    answer = client.get(f"/v1/products/{gtin}")
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:facings:problem:{kind}")


def test_all_products_are_walked_through(typed: FacingsClient):
    """Each once, however many come at a time."""
    for page_size in (1, 3, 200):
        walked = [product.gtin for product in typed.products(page_size)]
        assert walked == sorted(gtin.zfill(14) for gtin in COLORS)


def test_a_verdict_has_its_reason(client: TestClient):
    """What is not known never fits."""
    verdict = client.post(f"/v1/products/{TEA}/verdict", json={"diets": ["vegan"]}).json()
    assert verdict["outcome"] == "does_not_fit"
    unknown = client.post(f"/v1/products/{RICE}/verdict", json={"avoid": [{"code": "AM"}]}).json()
    assert unknown["outcome"] == "unknown"
    assert client.post(f"/v1/products/{RICE}/verdict", json={}).json()["outcome"] == "fits"


def test_what_to_take_instead_is_told_with_the_reason(home: Path):
    """Of the same category alone, and what surely suits better; nothing where nothing is known."""
    sweet = {"energy_kj": 1500, "fat": 1, "saturated_fat": 0.5, "sugars": 60, "salt": 0.1}
    with Records.open(Settings(home=home).resolved_database_url) as records:
        found = records.products(gtin.zfill(14) for gtin in (TEA, RICE, MILK))
        changed = [replace(each, category="biscuits") for each in found.values()]
        less = sweet | {"sugars": 2}
        changed[1] = replace(changed[1], nutrition_per_100=less)
        changed[2] = replace(changed[2], nutrition_per_100=sweet)
        records.upsert(changed)
        wanted = changed[1].gtin
    with served(home) as client:
        typed = FacingsClient(http=client)
        wish = ProfileIn(limits=(LimitIn(nutrient="sugars_g", most=5),))
        assert typed.alternatives(TWIN, wish) == ()
        [better] = typed.alternatives(changed[2].gtin, wish)
        assert better.product.gtin == wanted
        assert better.product.verdict.outcome == "fits"
        assert "sugars" in better.why
        assert typed.alternatives(wanted, wish) == ()


def test_a_review_is_shown_when_somebody_has_approved_it(typed: FacingsClient):
    """Not before, nor when it was rejected; a moderator sees what waits."""
    assert typed.reviews(MILK).summary.count == 0
    good = typed.review(MILK, ReviewIn(rating=5, text="Fresh.", author="Ada"))
    bad = typed.review(MILK, ReviewIn(rating=1, text="Buy pills", author="Spam"))
    assert (good.state, typed.reviews(MILK).reviews) == ("pending", ())
    typed.moderate(good.id, ModerationIn(state="approved"))
    assert typed.moderate(bad.id, ModerationIn(state="rejected")).state == "rejected"
    page = typed.reviews(MILK)
    assert [each.text for each in page.reviews] == ["Fresh."]
    assert (page.summary.count, page.summary.mean) == (1, 5.0)
    assert [each.text for each in typed.product(MILK).reviews] == ["Fresh."]
    assert typed.reviews(MILK, cursor=str(good.id)).reviews == ()
    with pytest.raises(RequestRefused, match="there is no review"):
        typed.moderate(bad.id + 1, ModerationIn(state="approved"))
    with pytest.raises(RequestRefused, match="there is no product"):
        typed.review(NEW, ReviewIn(rating=5))


def test_an_offer_says_why_it_applies_or_does_not(typed: FacingsClient, shop: Path):
    """To this session's shopper, in this shop; without a session nobody is known."""
    assert typed.offers(RICE) == ()
    deal = Deal(RICE.zfill(14), "10 off", "cash_back", 10, "EUR", "2999-12-31", segments=("club",))
    with Records.open(Settings(home=shop).resolved_database_url) as records:
        Offers(records.database).add(deal)
    [offer] = typed.offers(RICE)
    assert (offer.applies, offer.why) == (False, "it is for club")
    session = typed.begin_session(SessionIn(segments=("club",)))
    [offer] = typed.offers(RICE, session_id=session.id)
    assert (offer.applies, offer.saving_cents) == (True, 10)
    options = OptionsIn(session_id=session.id, include=frozenset({"product", "offers"}))
    [facing] = typed.scan(picture(COLORS[RICE]), options).facings
    assert facing.product.offers[0].applies
    typed.forget_session(session.id)
    with pytest.raises(RequestRefused, match="there is no session"):
        typed.offers(RICE, session_id=session.id)


def test_an_offer_of_a_chain_applies_in_its_stores(typed: FacingsClient, shop: Path):
    """The session names the store; the records know whose it is."""
    deal = Deal(TWIN.zfill(14), "5 off", "cash_back", 5, "EUR", "2999-12-31", retailers=("mart",))
    with Records.open(Settings(home=shop).resolved_database_url) as records:
        Offers(records.database).add(deal)
        shops = Shops(records.database)
        shops.record_retailer(Retailer("mart"))
        shops.record_store(Store("mart-1", "mart", "Mart, High Street"))
    for store, applies in (("mart-1", True), ("another", False), (None, False)):
        session = typed.begin_session(SessionIn(store=store))
        [offer] = typed.offers(TWIN, session_id=session.id)
        assert offer.applies is applies, offer.why
    assert typed.offers(TWIN, retailer="mart")[0].applies
