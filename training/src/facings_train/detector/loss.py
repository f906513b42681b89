"""Losses and target assignment of the detector, each with its paper."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from facings_train.detector.model import decode_boxes

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
    scores: Tensor, boxes: Tensor, centres: Tensor, truth: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Give each true box its best-aligned cells (task-aligned assignment, arXiv 2108.07755).

    Args:
        scores: (A,) predicted, in [0, 1].
        boxes: (A, 4) predicted, xyxy in pixels.
        centres: (A, 2) of the cells in pixels.
        truth: (T, 4) true boxes, T > 0.

    Returns:
        Indices (P,) of positive cells, the true box (P,) of each, and its target score (P,).
    """
    to_edges = torch.cat(
        [centres[None] - truth[:, None, :2], truth[:, None, 2:] - centres[None]], -1
    )
    inside = to_edges.amin(-1) > 0
    overlap = paired_iou(truth[:, None], boxes[None]) * inside
    alignment = scores[None] ** SCORE_POWER * overlap**IOU_POWER
    best, cells = alignment.topk(min(TOP_CELLS, alignment.shape[1]), dim=1)
    claimed = torch.zeros_like(inside).scatter_(1, cells, best > 1e-9)
    rival = torch.where(claimed, overlap, torch.full_like(overlap, -1.0))
    owner = rival.argmax(0)
    positive = torch.where(claimed.any(0))[0]
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


def detector_loss(
    logits: Tensor,
    distances: Tensor,
    centres: Tensor,
    strides: Tensor,
    truths: list[Tensor],
    ignored: list[Tensor],
) -> tuple[Tensor, dict[str, float]]:
    """Sum of score, overlap and distance losses over a batch.

    Args:
        logits: (B, A); distances: (B, A, 4, bins), as the network gives them.
        centres: (A, 2); strides: (A,), as `cell_centres` gives them.
        truths: per picture (T, 4) boxes; T may be 0.
        ignored: per picture (I, 4) regions in which nothing counts as a false alarm.
    """
    boxes = decode_boxes(distances, centres, strides)
    targets = torch.zeros_like(logits)
    weights = torch.ones_like(logits)
    overlap_parts, distance_parts, score_sum = [], [], logits.new_zeros(())
    for i, truth in enumerate(truths):
        if len(ignored[i]):
            weights[i] = 1 - inside_any(centres, ignored[i]).float()
        if not len(truth):
            continue
        with torch.no_grad():
            positive, owner, target = assign_cells(logits[i].sigmoid(), boxes[i], centres, truth)
        targets[i, positive], weights[i, positive] = target, 1.0
        matched, wanted = boxes[i, positive], truth[owner]
        overlap_parts.append(((1 - generalised_iou(matched, wanted)) * target).sum())
        cell, stride = centres[positive], strides[positive, None]
        edges = torch.cat([cell - wanted[:, :2], wanted[:, 2:] - cell], -1) / stride
        distance_parts.append((distance_loss(distances[i, positive], edges) * target).sum())
        score_sum = score_sum + target.sum()
    score_sum = score_sum.clamp(1.0)
    score = (
        F.binary_cross_entropy_with_logits(logits, targets, weights, reduction="sum") / score_sum
    )
    overlap = torch.stack(overlap_parts).sum() / score_sum if overlap_parts else logits.sum() * 0
    distance = torch.stack(distance_parts).sum() / score_sum if distance_parts else logits.sum() * 0
    # Gains of the three terms as in YOLOv8's published settings, found robust there.
    total = 0.5 * score + 7.5 * overlap + 1.5 * distance
    return total, {"score": score.item(), "overlap": overlap.item(), "distance": distance.item()}


def inside_any(centres: Tensor, regions: Tensor) -> Tensor:
    """Which cells (A,) lie inside at least one of the regions (I, 4)."""
    after = centres[None] > regions[:, None, :2]
    before = centres[None] < regions[:, None, 2:]
    return (after & before).all(-1).any(0)
