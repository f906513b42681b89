"""Feedback becomes tasks; what somebody accepts is found by scans and can be learned from."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from facings.catalogue.database import Database
from facings.catalogue.feedback import Remark, Remarks, keep_remark
from facings.collect.feedback import FeedbackPictures, accept
from facings.collect.pictures import take_picture
from facings.errors import CatalogueError
from serving import bearer, make_key, picture, served
from test_collect_field import jpeg, shelf
from test_server_collect import pack
from tiny_store import MILK, NEW_COLOR, RICE, TEA, Run

BOX = (1.0, 2.0, 3.0, 4.0)
REMARK = {"frame_id": "f1", "box_xyxy": list(BOX), "gtin_given": MILK}


def test_there_is_nothing_to_decide_at_first(tmp_path: Path):
    """And nothing can be decided that is not there."""
    remarks = Remarks(Database.open(f"sqlite:///{tmp_path}/facings.db"))
    assert remarks.in_state("new") == ()
    assert remarks.find(1) is None
    with pytest.raises(CatalogueError, match="no such remark"):
        remarks.decide(1, "rejected", None)


def test_a_remark_is_decided_once(tmp_path: Path):
    """The same again changes nothing; the other way round is refused."""
    database = Database.open(f"sqlite:///{tmp_path}/facings.db")
    number = keep_remark(database, Remark("f1", BOX, MILK, None), tenant="shop")
    remarks = Remarks(database)
    for _ in range(2):
        assert remarks.decide(number, "rejected", None).state == "rejected"
    with pytest.raises(CatalogueError, match="it was rejected before"):
        remarks.decide(number, "accepted", RICE)
    assert remarks.in_state("new") == ()


@pytest.mark.parametrize(
    ("corrected", "with_picture", "words"),
    [(None, True, "only what it is not"), (RICE, False, "without a picture")],
)
def test_what_cannot_be_learned_from_is_not_accepted(
    tmp_path: Path, corrected: str | None, with_picture: bool, words: str
):
    """It stays a task; nothing enters the gallery."""
    database = Database.open(f"sqlite:///{tmp_path}/facings.db")
    number = keep_remark(database, Remark("f1", BOX, MILK, corrected), tenant="shop")
    remarks, pictures = Remarks(database), FeedbackPictures(tmp_path / "feedback")
    if with_picture:
        pictures.keep(number, take_picture(jpeg(shelf()), "p"))
    [remark] = remarks.in_state("new")
    with pytest.raises(CatalogueError, match=words):
        accept(remark, None, remarks, pictures, lambda *_: pytest.fail("nothing is enrolled"))
    assert remarks.in_state("new") == (remark,)


def test_an_accepted_remark_is_found_by_the_next_scan(home: Path):
    """Not before somebody has accepted it, and by those alone who may moderate."""
    sent = REMARK | {"gtin_corrected": RICE, "picture": base64.b64encode(pack()).decode()}
    asked = {"picture": ("s.png", picture(NEW_COLOR))}
    with served(home) as client:
        number = client.post("/v1/feedback", json=sent).json()["id"]
        [task] = client.get("/v1/feedback").json()["remarks"]
        shown = client.get(f"/v1/feedback/{number}/picture")
        before = client.post("/v1/scan", files=asked).json()["facings"]
        shopper = bearer(make_key(home, "contribute"))
        decision = {"state": "accepted"}
        forbidden = client.patch(f"/v1/feedback/{number}", json=decision, headers=shopper)
        accepted = client.patch(f"/v1/feedback/{number}", json=decision)
        again = client.patch(f"/v1/feedback/{number}", json=decision)
        after = client.post("/v1/scan", files=asked).json()["facings"]
        late = client.patch(f"/v1/feedback/{number}", json={"state": "rejected"})
        waiting = client.get("/v1/feedback").json()["remarks"]
    assert (task["id"], task["has_picture"], task["state"]) == (number, True, "new")
    assert shown.headers["content-type"] == "image/jpeg"
    assert forbidden.status_code == 403
    assert accepted.json() == again.json()
    assert accepted.json()["state"] == "accepted"
    assert [each["gtin"] for each in before] == [None]
    assert [each["gtin"] for each in after] == [RICE.zfill(14)]
    assert late.status_code == 422
    assert waiting == []


@pytest.mark.parametrize("sent", ["%%%", base64.b64encode(b"no picture").decode()])
def test_feedback_whose_picture_is_none_is_refused(home: Path, sent: str):
    """Nothing of it is kept."""
    with served(home) as client:
        assert client.post("/v1/feedback", json=REMARK | {"picture": sent}).status_code == 422
        assert client.get("/v1/feedback").json() == {"remarks": [], "next_cursor": None}
        assert client.get("/v1/feedback/1/picture").status_code == 404
        assert client.patch("/v1/feedback/1", json={"state": "rejected"}).status_code == 404


def test_the_command_line_accepts_rejects_and_exports(tmp_path: Path, store: Run):
    """What was accepted is a row of a data set, once however often it is exported."""
    database = Database.open(f"sqlite:///{tmp_path}/home/facings.db")
    for corrected in (RICE, None):
        keep_remark(database, Remark("f1", BOX, TEA, corrected and corrected.zfill(14)), tenant="t")
    view = tmp_path / "view.png"
    view.write_bytes(pack())
    assert store("feedback", "export", "own", "--licence", "terms").code == 1
    assert len(store("feedback", "list", "--json").json) == 2
    assert store("feedback", "accept", "1").code != 0  # no picture
    accepted = store("feedback", "accept", "1", "--picture", view, "--json").json
    assert (accepted["is"], accepted["state"]) == (RICE, "accepted")
    assert store("feedback", "reject", "2", "--json").json["state"] == "rejected"
    assert store("feedback", "reject", "9").code != 0
    assert "none" not in store("feedback", "list", "--state", "accepted").out
    for version in (1, 2):
        told = store("feedback", "export", "own", "--licence", "terms", "--json").json
        assert told == {"version": version, "rows": 1}
    stats = store("dataset", "stats", "own", "--json").json
    assert (stats["boxes"], stats["products"]) == (1, 1)
    assert store("index", "stats", "--json").json["pictures"] == 5
