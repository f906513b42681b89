"""Losses and target assignment of the detector, each with its paper."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from facings_train.detector.model import Predictions, decode_boxes, decode_quads
from facings_train.detector.target import CLASSES, Target

PARTS = ("score", "overlap", "distance", "corners")
GAINS = (0.5, 7.5, 1.5, 5.0)
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
) -> tuple[Tensor, Tensor, Tensor]:
    """Give each true box its best-aligned cells (task-aligned assignment, arXiv 2108.07755).

    Args:
        scores: (A, C) predicted, in [0, 1].
        boxes: (A, 4) predicted, xyxy in pixels.
        centres: (A, 2) of the cells in pixels.
        truth: (T, 4) true boxes, T > 0.
        classes: (T,) of the true boxes.

    Returns:
        Indices (P,) of positive cells, the true box (P,) of each, and its target score (P,).
    """
    x, y = centres.unbind(1)
    left, top, right, bottom = truth[:, :, None].unbind(1)
    inside = (x > left) & (x < right) & (y > top) & (y < bottom)
    # Few cells lie inside: everything else is computed of these pairs alone.
    of_truth, of_cell = inside.nonzero(as_tuple=True)
    pair_overlap = paired_iou(truth[of_truth], boxes[of_cell])
    pair_score = scores[of_cell, classes[of_truth]]
    pair_alignment = pair_score**SCORE_POWER * pair_overlap**IOU_POWER
    alignment = truth.new_zeros(inside.shape)
    alignment[of_truth, of_cell] = pair_alignment
    overlap = truth.new_zeros(inside.shape)
    overlap[of_truth, of_cell] = pair_overlap
    best, cells = alignment.topk(min(TOP_CELLS, alignment.shape[1]), dim=1)
    rival = torch.full_like(overlap, -1.0)
    rival.scatter_(1, cells, torch.where(best > 1e-9, overlap.gather(1, cells), -1.0))
    closest_claim, owner = rival.max(0)
    positive = torch.where(closest_claim >= 0)[0]
    owner = owner[positive]
    aligned = alignment[owner, positive]
    strongest = truth.new_zeros(len(truth)).scatter_reduce(0, owner, aligned, "amax")
    closest = truth.new_zeros(len(truth)).scatter_reduce(0, owner, overlap[owner, positive], "amax")
    target = aligned / strongest[owner].clamp(1e-9) * closest[owner]
    return positive, owner, target


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
    found: Predictions, centres: Tensor, strides: Tensor, targets: list[Target]
) -> tuple[Tensor, dict[str, float]]:
    """Sum of score, overlap, distance and corner losses over a batch.

    Args:
        found: as the network gives it.
        centres: (A, 2); strides: (A,), as `cell_centres` gives them.
        targets: one a picture.
    """
    with torch.no_grad():
        boxes = decode_boxes(found.distances, centres, strides)
        scores = found.scores.sigmoid()
    wanted_scores = torch.zeros_like(found.scores)
    weights = torch.ones_like(found.scores)
    pictures, cells, owned, quads, shares = [], [], [], [], []
    for i, target in enumerate(targets):
        for index in range(len(CLASSES)):
            regions = target.ignored[target.ignored_classes == index]
            if len(regions):
                weights[i, :, index] = 1 - inside_any(centres, regions).float()
        if not len(target.boxes):
            continue
        with torch.no_grad():
            positive, owner, share = assign_cells(
                scores[i], boxes[i], centres, target.boxes, target.classes
            )
        classes = target.classes[owner]
        wanted_scores[i, positive, classes], weights[i, positive, classes] = share, 1.0
        pictures.append(torch.full_like(positive, i))
        cells.append(positive)
        owned.append(target.boxes[owner])
        quads.append(target.quads[owner])
        shares.append(share)
    score = F.binary_cross_entropy_with_logits(
        found.scores, wanted_scores, weights, reduction="sum"
    )
    if not cells:
        return 0.5 * score, dict(zip(PARTS, (score.item(), 0.0, 0.0, 0.0), strict=True))
    picture, cell, wanted = torch.cat(pictures), torch.cat(cells), torch.cat(owned)
    share = torch.cat(shares)
    total = share.sum().clamp(1.0)
    centre, stride = centres[cell], strides[cell]
    distances = found.distances[picture, cell]
    matched = decode_boxes(distances, centre, stride)
    edges = torch.cat([centre - wanted[:, :2], wanted[:, 2:] - centre], -1) / stride[:, None]
    corners = corner_loss(found.corners[picture, cell], wanted, torch.cat(quads))
    terms = (
        score / total,
        ((1 - generalised_iou(matched, wanted)) * share).sum() / total,
        (distance_loss(distances, edges) * share).sum() / total,
        (corners * share).sum() / total,
    )
    # Gains of the first three as in YOLOv8's published settings, found robust there.
    loss = sum(gain * term for gain, term in zip(GAINS, terms, strict=True))
    assert isinstance(loss, Tensor)
    return loss, dict(zip(PARTS, (term.item() for term in terms), strict=True))


def inside_any(centres: Tensor, regions: Tensor) -> Tensor:
    """Which cells (A,) lie inside at least one of the regions (I, 4)."""
    after = centres[None] > regions[:, None, :2]
    before = centres[None] < regions[:, None, 2:]
    return (after & before).all(-1).any(0)
