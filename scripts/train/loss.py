"""Classification by varifocal loss (Zhang et al. 2021) where something is known, boxes by CIoU (Zheng et al. 2020)."""
import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from assign import assign
from model import boxes_of, cell_centers, flatten


class Batch(NamedTuple):
    """pictures (n, 3, h, w) uint8; objects padded to m: boxes (n, m, 4) in pixels, classes (n, m), weights
    (n, m), 0 where padded; background (n, cells, classes): weight of the absence of a class in a cell."""

    pictures: Tensor
    boxes: Tensor
    classes: Tensor
    weights: Tensor
    background: Tensor


def detection_loss(maps: list[Tensor], batch: Batch, config: dict, assignment: dict) -> tuple[Tensor, dict[str, float]]:
    """Sum of both losses over the batch, divided by the sum of the targets' qualities; and its parts."""
    classes = batch.background.shape[-1]
    height, width = batch.pictures.shape[-2:]
    logits, sides = flatten([m.float() for m in maps], classes)
    centers, strides = (t.to(logits.device) for t in cell_centers(width, height))
    boxes = boxes_of(centers, sides)
    probabilities = logits.detach().sigmoid()
    targets = assign(
        probabilities, boxes.detach(), centers, strides, batch.boxes, batch.classes, batch.weights > 0, **assignment
    )
    if batch.boxes.shape[1] == 0:
        positive_class = torch.zeros_like(logits, dtype=torch.bool)
        weight = quality = targets.quality
    else:
        positive_class = F.one_hot(batch.classes.gather(1, targets.object), classes).bool() & targets.positive[..., None]
        weight = batch.weights.gather(1, targets.object) * targets.positive
        quality = targets.quality * targets.positive

    # Boxes of small objects overlap less: a score that is the overlap would rank each of them below every large one.
    quality = (quality / config["full_quality"]).clamp(max=1)
    target = positive_class * quality[..., None]
    # A positive weighs its quality (varifocal), but never little, or objects that no box fits yet are given up.
    wanted = weight[..., None] * quality[..., None].clamp(min=config["least_weight"])
    unwanted = config["negative_alpha"] * probabilities ** config["negative_gamma"] * batch.background
    class_loss = F.binary_cross_entropy_with_logits(
        logits, target, torch.where(positive_class, wanted, unwanted), reduction="sum"
    )
    total = (quality * weight).sum().clamp(min=1.0)
    chosen = targets.positive
    if bool(chosen.any()):
        goal = batch.boxes.gather(1, targets.object[..., None].expand(-1, -1, 4))[chosen]
        box_weight = (quality.clamp(min=config["least_weight"]) * weight)[chosen]
        box_loss = ((1 - complete_iou(boxes[chosen], goal)) * box_weight).sum()
    else:
        box_loss = sides.sum() * 0
    class_loss, box_loss = class_loss / total, box_loss / total
    loss = config["class_weight"] * class_loss + config["box_weight"] * box_loss
    return loss, {"class": float(class_loss), "box": float(box_loss), "quality": float(total) / len(logits)}


def complete_iou(a: Tensor, b: Tensor) -> Tensor:
    """(k, 4), (k, 4) → (k,): IoU less the distance of the centers and the difference of the aspect ratios."""
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    overlap = (high - low).clamp(min=0).prod(-1)
    size_a, size_b = (a[:, 2:] - a[:, :2]).clamp(min=1e-3), (b[:, 2:] - b[:, :2]).clamp(min=1e-3)
    iou = overlap / (size_a.prod(-1) + size_b.prod(-1) - overlap)
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    distance = ((a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) ** 2).sum(-1) / 4 / (hull**2).sum(-1).clamp(min=1e-9)
    v = 4 / math.pi**2 * (torch.atan(size_b[:, 0] / size_b[:, 1]) - torch.atan(size_a[:, 0] / size_a[:, 1])) ** 2
    with torch.no_grad():
        trade = v / (1 - iou + v).clamp(min=1e-9)
    return iou - distance - trade * v
