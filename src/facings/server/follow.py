"""A running service follows its index: what is published or rolled back answers without a restart.

Every request is answered by the recognizer it began with. One that was replaced stays open until
those have ended, and takes over again if its index comes back meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from types import TracebackType
from typing import Self

from facings.errors import FacingsError
from facings.recognizer import EmbedderAndIndex, Recognizer
from facings.retrieve.edge import EdgeIndex
from facings.retrieve.index import VectorIndex
from facings.retrieve.schedule import OptimizeSchedule
from facings.server.service import Service

_LOG = logging.getLogger(__name__)
CHECK_EVERY_S = 2.0
GRACE_S = 60.0
"""Longer than any request takes."""


class Follower:
    """Puts the index that its place names now into the service, in a thread of its own."""

    def __init__(self, service: Service, open_index: Callable[[], EmbedderAndIndex]) -> None:
        """Take a service that stays open until the follower has stopped.

        Args:
            open_index: opens the index of the place as it is now, and its embedder.
        """
        self._service = service
        self._open_index = open_index
        self._retired: list[tuple[float, Recognizer]] = []
        """When each may be closed, and what was replaced."""
        self._optimising = ExitStack()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="facings-follow", daemon=True)

    def __enter__(self) -> Self:
        """Start looking."""
        self._optimising.enter_context(_optimising(self._service.recognizer.index))
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop, and close what was opened here: all requests have ended."""
        self._stopped.set()
        self._thread.join()
        self._optimising.close()
        for _, recognizer in self._retired:
            recognizer.index.close()
        self._service.recognizer.index.close()

    def look(self) -> bool:
        """Follow the index if another one answers now; say whether it was so.

        Raises:
            FacingsError: the new one cannot be opened; the old one answers on.
        """
        self._close_retired()
        present = self._service.recognizer
        if present.index.is_current():
            return False
        back = next((each for _, each in self._retired if each.index.is_current()), None)
        if back is None:
            back = present.with_index(*self._open_index())
        self._retired = [row for row in self._retired if row[1] is not back]
        self._retired.append((time.monotonic() + GRACE_S, present))
        self._service.recognizer = back
        self._optimising.close()
        self._optimising.enter_context(_optimising(back.index))
        _LOG.info("following the index: %s", back.index.stats().embedder)
        return True

    def _close_retired(self) -> None:
        now = time.monotonic()
        for due, recognizer in self._retired:
            if due <= now:
                recognizer.index.close()
        self._retired = [row for row in self._retired if row[0] > now]

    def _run(self) -> None:
        said = ""
        while not self._stopped.wait(CHECK_EVERY_S):
            try:
                self.look()
                said = ""
            except FacingsError as error:
                if error.message != said:
                    _LOG.warning("the index cannot be followed, the old one answers: %s", error)
                said = error.message


def _optimising(index: VectorIndex) -> AbstractContextManager[object]:
    """Keep an index of this machine fast while it grows; a cluster does that by itself."""
    return OptimizeSchedule(index) if isinstance(index, EdgeIndex) else nullcontext()
