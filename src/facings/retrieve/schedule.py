"""Building the graph again and again while an index is searched and added to."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

from facings.errors import FacingsError
from facings.retrieve.edge import EdgeIndex
from facings.retrieve.index import EXACT_UP_TO

_LOG = logging.getLogger(__name__)


class OptimizeSchedule:
    """Optimises an index whenever many pictures wait for the graph, in a thread of its own.

    For a process that adds while it answers; `facings index build` and `add` need none.
    """

    def __init__(
        self,
        index: EdgeIndex,
        *,
        waiting_limit: int = EXACT_UP_TO,
        check_every_s: float = 30.0,
    ) -> None:
        """Take an index that stays open until the schedule is stopped.

        Args:
            waiting_limit: pictures that may be compared one by one before it is worth it.
            check_every_s: time between two looks at how many there are.
        """
        self.failed: FacingsError | None = None
        """Why the last attempt failed, logged too; None when it went well."""
        self._index = index
        self._waiting_limit = waiting_limit
        self._check_every_s = check_every_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="facings-optimize", daemon=True)

    def __enter__(self) -> Self:
        """Start looking."""
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop, when what is under way is done."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._check_every_s):
            try:
                if self._index.waiting_count() > self._waiting_limit:
                    self._index.optimize()
                self.failed = None
            except FacingsError as error:
                self.failed = error
                _LOG.warning("the index was not optimised: %s", error)
