"""What a box costs in the real Label Studio before anybody thinks: a session replayed in a browser.

    PYTHONPATH=tests_studio .venv/bin/python evals/studio_replay.py --data work/fresh-511/shelves

Boxes are proposed by the published detector and pushed. A program that knows the true boxes then
works as a person would: it leaves what is near enough, drags corners, deletes and draws. Every act
is timed until Label Studio shows it, so the seconds are those of the tool, on this machine: people
add their own. They are held against `lead_time`, which `facings annotate pull` reads.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
from driving import Annotator, annotating, facings, label_studio

from facings.collect.replay import LEFT_ALONE_IOU
from facings.collect.review import KINDS, Reviewed, review
from facings.detect import Detector
from facings.evaluate.truth import Truth, read_truths
from facings.types import FloatArray
from results_file import write_result


class Clock:
    """Seconds of each act, by kind."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def act(self, kind: str) -> Iterator[None]:
        """Time one act."""
        begun = time.perf_counter()
        yield
        self.seconds[kind].append(time.perf_counter() - begun)


def correct(
    person: Annotator, proposed: FloatArray, final: FloatArray, told: Reviewed, clock: Clock
) -> dict[str, int]:
    """Do what makes the final boxes of the proposed ones; what could be done of each kind."""
    done = dict.fromkeys(KINDS, 0)
    for place in told.deleted:
        with clock.act("deleted"):
            person.delete(f"p{place}", proposed[place].tolist())
        done["deleted"] += 1
    for box, kind, origin in zip(final.tolist(), told.provenance, told.proposal, strict=True):
        if kind == "edited" and origin is not None:
            with clock.act("adjusted"):
                person.adjust(f"p{origin}", proposed[origin].tolist(), box)
            done["adjusted"] += 1
    for box, kind in zip(final.tolist(), told.provenance, strict=True):
        if kind == "human":
            with clock.act("added"):
                person.draw(box)
            done["added"] += 1
    done["accepted"] = told.provenance.count("model")
    return done


def session(truths: list[Truth], home: Path, url: str, clock: Clock) -> dict[str, object]:
    """Push, correct and pull pictures one by one."""
    wanted = dict.fromkeys(KINDS, 0)
    came: dict[str, int] = dict.fromkeys(KINDS, 0)
    leads: list[float] = []
    for number, truth in enumerate(truths):
        name = f"replay-{number}"
        pushed = facings(home, "push", truth.file, "--name", name, "--url", url)
        [kept] = json.loads((home / "annotate" / f"{name}.json").read_text())["proposals"]
        proposed = np.array(kept["boxes_xyxy"], np.float32).reshape(-1, 4)
        told = review(proposed, truth.boxes_xyxy, LEFT_ALONE_IOU)
        with annotating(url, pushed["project"], kept["size_wh"]) as person:
            done = correct(person, proposed, truth.boxes_xyxy, told, clock)
            with clock.act("submitted"):
                person.submit()
        back = facings(home, "pull", home / f"{name}.json", "--name", name, "--url", url)
        for kind in KINDS:
            wanted[kind] += done[kind]
            came[kind] += back[kind]
        leads.append(back["seconds"]["a_picture"])
        print(name, done, {kind: back[kind] for kind in KINDS}, leads[-1], flush=True)
    return {"done": wanted, "pulled": came, "lead_time": leads}


def main() -> None:
    """Replay a session and write its result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("work/fresh-511/shelves"))
    parser.add_argument("--pictures", type=int, default=3)
    given = parser.parse_args()
    truths = list(read_truths(given.data / "truth.json", given.data))[: given.pictures]
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, label_studio(Path(folder)) as url:
        told = session(truths, Path(folder), url, clock)
    seconds = {
        kind: {"n": len(each), "median": round(median(each), 3), "most": round(max(each), 3)}
        for kind, each in clock.seconds.items()
    }
    values = {"data": f"{len(truths)} pictures of {given.data}", "seconds": seconds, **told}
    write_result("studio-replay", values, [Detector.load().manifest.label])


if __name__ == "__main__":
    main()
