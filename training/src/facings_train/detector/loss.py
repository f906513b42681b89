"""Losses and target assignment of the detector, each with its paper."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from facings_train.detector.model import Predictions, decode_boxes, decode_quads
from facings_train.detector.target import CLASSES, Targets

PARTS = ("score", "overlap", "distance", "corners")
GAINS = (0.5, 7.5, 1.5, 20.0)
"""Of the parts; the first three as in YOLOv8's published settings. Distances of corners are small,
shares of a side of packs that mostly stand upright: a gain of 5 taught nothing (docs/log.md)."""
TOP_CELLS = 10  # cells a box may claim
SCORE_POWER, IOU_POWER = 0.5, 6.0  # alignment = score^0.5 * iou^6: TOOD, arXiv 2108.07755


def paired_iou(a: Tensor, b: Tensor) -> Tensor:
    """Overlap of boxes (..., 4) xyxy in pairs, in [0, 1]."""
    inner_wh = (
        torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])
    ).clamp(0)
    inner = inner_wh.prod(-1)
    area_a, area_b = ((box[..., 2:] - box[..., :2]).clamp(0).prod(-1) for box in (a, b))
    result: Tensor = inner / (area_a + area_b - inner).clamp(1e-6)
    return result


def generalised_iou(a: Tensor, b: Tensor) -> Tensor:
    """GIoU in [-1, 1] of boxes (..., 4) in pairs (arXiv 1902.09630)."""
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    area_a, area_b = ((box[..., 2:] - box[..., :2]).clamp(0).prod(-1) for box in (a, b))
    iou = paired_iou(a, b)
    union = (area_a + area_b) / (1 + iou)
    result: Tensor = iou - (hull - union) / hull.clamp(1e-6)
    return result


def assign_cells(
    scores: Tensor, boxes: Tensor, centres: Tensor, truth: Tensor, classes: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Give each true box its best-aligned cells (task-aligned assignment, arXiv 2108.07755).

    Args:
        scores: (B, A, C) predicted, in [0, 1].
        boxes: (B, A, 4) predicted, xyxy in pixels.
        centres: (A, 2) of the cells in pixels.
        truth: (B, T, 4) true boxes, T > 0.
        classes: (B, T) of the true boxes.

    Returns:
        Of the P positive cells: picture (P,), cell (P,), which true box (P,), target score (P,).
    """
    x, y = centres.unbind(1)
    left, top, right, bottom = truth[..., None].unbind(2)
    inside = (x > left) & (x < right) & (y > top) & (y < bottom)
    # Few cells lie inside: everything else is computed of these pairs alone.
    picture, of_truth, of_cell = inside.nonzero(as_tuple=True)
    pair_overlap = paired_iou(truth[picture, of_truth], boxes[picture, of_cell])
    pair_score = scores[picture, of_cell, classes[picture, of_truth]]
    alignment = truth.new_zeros(inside.shape)
    alignment[picture, of_truth, of_cell] = pair_score**SCORE_POWER * pair_overlap**IOU_POWER
    overlap = truth.new_zeros(inside.shape)
    overlap[picture, of_truth, of_cell] = pair_overlap
    best, cells = alignment.topk(min(TOP_CELLS, alignment.shape[2]), dim=2)
    rival = torch.full_like(overlap, -1.0)
    rival.scatter_(2, cells, torch.where(best > 1e-9, overlap.gather(2, cells), -1.0))
    closest_claim, claimant = rival.max(1)
    picture, cell = (closest_claim >= 0).nonzero(as_tuple=True)
    owner = claimant[picture, cell]
    aligned, reached = (each[picture, owner, cell] for each in (alignment, overlap))
    of_batch = picture * truth.shape[1] + owner
    nothing = truth.new_zeros(truth.shape[0] * truth.shape[1])
    strongest = nothing.scatter_reduce(0, of_batch, aligned, "amax")[of_batch]
    closest = nothing.scatter_reduce(0, of_batch, reached, "amax")[of_batch]
    return picture, cell, owner, aligned / strongest.clamp(1e-9) * closest


def distance_loss(distances: Tensor, target: Tensor) -> Tensor:
    """Distribution focal loss (arXiv 2006.04388): (P, 4, bins) logits, (P, 4) target in strides."""
    last = distances.shape[-1] - 1
    target = target.clamp(0, last - 0.01)
    lower = target.long()
    weight = target - lower
    flat = distances.flatten(0, 1)
    below = F.cross_entropy(flat, lower.flatten(), reduction="none").view_as(target)
    above = F.cross_entropy(flat, lower.flatten() + 1, reduction="none").view_as(target)
    return (below * (1 - weight) + above * weight).mean(-1)


def corner_loss(corners: Tensor, boxes: Tensor, quads: Tensor) -> Tensor:
    """Mean distance (P,) of a quad's corners, as a share of its box's sides; 0 where unknown.

    Args:
        corners: (P, 4, 2) logits.
        boxes: (P, 4) true boxes.
        quads: (P, 4, 2) true corners, nan where they are not known.
    """
    sides = (boxes[:, 2:] - boxes[:, :2])[:, None]
    known = ~quads.isnan().flatten(1).any(1)
    wanted = torch.where(known[:, None, None], quads, decode_quads(corners.detach(), boxes))
    return ((decode_quads(corners, boxes) - wanted) / sides).abs().mean((1, 2))


def detector_loss(
    found: Predictions, centres: Tensor, strides: Tensor, targets: Targets
) -> tuple[Tensor, dict[str, float]]:
    """Sum of score, overlap, distance and corner losses over a batch.

    Args:
        found: as the network gives it.
        centres: (A, 2); strides: (A,), as `cell_centres` gives them.
        targets: of as many pictures.
    """
    with torch.no_grad():
        boxes = decode_boxes(found.distances, centres, strides)
        picture, cell, owner, share = assign_cells(
            found.scores.sigmoid(), boxes, centres, targets.boxes, targets.classes
        )
        wanted_scores, weights = torch.zeros_like(found.scores), judged(centres, targets)
        classes = targets.classes[picture, owner]
        wanted_scores[picture, cell, classes], weights[picture, cell, classes] = share, 1.0
    score = F.binary_cross_entropy_with_logits(
        found.scores, wanted_scores, weights, reduction="sum"
    )
    wanted, quads = targets.boxes[picture, owner], targets.quads[picture, owner]
    total = share.sum().clamp(1.0)
    centre, stride = centres[cell], strides[cell]
    distances = found.distances[picture, cell]
    matched = decode_boxes(distances, centre, stride)
    edges = torch.cat([centre - wanted[:, :2], wanted[:, 2:] - centre], -1) / stride[:, None]
    corners = corner_loss(found.corners[picture, cell], wanted, quads)
    terms = (
        score / total,
        ((1 - generalised_iou(matched, wanted)) * share).sum() / total,
        (distance_loss(distances, edges) * share).sum() / total,
        (corners * share).sum() / total,
    )
    loss = sum(gain * term for gain, term in zip(GAINS, terms, strict=True))
    assert isinstance(loss, Tensor)
    return loss, dict(zip(PARTS, torch.stack(terms).tolist(), strict=True))


def judged(centres: Tensor, targets: Targets) -> Tensor:
    """Weight (B, A, C) of each cell's score: 0 where its class is ignored, else 1."""
    after = centres > targets.ignored[:, :, None, :2]
    before = centres < targets.ignored[:, :, None, 2:]
    inside = (after & before).all(-1)
    ignored = [
        (inside & (targets.ignored_classes == index)[..., None]).any(1)
        for index in range(len(CLASSES))
    ]
    return 1 - torch.stack(ignored, -1).float()
