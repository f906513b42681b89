"""Asks the service, and gives its answers as the models that it documents."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx2 as httpx
import numpy as np
from pydantic import BaseModel, ValidationError

from facings.errors import RequestRefused
from facings.server.schemas.base import Problem
from facings.server.schemas.frame import (
    Created,
    EmbedderIn,
    FacingIn,
    FeedbackIn,
    FrameOut,
    OptionsIn,
    RecogniseIn,
)
from facings.server.schemas.product import (
    EnrolmentOut,
    InsteadList,
    InsteadOut,
    ModerationIn,
    OfferList,
    OfferOut,
    ProductOut,
    ProductPage,
    ReviewIn,
    ReviewOut,
    ReviewPage,
)
from facings.server.schemas.profile import ProfileIn, VerdictOut
from facings.server.schemas.service import InfoOut, RunOut, SessionIn, SessionOut
from facings.types import Detections, Embeddings, FloatArray

Model = TypeVar("Model", bound=BaseModel)
Picture = Path | bytes
_JSON = {"Content-Type": "application/json"}


class FacingsClient:
    """One service, with one key. Threads may share it.

    Every method raises `RequestRefused` where the service answers with a problem, with its
    status, kind, message and hint, and where it does not answer at all (status 503).
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        key: str | None = None,
        *,
        timeout_s: float = 30.0,
        http: httpx.Client | None = None,
    ) -> None:
        """Connect when first asked.

        Args:
            key: `fk_...`; None where the service is open to all.
            http: used instead of a connection to `url`, for proxies, retries and tests.
        """
        self._http = http or httpx.Client(base_url=url, timeout=timeout_s)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def info(self) -> InfoOut:
        """Ask which embedder's vectors are understood, and how much is known."""
        return self._get("/v1/info", InfoOut)

    def scan(self, picture: Picture, options: OptionsIn | None = None) -> FrameOut:
        """Send a picture; every facing in it, in reading order."""
        form = {"options": (options or OptionsIn()).model_dump_json()}
        return self._send("/v1/scan", FrameOut, data=form, files=[_part("picture", picture)])

    def recognise(
        self, embeddings: Embeddings, detections: Detections, options: OptionsIn | None = None
    ) -> FrameOut:
        """Send boxes and vectors, 256 bytes each; the facings in their order."""
        made_by = embeddings.embedder
        request = RecogniseIn(
            **(options or OptionsIn()).model_dump(),
            embedder=EmbedderIn(name=made_by.name, version=made_by.version, sha256=made_by.sha256),
            facings=tuple(
                FacingIn(box_xyxy=tuple(box), score=score, vector_i8=vector_i8(vector))
                for box, score, vector in zip(
                    detections.boxes_xyxy.tolist(),
                    detections.scores.tolist(),
                    embeddings.vectors,
                    strict=True,
                )
            ),
        )
        return self._post("/v1/recognise", request, FrameOut)

    def product(self, gtin: str) -> ProductOut | None:
        """Ask for everything about a GTIN in any form; None where there is no record."""
        try:
            return self._get(f"/v1/products/{quote(gtin, safe='')}", ProductOut)
        except RequestRefused as refused:
            if refused.kind == "not-found":
                return None
            raise

    def products(self, page_size: int = 200) -> Iterator[ProductOut]:
        """Walk through all products, by GTIN-14."""
        cursor: str | None = None
        while True:
            asked = {"limit": str(page_size)} | ({"cursor": cursor} if cursor else {})
            page = self._get("/v1/products", ProductPage, asked)
            yield from page.products
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    def verdict(self, gtin: str, profile: ProfileIn) -> VerdictOut:
        """Ask whether a product suits a person."""
        return self._post(f"/v1/products/{quote(gtin, safe='')}/verdict", profile, VerdictOut)

    def alternatives(self, gtin: str, profile: ProfileIn) -> tuple[InsteadOut, ...]:
        """Ask for similar products that suit a person better, the best first."""
        path = f"/v1/products/{quote(gtin, safe='')}/alternatives"
        return self._post(path, profile, InsteadList).alternatives

    def enrol(
        self, gtin: str, pictures: Sequence[Picture], name: str | None = None
    ) -> EnrolmentOut:
        """Add catalogue pictures: the product is found by them from now on."""
        return self._send(
            f"/v1/products/{quote(gtin, safe='')}/pictures",
            EnrolmentOut,
            data={"name": name} if name else {},
            files=[_part("pictures", each) for each in pictures],
        )

    def offers(
        self, gtin: str, *, session_id: str | None = None, retailer: str | None = None
    ) -> tuple[OfferOut, ...]:
        """Ask for the offers on a product, and why each applies here or does not."""
        asked = {"session_id": session_id, "retailer": retailer}
        given = {name: value for name, value in asked.items() if value}
        path = f"/v1/products/{quote(gtin, safe='')}/offers"
        return self._get(path, OfferList, given).offers

    def reviews(self, gtin: str, cursor: str | None = None) -> ReviewPage:
        """Ask for approved reviews of a product, the oldest first, and for all taken together."""
        path = f"/v1/products/{quote(gtin, safe='')}/reviews"
        return self._get(path, ReviewPage, {"cursor": cursor} if cursor else None)

    def review(self, gtin: str, review: ReviewIn) -> ReviewOut:
        """Send a review; it is shown when somebody has approved it."""
        return self._post(f"/v1/products/{quote(gtin, safe='')}/reviews", review, ReviewOut)

    def moderate(self, review_id: int, decision: ModerationIn) -> ReviewOut:
        """Show a review, or do not."""
        path = f"/v1/reviews/{review_id}"
        answer = self._ask("PATCH", path, content=decision.model_dump_json(), headers=_JSON)
        return _read(answer, ReviewOut)

    def feedback(self, feedback: FeedbackIn) -> int:
        """Say what a facing is not, and perhaps what it is; the id under which that is kept."""
        return self._post("/v1/feedback", feedback, Created).id

    def begin_session(self, session: SessionIn) -> SessionOut:
        """Begin a walk through a shop; its id goes into the options of its frames."""
        return self._post("/v1/sessions", session, SessionOut)

    def session(self, session_id: str) -> SessionOut:
        """Ask what was seen during a walk."""
        return self._get(f"/v1/sessions/{quote(session_id, safe='')}", SessionOut)

    def forget_session(self, session_id: str) -> None:
        """Delete a walk with everything that was seen."""
        self._ask("DELETE", f"/v1/sessions/{quote(session_id, safe='')}")

    def start_run(self, pictures: Iterable[Picture], options: OptionsIn | None = None) -> RunOut:
        """Send many pictures; the answer comes later."""
        form = {"options": (options or OptionsIn()).model_dump_json()}
        files = [_part("pictures", each) for each in pictures]
        return self._send("/v1/runs", RunOut, data=form, files=files)

    def run(self, run_id: str) -> RunOut:
        """Ask how far a run is, and for its answers when it is done."""
        return self._get(f"/v1/runs/{quote(run_id, safe='')}", RunOut)

    def wait_for_run(
        self, run_id: str, *, every_s: float = 1.0, timeout_s: float = 3600.0
    ) -> RunOut:
        """Ask until a run is done, has failed or was cancelled.

        Raises:
            RequestRefused: it was not after `timeout_s`; it goes on all the same.
        """
        deadline = time.monotonic() + timeout_s
        while (run := self.run(run_id)).state in {"waiting", "running"}:
            if time.monotonic() > deadline:
                words = f"run {run_id} is not done after {timeout_s:g} s: {run.done} of {run.total}"
                raise RequestRefused(503, "not-done", words, hint="ask again later")
            time.sleep(every_s)
        return run

    def _get(self, path: str, model: type[Model], params: dict[str, str] | None = None) -> Model:
        return _read(self._ask("GET", path, params=params), model)

    def _post(self, path: str, content: BaseModel, model: type[Model]) -> Model:
        answer = self._ask("POST", path, content=content.model_dump_json(), headers=_JSON)
        return _read(answer, model)

    def _send(
        self,
        path: str,
        model: type[Model],
        *,
        data: dict[str, str],
        files: list[tuple[str, tuple[str, bytes]]],
    ) -> Model:
        return _read(self._ask("POST", path, data=data, files=files), model)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        content: str | None = None,
        headers: dict[str, str] | None = None,
        data: dict[str, str] | None = None,
        files: list[tuple[str, tuple[str, bytes]]] | None = None,
    ) -> httpx.Response:
        try:
            answer = self._http.request(
                method,
                path,
                params=params,
                content=content,
                data=data,
                files=files,
                headers=self._headers | (headers or {}),
            )
        except httpx.TransportError as error:
            raise RequestRefused(
                503, "unreachable", f"the service does not answer: {error}"
            ) from error
        if answer.is_success:
            return answer
        raise _refused(answer)


def vector_i8(vector: FloatArray) -> str:
    """Pack a vector into base64 of one signed byte a number, as large as they go."""
    largest = float(np.abs(vector).max(initial=0.0)) or 1.0
    return base64.b64encode(np.rint(vector * (127 / largest)).astype(np.int8)).decode()


def _part(field: str, picture: Picture) -> tuple[str, tuple[str, bytes]]:
    if isinstance(picture, bytes):
        return field, ("picture", picture)
    return field, (picture.name, picture.read_bytes())


def _read(answer: httpx.Response, model: type[Model]) -> Model:
    return model.model_validate_json(answer.content)


def _refused(answer: httpx.Response) -> RequestRefused:
    """Turn a problem into our error; a proxy on the way may have answered something else."""
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        words = f"the service answered {answer.status_code} {answer.reason_phrase}"
        return RequestRefused(answer.status_code, "refused", words)
    kind = problem.type.rpartition(":")[2]
    return RequestRefused(problem.status, kind, problem.detail, hint=problem.hint)
