"""A shard that many threads search while another one may be put in its place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import qdrant_edge as qdrant


class Lending:
    """Lends a shard, and closes it only when nobody uses it any more."""

    def __init__(self, shard: qdrant.EdgeShard) -> None:
        self._shard = shard
        self._borrowers: dict[int, int] = {id(shard): 0}
        self._turn = threading.Condition()
        self.is_closed = False

    @contextmanager
    def lend(self) -> Iterator[qdrant.EdgeShard]:
        """Lend the shard of this moment; a thread may borrow it more than once."""
        with self._turn:
            shard = self._shard
            self._borrowers[id(shard)] += 1
        try:
            yield shard
        finally:
            with self._turn:
                self._borrowers[id(shard)] -= 1
                self._turn.notify_all()

    def replace(self, fresh: qdrant.EdgeShard) -> None:
        """Lend another shard from now on, and close the earlier one when it is back."""
        with self._turn:
            old, self._shard = self._shard, fresh
            self._borrowers[id(fresh)] = 0
            self._turn.wait_for(lambda: self._borrowers[id(old)] == 0)
            del self._borrowers[id(old)]
        old.close()

    def close(self) -> None:
        """Close the shard when it is back."""
        with self._turn:
            self._turn.wait_for(lambda: self._borrowers[id(self._shard)] == 0)
            if not self.is_closed:
                self._shard.close()
            self.is_closed = True
