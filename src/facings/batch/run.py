"""Give out the work: in this process, or to the workers of a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facings.batch.results import Job, Line, Table, Task, claim_folder
from facings.batch.work import MODELS, work_on
from facings.models import open_manifest, weights_folder

PORTION = 16
"""Pictures given out at once: about a second of work."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of all pictures."""

    pictures: int
    results: int
    """Different pictures with a result."""
    earlier: int
    """Pictures that had one before."""
    failed: tuple[Line, ...]


def run_batch(
    task: Task,
    files: Sequence[Path],
    out: Path,
    *,
    ray: str | None = None,
    workers: int | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Done:
    """Give every picture its result; what an earlier run did is not done again.

    Args:
        files: pictures; on a cluster where every worker sees them at this path.
        out: folder of the results, which every worker sees too.
        ray: None works in this process; `local` starts Ray on this machine; else a cluster's
            address, such as `auto` or `ray://head:10001`.
        workers: of `local`; None means one a core.
        progress: told how many pictures of how many are done.

    Raises:
        ModelNotFound, ModelCorrupted: the model is missing, or the folder holds another's results.
        RequestRefused: Ray is not installed.
    """
    weights = weights_folder().resolve()
    manifest = open_manifest(MODELS[task], weights)
    job = Job(task, manifest.name, manifest.version, manifest.sha256)
    out = out.resolve()
    claim_folder(out, job)
    table = Table(out)
    every = [file.resolve() for file in dict.fromkeys(files)]
    waiting = [str(file) for file in every if not table.is_done(file)]
    portions = [waiting[i : i + PORTION] for i in range(0, len(waiting), PORTION)]
    done = len(every) - len(waiting)
    progress(done, len(every))
    for lines in _lines(job, portions, out, weights, ray, workers):
        table.add(lines)
        done += len(lines)
        progress(done, len(every))
    table.close()
    for draft in out.glob("??/.*"):  # of workers that were killed: nobody works any more
        draft.unlink(missing_ok=True)
    asked = [table.lines[str(file)] for file in every]
    return Done(
        len(every),
        len({line.sha256 for line in asked if line.sha256}),
        len(every) - len(waiting),
        tuple(line for line in asked if line.error),
    )


def _lines(
    job: Job,
    portions: Sequence[Sequence[str]],
    out: Path,
    weights: Path,
    ray: str | None,
    workers: int | None,
) -> Iterator[list[Line]]:
    if ray is None:
        return (work_on(job, portion, out, None, weights) for portion in portions)
    from facings.batch.on_ray import work_on_ray

    return work_on_ray(job, portions, out, weights, ray, workers)
