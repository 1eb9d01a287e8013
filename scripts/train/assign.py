"""Which cell answers for which object: task-aligned assignment (TOOD, Feng et al. 2021)."""
from typing import NamedTuple

import torch
from torch import Tensor


class Targets(NamedTuple):
    """positive (n, cells) bool; object (n, cells) index of the object; quality (n, cells) 0 … 1, 0 if none."""

    positive: Tensor
    object: Tensor
    quality: Tensor


def pairwise_iou(a: Tensor, b: Tensor) -> Tensor:
    """a (…, m, 4), b (…, k, 4) → (…, m, k)."""
    low = torch.maximum(a[..., :, None, :2], b[..., None, :, :2])
    high = torch.minimum(a[..., :, None, 2:], b[..., None, :, 2:])
    overlap = (high - low).clamp(min=0).prod(-1)
    area_a = (a[..., 2:] - a[..., :2]).clamp(min=0).prod(-1)
    area_b = (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1)
    return overlap / (area_a[..., :, None] + area_b[..., None, :] - overlap).clamp(min=1e-9)


@torch.no_grad()
def assign(
    probabilities: Tensor, boxes: Tensor, centers: Tensor, strides: Tensor,
    object_boxes: Tensor, object_classes: Tensor, object_valid: Tensor,
    top: int, class_power: float, iou_power: float,
) -> Targets:
    """probabilities (n, cells, classes), boxes (n, cells, 4) as predicted; object_boxes (n, m, 4),
    object_classes (n, m), object_valid (n, m) padded to the same m.

    A cell is a candidate for an object if its center lies in the box, or within three quarters of a stride of
    the box's center, so that the smallest object has one. Of these the `top` best by
    probability^class_power · IoU^iou_power are positive; a cell wanted by two serves the one it overlaps more.
    """
    batch, cells, _ = probabilities.shape
    objects = object_boxes.shape[1]
    if objects == 0:
        empty = torch.zeros(batch, cells, device=boxes.device)
        return Targets(empty.bool(), empty.long(), empty)
    iou = pairwise_iou(object_boxes, boxes)
    index = object_classes[..., None].expand(-1, -1, cells)
    align = probabilities.transpose(1, 2).gather(1, index) ** class_power * iou**iou_power

    offset = centers[None, None] - object_boxes[:, :, None, :2]
    inside = ((offset > 0) & (object_boxes[:, :, None, 2:] - centers[None, None] > 0)).all(-1)
    middle = (object_boxes[..., :2] + object_boxes[..., 2:]) / 2
    near = ((centers[None, None] - middle[:, :, None]).abs().amax(-1) < 0.75 * strides)
    candidate = (inside | near) & object_valid[..., None]

    ranked = torch.where(candidate, align + 1e-9, torch.zeros_like(align))
    values, best = ranked.topk(min(top, cells), -1)
    chosen = torch.zeros_like(candidate).scatter_(-1, best, values > 0)
    overlap = torch.where(chosen, iou, torch.full_like(iou, -1))
    served = overlap.argmax(1)
    chosen &= torch.zeros_like(chosen).scatter_(1, served[:, None], True)

    align = align * chosen
    scale = (iou * chosen).amax(-1, keepdim=True) / align.amax(-1, keepdim=True).clamp(min=1e-9)
    return Targets(chosen.any(1), served, (align * scale).amax(1).clamp(0, 1))
