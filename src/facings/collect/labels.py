"""Labels: what people say stands on a session's shelf pictures, group by group.

    SESSION/proposals/CAPTURE.json   boxes of a model, its groups and suggestions; made once
    SESSION/labels.jsonl             one line a box, only ever added to; the later one holds

Nothing is accepted by itself: boxes that nobody answered are regions to ignore in a data set.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from facings.capture import read_picture
from facings.collect.dataset import Dataset, Row
from facings.collect.field import Capture, FieldFolder, Session
from facings.errors import CatalogueError
from facings.output import replaced_file

Verdict = Literal["named", "unnamed", "nothing"]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ProposedGroup:
    """Look-alikes of one picture, to be answered at once."""

    members: tuple[int, ...]
    """Places in the proposal's boxes."""
    suggestions: tuple[tuple[str, float], ...]
    """GTIN-14 and similarity, the likeliest first."""
    need: float
    """Uncertainty and disagreement together, in [0, 2]."""


@dataclass(frozen=True, slots=True)
class ShelfProposal:
    """What a model sees on one shelf picture."""

    capture: str
    size_wh: tuple[int, int]
    model: str
    boxes_xyxy: tuple[Box, ...]
    scores: tuple[float, ...]
    groups: tuple[ProposedGroup, ...]
    """What needs a person most first; each box is in one."""

    def need_without(self, answered: Collection[int]) -> float:
        """How much the picture needs a person, these boxes answered; 0 where all are."""
        left = [each for each in self.groups if not set(each.members) <= set(answered)]
        return max((each.need for each in left), default=0.0)


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of one box."""

    capture: str
    box: int
    """Place in the proposal's boxes."""
    verdict: Verdict
    """A named product, a product nobody can name, or no product."""
    gtin: str | None
    person: str
    at: str

    def __post_init__(self) -> None:
        if (self.verdict == "named") != (self.gtin is not None):
            raise CatalogueError(f"a named product has a GTIN, and no other: {self.verdict}")


class SessionLabels:
    """Proposals and labels of one session."""

    def __init__(self, folder: FieldFolder, session_id: str) -> None:
        self._folder = folder.folder_of(session_id)

    def proposal(self, capture_id: str) -> ShelfProposal | None:
        """What was proposed for a capture; None where nobody looked yet."""
        file = self._proposal_file(capture_id)
        if not file.is_file():
            return None
        read = json.loads(file.read_text("utf-8"))
        groups = tuple(
            ProposedGroup(
                tuple(each["members"]),
                tuple((gtin, similarity) for gtin, similarity in each["suggestions"]),
                each["need"],
            )
            for each in read["groups"]
        )
        return ShelfProposal(
            read["capture"],
            (read["size_wh"][0], read["size_wh"][1]),
            read["model"],
            tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in read["boxes_xyxy"]),
            tuple(read["scores"]),
            groups,
        )

    def keep(self, proposal: ShelfProposal) -> ShelfProposal:
        """Keep a proposal, so that answers stay with its boxes."""
        with replaced_file(self._proposal_file(proposal.capture)) as fresh:
            fresh.write_text(json.dumps(asdict(proposal)) + "\n", "utf-8")
        return proposal

    def answer(self, labels: Sequence[Label]) -> None:
        """Note what somebody said of boxes of one capture; said again, the later holds.

        Raises:
            CatalogueError: there is no such box.
        """
        for each in labels:
            proposal = self.proposal(each.capture)
            if proposal is None or not 0 <= each.box < len(proposal.boxes_xyxy):
                raise CatalogueError(f"capture {each.capture} has no box {each.box}")
        with (self._folder / "labels.jsonl").open("a", encoding="utf-8") as stream:
            stream.write("".join(json.dumps(asdict(each)) + "\n" for each in labels))
            stream.flush()
            os.fsync(stream.fileno())

    def labels(self) -> dict[str, dict[int, Label]]:
        """What was said, by capture and box; a line cut off by a crash is left out."""
        file = self._folder / "labels.jsonl"
        found: dict[str, dict[int, Label]] = {}
        for line in file.read_text("utf-8").split("\n") if file.exists() else []:
            if line.endswith("}"):
                label = Label(**json.loads(line))
                found.setdefault(label.capture, {})[label.box] = label
        return found

    def _proposal_file(self, capture_id: str) -> Path:
        return self._folder / "proposals" / f"{capture_id}.json"


def rows_of_labels(
    session: Session,
    captures: Mapping[str, Capture],
    folder: FieldFolder,
    dataset: Dataset,
    licence: str,
) -> list[Row]:
    """Make rows of every picture that somebody answered; boxes are the model's, names are theirs.

    Raises:
        PictureError: a picture is damaged.
    """
    told = SessionLabels(folder, session.id)
    rows = []
    for capture_id, answers in sorted(told.labels().items()):
        proposal, capture = told.proposal(capture_id), captures[capture_id]
        if proposal is None:
            continue
        file = folder.picture(session.id, capture)
        width, height = read_picture(file).size_wh
        picture = dataset.keep_picture(file)
        for number, (box, score) in enumerate(
            zip(proposal.boxes_xyxy, proposal.scores, strict=True)
        ):
            label = answers.get(number)
            if label is not None and label.verdict == "nothing":
                continue
            rows.append(
                Row(
                    picture,
                    file.suffix,
                    width,
                    height,
                    session.store,
                    f"collected by {session.person}, {session.id}",
                    licence,
                    session.consent,
                    *box,
                    gtin=(label.gtin or "") if label else "",
                    is_crowd=label is None,
                    provenance="model",
                    model=proposal.model,
                    score=score,
                )
            )
    return rows
