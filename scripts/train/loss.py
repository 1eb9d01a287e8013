"""Classification by varifocal loss (Zhang et al. 2021) where something is known, boxes by CIoU (Zheng et al. 2020)."""
import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from assign import assign
from model import boxes_of, cell_centers, flatten

#: A teacher's box counts from this score on.
TEACHER_SEES = 0.1


class Teacher(NamedTuple):
    """A finished network that teaches. knows (classes,): 1 for each class that it has learned, else 0. gain: by what its
    scores are multiplied (to at most 1), where they stand for a lower overlap than ours."""

    network: nn.Module
    knows: Tensor
    gain: float


class Batch(NamedTuple):
    """pictures (n, 3, h, w) uint8; objects padded to m: boxes (n, m, 4) in pixels, classes (n, m), weights
    (n, m), 0 where padded; background (n, cells, classes): weight of the absence of a class in a cell."""

    pictures: Tensor
    boxes: Tensor
    classes: Tensor
    weights: Tensor
    background: Tensor


def detection_loss(maps: list[Tensor], batch: Batch, config: dict, assignment: dict) -> tuple[Tensor, dict[str, Tensor]]:
    """Sum of both losses over the batch, divided by the sum of the targets' qualities; and its parts.

    Nothing here depends on a value: a GPU that had to tell one would stand still meanwhile."""
    classes = batch.background.shape[-1]
    height, width = batch.pictures.shape[-2:]
    logits, sides = flatten([m.float() for m in maps], classes)
    centers, strides = cell_centers(width, height, logits.device)
    boxes = boxes_of(centers, sides)
    probabilities = logits.detach().sigmoid()
    targets = assign(
        probabilities, boxes.detach(), centers, strides, batch.boxes, batch.classes, batch.weights > 0, **assignment
    )
    if batch.boxes.shape[1] == 0:
        positive_class = torch.zeros_like(logits, dtype=torch.bool)
        weight = quality = targets.quality
    else:
        kinds = batch.classes.gather(1, targets.object)[..., None]
        positive_class = (kinds == torch.arange(classes, device=kinds.device)) & targets.positive[..., None]
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
    class_loss = class_loss / total
    if batch.boxes.shape[1] == 0:
        box_loss = sides.sum() * 0
    else:
        goal = batch.boxes.gather(1, targets.object[..., None].expand(-1, -1, 4))
        box_weight = quality.clamp(min=config["least_weight"]) * weight
        box_loss = ((1 - complete_iou(boxes, goal)) * box_weight).sum() / total
    loss = config["class_weight"] * class_loss + config["box_weight"] * box_loss
    return loss, {"class": class_loss.detach(), "box": box_loss.detach(), "quality": total / len(logits)}


def distillation_loss(
    maps: list[Tensor], teacher_maps: list[Tensor], batch: Batch, config: dict, teacher: Teacher | None = None
) -> Tensor:
    """How far the scores and boxes are from those of a teacher (Hinton et al. 2015), in every cell: of classes, too, that
    nobody has labeled in the picture. But where a class is labeled in full, or taken to be absent, and the whole input shows
    none of it, the labels are right. `teacher`: whose maps they are; without it, those of a twin of the network that learns.

    Scores by quality focal loss (Li et al. 2020), boxes by CIoU where the teacher sees something.
    """
    classes = batch.background.shape[-1]
    height, width = batch.pictures.shape[-2:]
    logits, sides = flatten([m.float() for m in maps], classes)
    teacher_logits, teacher_sides = flatten([m.detach().float() for m in teacher_maps], classes)
    wanted = teacher_logits.sigmoid() * (1 - known_absent(batch))
    own = logits.detach().sigmoid()
    knows, least = torch.ones_like(own[0, 0]), torch.full_like(own[..., 0], TEACHER_SEES)
    if teacher:
        knows = teacher.knows
        wanted = (wanted * teacher.gain).clamp(max=1) * knows
        # A cell has one box: that of the weapon, where the teacher knows but the person who holds it.
        least = torch.maximum(least, (own * (1 - knows)).amax(-1))
    weight = (wanted - own).abs() ** config["negative_gamma"] * knows
    class_loss = F.binary_cross_entropy_with_logits(logits, wanted, weight, reduction="sum")
    centers, _ = cell_centers(width, height, logits.device)
    best = wanted.amax(-1)
    seen = torch.where(best > least, best, torch.zeros_like(best))
    box_loss = ((1 - complete_iou(boxes_of(centers, sides), boxes_of(centers, teacher_sides))) * seen).sum()
    total = seen.sum().clamp(min=1.0)
    return (config["class_weight"] * class_loss + config["box_weight"] * box_loss) / total


def known_absent(batch: Batch) -> Tensor:
    """(n, cells, classes): 1 where the absence of the class has its full weight and the whole input shows none of it; else 0."""
    classes = torch.arange(batch.background.shape[-1], device=batch.background.device)
    shown = ((batch.classes[..., None] == classes) & (batch.weights > 0)[..., None]).any(1, keepdim=True)
    return ((batch.background >= 1) & ~shown).float()


def complete_iou(a: Tensor, b: Tensor) -> Tensor:
    """(…, 4), (…, 4) → (…): IoU less the distance of the centers and the difference of the aspect ratios."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    overlap = area((high - low).clamp(min=0))
    size_a, size_b = (a[..., 2:] - a[..., :2]).clamp(min=1e-3), (b[..., 2:] - b[..., :2]).clamp(min=1e-3)
    iou = overlap / (area(size_a) + area(size_b) - overlap)
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    distance = ((a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) ** 2).sum(-1) / 4 / (hull**2).sum(-1).clamp(min=1e-9)
    v = 4 / math.pi**2 * (torch.atan(size_b[..., 0] / size_b[..., 1]) - torch.atan(size_a[..., 0] / size_a[..., 1])) ** 2
    with torch.no_grad():
        trade = v / (1 - iou + v).clamp(min=1e-9)
    return iou - distance - trade * v


def area(size: Tensor) -> Tensor:
    """(…, 2) → (…). The gradient of `prod` would ask the GPU whether a side is zero."""
    return size[..., 0] * size[..., 1]
