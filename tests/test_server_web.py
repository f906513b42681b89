"""What the web client needs of the service: compressed both ways, artwork, pages, long keeping."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from facings.embed import Embedder
from facings.rectify import trim_packshot
from facings.server.app import describe_service
from facings.server.schemas.frame import RecogniseIn
from facings.types import Crops, Embeddings
from serving import served
from tiny_store import COLORS, TEA

ROOT = Path(__file__).parents[1]


def test_web_weights_are_made_from_the_published_ones():
    """A model published anew without `runs/web-weights.sh` would meet a gallery of another."""
    for name in ("facings-detector-live", "facings-embedder"):
        published = json.loads((ROOT / "src/facings/weights" / f"{name}.json").read_text())
        web = json.loads((ROOT / "web/models" / f"{name}.json").read_text())
        assert {key: published[key] for key in web if key != "stored"} == {
            key: value for key, value in web.items() if key != "stored"
        }


def test_web_weights_are_those_that_their_manifests_tell_of():
    """Of every network, those that read print among them; nothing else lies there."""
    folder = ROOT / "web/models"
    manifests = [json.loads(file.read_text()) for file in folder.glob("*.json")]
    assert len(manifests) == 4
    for stored in (each["stored"] for each in manifests):
        contents = (folder / stored["file"]).read_bytes()
        assert len(contents) == stored["bytes"]
        assert hashlib.sha256(contents).hexdigest() == stored["sha256"]
    assert {each.name for each in folder.glob("*.onnx")} == {
        each["stored"]["file"] for each in manifests
    }


def test_the_service_describes_itself_without_a_catalogue():
    """Typed clients are generated from it."""
    assert "/v1/recognise" in describe_service()["paths"]


@pytest.fixture
def tea() -> Embeddings:
    """What the embedder says of the picture of TEA."""
    image = np.full((80, 60, 3), COLORS[TEA], np.uint8)
    return Embedder.load().embed(Crops((trim_packshot(image),)))


def request_of(
    embeddings: Embeddings, *, artwork: bytes | None = None, printed: Sequence[str] = ()
) -> dict[str, object]:
    """Ask what one facing is."""
    made_by = embeddings.embedder
    vector = np.rint(embeddings.vectors[0] * 127).astype(np.int8).tobytes()
    facing = {"box_xyxy": [0, 0, 60, 80], "vector_i8": base64.b64encode(vector).decode()}
    if artwork is not None:
        facing["artwork_i8"] = base64.b64encode(artwork).decode()
    if printed:
        facing["printed"] = list(printed)
    return {
        "embedder": {
            "name": made_by.name, "version": made_by.version, "sha256": made_by.sha256
        },
        "facings": [facing],
    }  # fmt: skip


def test_a_body_may_come_as_gzip(home: Path, tea: Embeddings):
    """It is answered as if it had come plain."""
    asked = request_of(tea)
    with served(home) as client:
        plain = client.post("/v1/recognise", json=asked)
        packed = client.post(
            "/v1/recognise",
            content=gzip.compress(json.dumps(asked).encode()),
            headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
        )
    assert plain.status_code == 200
    assert packed.json()["facings"] == plain.json()["facings"]


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        ("gzip", b"", 422),
        ("gzip", b"not gzip", 422),
        ("gzip", gzip.compress(b'{"facings": []}')[:-6], 422),
        ("gzip", gzip.compress(bytes(3_000_000)), 413),  # three kilobytes that want megabytes
        ("br", b"{}", 415),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused(
    home: Path, coding: str, body: bytes, status: int
):
    """With a problem; and a bomb before it has gone off."""
    with served(home, max_body_bytes=1_000_000) as client:
        headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
        answer = client.post("/v1/recognise", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["status"] == status


def test_a_facing_may_bring_its_artwork(tea: Embeddings):
    """As many numbers as the embedder's artwork has; zeros stand for a facing without."""
    numbers = np.arange(12, dtype=np.int8)
    asked = RecogniseIn.model_validate(request_of(tea, artwork=numbers.tobytes()))
    bare = RecogniseIn.model_validate(request_of(tea))

    both = asked.model_copy(update={"facings": asked.facings + bare.facings})
    found = both.embeddings(4, (2, 3, 2)).artwork
    assert found is not None
    assert found[0].tolist() == numbers.reshape(2, 3, 2).tolist()
    assert not found[1].any()
    assert bare.embeddings(4, (2, 3, 2)).artwork is None


def test_artwork_that_is_none_is_refused(home: Path, tea: Embeddings):
    """Of another length, or of an embedder that has none."""
    asked = RecogniseIn.model_validate(request_of(tea, artwork=bytes(7)))
    with pytest.raises(ValueError, match="has 7 numbers, this embedder's has 12"):
        asked.embeddings(4, (2, 3, 2))
    with served(home) as client:
        refused = client.post("/v1/recognise", json=request_of(tea, artwork=bytes(12)))
    assert refused.status_code == 422
    assert "has no artwork" in refused.text


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A built web client."""
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>Facings</h1>")
    (folder / "bench.html").write_text("<h1>Bench</h1>")
    (folder / "assets" / "core-1a2b.wasm").write_bytes(b"\0asm" * 100)
    (folder / "assets" / "core-1a2b.wasm.br").write_bytes(b"packed")
    return folder


def test_files_go_out_compressed_and_are_kept(home: Path, web: Path):
    """Where the browser can unpack them; those with a hash in their name for ever."""
    with served(home, web_folder=web) as client:
        packed = client.head("/assets/core-1a2b.wasm", headers={"Accept-Encoding": "gzip, br"})
        plain = client.get("/assets/core-1a2b.wasm", headers={"Accept-Encoding": "gzip"})
        page = client.get("/")
    assert packed.headers["content-encoding"] == "br"
    assert packed.headers["content-length"] == "6"
    assert packed.headers["content-type"] == "application/wasm"
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["cross-origin-embedder-policy"] == "require-corp"
    assert plain.content == b"\0asm" * 100
    assert "Accept-Encoding" in plain.headers["vary"]
    assert page.headers["cache-control"] == "no-cache"


def test_a_page_needs_no_ending(home: Path, web: Path):
    """`/bench` is bench.html; what does not exist is still not found."""
    with served(home, web_folder=web) as client:
        assert client.get("/bench").text == "<h1>Bench</h1>"
        assert client.get("/nothing").status_code == 404
        assert client.get("/v1/nothing").status_code == 404


def test_a_facing_may_bring_the_lines_read_on_it(tea: Embeddings):
    """None where none was read at all; too many or too long ones are refused."""
    bare = RecogniseIn.model_validate(request_of(tea))
    read = RecogniseIn.model_validate(request_of(tea, printed=["Tea", "Mint"]))

    assert bare.printed() == ()
    both = bare.model_copy(update={"facings": bare.facings + read.facings})
    assert both.printed() == ((), ("Tea", "Mint"))
    for lines in (["x"] * 25, ["x" * 65]):
        with pytest.raises(ValidationError):
            RecogniseIn.model_validate(request_of(tea, printed=lines))
