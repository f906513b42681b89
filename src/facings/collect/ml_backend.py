"""What Label Studio asks a model (its ML backend protocol): boxes for the pictures of its tasks."""

from __future__ import annotations

import base64
import binascii
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from facings.capture import read_picture
from facings.collect.label_studio import prediction_of
from facings.collect.propose import Propose
from facings.errors import PictureError

_TIMEOUT_S = 60
_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Backend:
    """One model behind a running Label Studio."""

    propose: Propose
    model: str
    """Name and version."""
    studio_url: str
    """Pictures are fetched from there and nowhere else."""
    token: str

    def predict(self, tasks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Propose boxes for each task, in order; none for one whose picture cannot be read."""
        return {
            "results": [self._predict(task) for task in tasks],
            "model_version": self.model,
        }

    def _predict(self, task: Mapping[str, Any]) -> dict[str, Any]:
        data = task.get("data", {})
        try:
            frame = read_picture(self._contents(str(data.get("image", ""))), name="task")
        except PictureError:
            return {"result": [], "score": 0.0, "model_version": self.model}
        proposed = self.propose(frame)
        return prediction_of(frame.size_wh, proposed, self.model)

    def _contents(self, image: str) -> bytes:
        """The picture's file, from the task itself or from Label Studio.

        Raises:
            PictureError: it is elsewhere, or not there.
        """
        if image.startswith("data:"):
            try:
                return base64.b64decode(image.partition(",")[2], validate=True)
            except binascii.Error as error:
                raise PictureError(f"the task's picture is no base64: {error}") from None
        url = urllib.parse.urljoin(f"{self.studio_url}/", image)
        if not url.startswith(f"{self.studio_url}/"):
            raise PictureError(f"{url[:80]} is not at {self.studio_url}")
        asked = urllib.request.Request(  # noqa: S310 (the person's own address)
            url, headers={"Authorization": f"Token {self.token}"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                contents: bytes = answer.read(_MOST_BYTES)
                return contents
        except (urllib.error.URLError, TimeoutError) as error:
            raise PictureError(f"{url[:80]} cannot be fetched: {error}") from None
