"""How times, memory and disk are measured."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Stopwatch:
    """Collects how long calls took, and how much of it this process's threads computed.

    On a machine that others use too, the second number stays what it is.
    """

    def __init__(self) -> None:
        self.took_ms: list[float] = []
        self.cpu_ms: list[float] = []

    def time(
        self,
        call: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Result:
        """Call and note the time."""
        started, computed = time.perf_counter(), time.process_time()
        result = call(*arguments, **named)
        self.took_ms.append(1000 * (time.perf_counter() - started))
        self.cpu_ms.append(1000 * (time.process_time() - computed))
        return result

    def summary(self) -> dict[str, float]:
        """Median, 99th percentile and worst by the clock, and the median computed, in ms."""
        p50, p99, worst = np.percentile(self.took_ms, [50, 99, 100])
        return {
            "p50_ms": round(float(p50), 3),
            "p99_ms": round(float(p99), 3),
            "max_ms": round(float(worst), 3),
            "cpu_p50_ms": round(float(np.median(self.cpu_ms)), 3),
            "n": len(self.took_ms),
        }


def use_one_core() -> None:
    """Keep this process, the engine's threads too, on the last core it may use."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def memory_mb() -> dict[str, int]:
    """Memory of this process: all that is resident, and the part that is not mapped files."""
    fields = dict(
        line.split(":")
        for line in Path("/proc/self/status").read_text().splitlines()
        if ":" in line
    )
    return {
        name: int(fields[field].split()[0]) // 1024
        for name, field in (("resident", "VmRSS"), ("private", "RssAnon"), ("peak", "VmHWM"))
        if field in fields
    }


def disk_mb(folder: Path) -> int:
    """Blocks that a folder takes: holes in files do not count."""
    return sum(f.stat().st_blocks * 512 for f in folder.rglob("*") if f.is_file()) // 1_000_000


def forget_cached(folder: Path) -> None:
    """Ask the system to drop a folder's files from its cache, so that the next read is cold."""
    for file in folder.rglob("*"):
        if file.is_file():
            handle = os.open(file, os.O_RDONLY)
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)
