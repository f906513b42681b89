"""Portions of pictures on the workers of a Ray cluster; one that dies gives its portion back."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from facings.batch.results import Job, Line
from facings.batch.work import work_on
from facings.errors import RequestRefused

_WAITING_A_CORE = 4
"""Portions in flight for each core: enough that none is idle, few enough to hold in memory."""
_PATIENCE_S = 10


def work_on_ray(
    job: Job,
    portions: Sequence[Sequence[str]],
    out: Path,
    weights: Path,
    address: str,
    workers: int | None,
) -> Iterator[list[Line]]:
    """Yield what became of each portion as it is done, in any order.

    A worker that is killed is replaced, and its portion begun again by another: what it had written
    is found there. Every worker uses one core for a picture.

    Args:
        address: `local` starts Ray on this machine; else a cluster's.
        workers: of `local`; None means one a core.

    Raises:
        RequestRefused: Ray is not installed, or does not answer.
    """
    try:
        import ray
    except ImportError as error:
        raise RequestRefused(
            503, "missing-package", "Ray is not installed", hint='pip install "facings[ray]"'
        ) from error
    is_local = address == "local"
    _require_answer(address)
    with redirect_stdout(sys.stderr):  # where Ray tells of workers that died
        try:
            ray.init(
                address=address,
                num_cpus=workers if is_local else None,
                include_dashboard=False if is_local else None,
                log_to_driver=False,
                logging_level="error",
            )
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise RequestRefused(
                503, "no-cluster", f"Ray at {address} does not answer: {error}"
            ) from error
        try:
            yield from _portions_done(ray, job, portions, out, weights)
        finally:
            ray.shutdown()


def _require_answer(address: str) -> None:
    """Refuse a place where nobody answers: Ray itself would ask there for many minutes.

    Raises:
        RequestRefused: there is nobody.
    """
    host, mark, port = address.removeprefix("ray://").rpartition(":")
    if not mark or not port.isdigit():
        return  # `local`, `auto`: Ray knows where to look
    try:
        socket.create_connection((host, int(port)), _PATIENCE_S).close()
    except OSError as error:
        raise RequestRefused(
            503, "no-cluster", f"Ray at {address} does not answer: {error}"
        ) from error


def _portions_done(
    ray: Any,  # noqa: ANN401  (imported where it is used: it is an extra)
    job: Job,
    portions: Sequence[Sequence[str]],
    out: Path,
    weights: Path,
) -> Iterator[list[Line]]:
    # Without a limit: a portion is given up when the cluster is, never because workers died.
    remote = ray.remote(num_cpus=1, max_retries=-1)(work_on)
    most = _WAITING_A_CORE * max(1, int(ray.cluster_resources().get("CPU", 1)))
    waiting = list(portions)
    in_flight: list[Any] = []
    while waiting or in_flight:
        while waiting and len(in_flight) < most:
            in_flight.append(remote.remote(job, waiting.pop(0), out, 1, weights))
        ready, in_flight = ray.wait(in_flight)
        yield from ray.get(ready)
