"""What is too much, too slow, or not meant well gets the right answer."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facings.errors import RequestRefused
from facings.server.limits import Turnstile
from serving import Process, as_png, bearer, make_key, served
from tiny_store import TEA, WEIGHTS, plain


def kind(answer: object) -> str:
    """The last word of a problem's type."""
    return answer.json()["type"].rpartition(":")[2]


def test_a_body_that_is_too_large_is_refused(home: Path):
    """By what it says of itself, and where it says nothing while it arrives."""
    with served(home, max_body_bytes=1000) as client:
        large = b"x" * 1001

        def pieces() -> Iterator[bytes]:
            for _ in range(11):
                yield b"x" * 100

        for body in (large, pieces()):
            answer = client.post("/v1/recognise", content=body)
            assert (answer.status_code, kind(answer)) == (413, "too-large")
            assert answer.headers["x-content-type-options"] == "nosniff"
        lying = client.post("/v1/recognise", content=b"{}", headers={"Content-Length": "ten"})
        assert lying.status_code in {400, 413}
        assert client.get(f"/v1/products/{TEA}").status_code == 200


def test_a_picture_of_too_many_pixels_is_refused(home: Path):
    """From its header, however few bytes it has."""
    with served(home, max_pixels=1000) as client:
        for path, field in (("/v1/scan", "picture"), (f"/v1/products/{TEA}/pictures", "pictures")):
            answer = client.post(path, files={field: as_png(plain((9, 9, 9), 32))})
            assert (answer.status_code, kind(answer)) == (422, "picture")
            assert "32 x 32" in answer.json()["detail"]


def test_a_caller_who_asks_too_often_has_to_wait(home: Path):
    """Each key for itself; guessing keys counts too; the headers say how long."""
    with served(home, rate_per_minute=3) as client:
        path = f"/v1/products/{TEA}"
        left = [client.get(path).headers["ratelimit-remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        refused = client.get(path)
        assert (refused.status_code, kind(refused)) == (429, "too-many")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        other = bearer(make_key(home, "read"))
        assert client.get(path, headers=other).status_code == 200
        guesses = [client.get(path, headers=bearer(f"fk_{n}")).status_code for n in range(5)]
        assert guesses == [401, 401, 401, 429, 429]


def test_the_turnstile_lets_some_wait_and_sends_the_rest_away():
    """One works, one waits, the third hears at once that it is full; then there is room again."""

    async def crowd() -> None:
        gate = Turnstile(busy=1, waiting=1)
        leave = asyncio.Event()

        async def visit() -> None:
            async with gate.turn():
                await leave.wait()

        visitors = [asyncio.create_task(visit()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(RequestRefused, match="waiting already"):
            async with gate.turn():
                pass
        leave.set()
        await asyncio.gather(*visitors)
        assert gate.inside == 0
        async with gate.turn():
            assert gate.inside == 1

    asyncio.run(crowd())


def test_pages_of_other_origins_are_let_in_by_name_only(home: Path):
    """And hear nothing otherwise; a wildcard is not taken."""
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    with served(home) as client:
        answer = client.options("/v1/recognise", headers=asked)
        assert "access-control-allow-origin" not in answer.headers
    with served(home, cors_origins="https://shop.example,https://b.example") as client:
        allowed = client.options("/v1/recognise", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
        other = client.options("/v1/recognise", headers=asked | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
    for origins in ("*", "https://*.example", "shop.example"):
        with pytest.raises(ValueError, match="is no origin"), served(home, cors_origins=origins):
            pass


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A built web client, and a secret beside it."""
    folder = tmp_path / "web"
    (folder / "models").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>Facings</h1>")
    (folder / "core.wasm").write_bytes(b"\0asm")
    (folder / "models" / "detector.onnx").write_bytes(bytes(range(100)))
    (tmp_path / "secret.txt").write_text("secret")
    return folder


def test_the_web_client_is_served_with_what_browsers_want(home: Path, web: Path):
    """Its types, parts of its models, unchanged files only once, its own worker."""
    with served(home, web_folder=web) as client:
        page = client.get("/", headers={"Authorization": ""})
        assert page.text == "<h1>Facings</h1>"
        assert "wasm-unsafe-eval" in page.headers["content-security-policy"]
        assert client.get("/core.wasm").headers["content-type"] == "application/wasm"
        part = client.get("/models/detector.onnx", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
        tag = {"If-None-Match": page.headers["etag"]}
        assert client.get("/", headers=tag).status_code == 304
        assert client.get("/v1/products/1").status_code == 422


def test_no_path_leads_out_of_the_web_client(home: Path, web: Path):
    """However it is written; the answer is a problem like any other."""
    ways = ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/models/../../secret.txt",
            "//etc/passwd", "/%2fetc/passwd", "/index.html%00", "/" + "a" * 5000)  # fmt: skip
    with served(home, web_folder=web) as client:
        for way in ways:
            answer = client.get(way)
            assert answer.status_code in {404, 405, 422}, way
            assert "secret" not in answer.text.replace("secret.txt", "")
            assert answer.json()["status"] == answer.status_code


@pytest.fixture(scope="module")
def process(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A service on a socket that is not patient."""
    home = shutil.copytree(built_home, tmp_path_factory.mktemp("slow") / "home")
    with Process(
        home,
        FACINGS_WEIGHTS=str(WEIGHTS),
        FACINGS_SERVER_HEAD_TIMEOUT_S="0.5",
        FACINGS_SERVER_BODY_TIMEOUT_S="0.5",
        FACINGS_SERVER_OPEN_TO_ALL="1",
    ) as running:
        yield running


def said_to(process: Process, *pieces: bytes, pause_s: float = 0.0) -> tuple[bytes, float]:
    """Send pieces slowly; what came back until the service closed, and how long that took."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:
                break
            time.sleep(pause_s)
        heard = b""
        try:
            while piece := connection.recv(65536):
                heard += piece
        except ConnectionResetError:
            pass
    return heard, time.monotonic() - started


def test_a_connection_that_says_nothing_is_closed(process: Process):
    """As is one that sends its head a byte at a time, or one without an end."""
    assert said_to(process)[0] == b""
    drops = [b"GET /livez HTTP/1.1\r\n", *[b"X: %d\r\n" % n for n in range(40)]]
    heard, took_s = said_to(process, *drops, pause_s=0.05)
    assert heard == b""
    assert took_s < 3
    endless = b"GET /livez HTTP/1.1\r\nX-Long: " + b"a" * 40_000
    assert said_to(process, endless)[0].startswith(b"HTTP/1.1 400")


def test_a_body_that_does_not_come_is_not_waited_for(process: Process):
    """The answer says so, and the connection is closed."""
    head = b"POST /v1/recognise HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    heard, took_s = said_to(process, head)
    assert heard.startswith(b"HTTP/1.1 408")
    assert b"too-slow" in heard
    assert took_s < 3


@pytest.mark.parametrize(
    "words",
    [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
     b"GET /livez HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
     b"POST /v1/recognise HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_refused(process: Process, words: bytes):
    """And the service answers the next one."""
    heard, _ = said_to(process, words)
    assert not heard or heard.startswith(b"HTTP/1.1 4")
    good = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert said_to(process, good)[0].startswith(b"HTTP/1.1 200")


def test_two_requests_on_one_connection_have_a_deadline_each(process: Process):
    """A kept connection is not cut off by the clock of its first request."""
    one = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    heard, _ = said_to(process, one, one, last, pause_s=0.4)
    assert heard.count(b"HTTP/1.1 200") == 3
