"""Decoding, non-maximum suppression and the scores of the data set; the twin of `src/detect` and `src/eval`."""
from typing import Callable, NamedTuple

import numpy as np
import torch
from torch import Tensor

from assign import pairwise_iou
from augment import WEAPONS
from dataset import Labels, PictureStore
from model import STRIDES, boxes_of, cell_centers, flatten
from pictures import letterbox, letterbox_geometry, window_multiple

IOU_STEPS = np.arange(0.5, 0.96, 0.05)
FALSE_POSITIVES = 0.1
WEAPON_FALSE_POSITIVES = 0.05
# Operating points: the false positives that each allows, in terms of the rates above.
POINTS = {"quiet": 1 / 5, "normal": 1.0, "alert": 3.0}
LEAST_THRESHOLD = 0.05


class Found(NamedTuple):
    """scores (k,), classes (k,), boxes (k, 4) left, top, right, bottom in pixels of the picture; best first."""

    scores: np.ndarray
    classes: np.ndarray
    boxes: np.ndarray


def suppress(scores: Tensor, classes: Tensor, boxes: Tensor, iou: float, most: int) -> Tensor:
    """Greedy non-maximum suppression within each class; inputs best first → indices that stay."""
    overlap = pairwise_iou(boxes, boxes) * (classes[:, None] == classes[None])
    keep: list[int] = []
    alive = torch.ones(len(scores), dtype=torch.bool)
    for i in range(len(scores)):
        if alive[i]:
            keep.append(i)
            if len(keep) == most:
                break
            alive &= overlap[i] <= iou
    return torch.tensor(keep, dtype=torch.int64)


def decode(
    logits: Tensor, sides: Tensor, width: int, height: int,
    threshold: float = 0.01, iou: float = 0.5, candidates: int = 300, most: int = 100,
) -> tuple[Tensor, Tensor, Tensor]:
    """One picture: logits (cells, classes), sides (cells, 4) → scores, classes, boxes in pixels of the input."""
    scores = logits.sigmoid().flatten()
    order = torch.sort(scores, descending=True, stable=True).indices[:candidates]
    order = order[scores[order] >= threshold]
    centers, _ = cell_centers(width, height)
    boxes = boxes_of(centers, sides[None])[0]
    cells, classes = order // logits.shape[1], order % logits.shape[1]
    keep = suppress(scores[order], classes, boxes[cells], iou, most)
    return scores[order][keep], classes[keep], boxes[cells][keep]


@torch.no_grad()
def detect_all(model: Callable[[Tensor], list[Tensor]], labels: list[Labels], store: PictureStore, config: dict, classes: int) -> list[Found]:
    """Every picture, letterboxed as on the camera. model: (n, 3, h, w) uint8 → three maps."""
    width, height = config["network"]["width"], config["network"]["height"]
    multiple = window_multiple(width, height, STRIDES)
    found: dict[int, Found] = {}
    for (window_width, window_height), members in _by_window(labels, width, height, multiple).items():
        for start in range(0, len(members), 32):
            part = members[start : start + 32]
            inputs, geometries = zip(*(letterbox(store[i], width, height, multiple) for i in part))
            maps = model(torch.from_numpy(np.stack(inputs)))
            logits, sides = (t.float().cpu() for t in flatten(maps, classes))
            for row, (i, geometry) in enumerate(zip(part, geometries)):
                scores, kinds, boxes = decode(logits[row], sides[row], window_width, window_height)
                item = labels[i]
                boxes = (boxes.numpy() - [geometry.left, geometry.top] * 2) * (
                    [item.width / geometry.width, item.height / geometry.height] * 2
                )
                boxes = np.clip(boxes, 0, [item.width, item.height] * 2)
                found[i] = Found(scores.numpy(), kinds.numpy(), boxes.astype(np.float32))
    return [found[i] for i in range(len(labels))]


def _by_window(labels: list[Labels], width: int, height: int, multiple: int | None) -> dict[tuple[int, int], list[int]]:
    """Pictures that share a batch: indices by the size of their window."""
    groups: dict[tuple[int, int], list[int]] = {}
    for i, item in enumerate(labels):
        geometry = letterbox_geometry(item.width, item.height, width, height, multiple)
        groups.setdefault((geometry.window_width, geometry.window_height), []).append(i)
    return groups


def _match(found: list[Found], labels: list[Labels], kinds: list[int], iou: float):
    """Detections of these classes taken as one: scores, whether each hits, whether its picture counts for false
    alarms; best first. And the number of objects in pictures that count, and in all."""
    rows: list[tuple[float, bool, bool]] = []
    counted = total = pictures = 0
    for item, result in zip(labels, found):
        goals = item.boxes[np.isin(item.classes, kinds) & (item.scores == 1)]
        counts = bool(item.exhaustive[kinds].all())
        chosen = np.isin(result.classes, kinds)
        scores, boxes = result.scores[chosen], result.boxes[chosen]
        if len(kinds) > 1 and len(scores):
            keep = suppress(torch.from_numpy(scores), torch.zeros(len(scores)), torch.from_numpy(boxes), 0.5, 100).numpy()
            scores, boxes = scores[keep], boxes[keep]
        total += len(goals)
        pictures += counts
        counted += len(goals) if counts else 0
        overlap = pairwise_iou(torch.from_numpy(boxes), torch.from_numpy(goals)).numpy()
        free = np.ones(len(goals), bool)
        for score, row in zip(scores, overlap):
            row = np.where(free, row, -1)
            hit = len(row) > 0 and row.max() >= iou
            if hit:
                free[row.argmax()] = False
            rows.append((float(score), bool(hit), counts))
    rows.sort(key=lambda r: -r[0])
    return rows, counted, total, pictures


def average_precision(rows: list[tuple[float, bool, bool]], counted: int) -> float:
    """101-point interpolated, over pictures where the class is exhaustive."""
    hits = np.array([hit for _, hit, counts in rows if counts], float)
    if counted == 0 or len(hits) == 0:
        return 0.0
    recall = np.cumsum(hits) / counted
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.where(at < len(precision), precision[np.minimum(at, len(precision) - 1)], 0).mean())


def recall_at_fp(rows: list[tuple[float, bool, bool]], total: int, pictures: int, rate: float) -> tuple[float, float]:
    """Recall, and the lowest score at which there are at most `rate` false positives a picture."""
    allowed, wrong, hits, result = rate * pictures, 0, 0, (0.0, 1.0)
    for i, (score, hit, counts) in enumerate(rows):
        hits += hit
        wrong += counts and not hit
        if wrong > allowed:
            break
        if i + 1 == len(rows) or rows[i + 1][0] < score:
            result = (hits / max(total, 1), score)
    return result


def operating_points(found: list[Found], labels: list[Labels], names: list[str]) -> dict[str, list[float]]:
    """For each of POINTS a threshold a class: the lowest score at which its false positives keep to the rate of the
    data set's README times the point's share. Never below LEAST_THRESHOLD: such a box is not worth looking at."""
    points: dict[str, list[float]] = {point: [] for point in POINTS}
    for kind, name in enumerate(names):
        rows, _, total, pictures = _match(found, labels, [kind], 0.5)
        rate = WEAPON_FALSE_POSITIVES if name in WEAPONS else FALSE_POSITIVES
        for point, share in POINTS.items():
            _, threshold = recall_at_fp(rows, total, pictures, rate * share)
            points[point].append(round(max(LEAST_THRESHOLD, threshold), 4))
    return points


def score(found: list[Found], labels: list[Labels], names: list[str]) -> dict:
    """The scores that the data set's README defines."""
    result: dict = {"images": len(labels), "classes": {}}
    at50, at_all = [], []
    for kind, name in enumerate(names):
        rows, counted, total, pictures = _match(found, labels, [kind], 0.5)
        rate = WEAPON_FALSE_POSITIVES if name in WEAPONS else FALSE_POSITIVES
        recall, threshold = recall_at_fp(rows, total, pictures, rate)
        ap50 = average_precision(rows, counted)
        result["classes"][name] = {"ap50": ap50, "gt": counted, "recallAtFp": recall, "threshold": threshold}
        if counted:
            at50.append(ap50)
            at_all.append(np.mean([average_precision(*_match(found, labels, [kind], iou)[:2]) for iou in IOU_STEPS]))
    weapons = [names.index(w) for w in WEAPONS if w in names]
    if weapons:
        rows, _, total, pictures = _match(found, labels, weapons, 0.5)
        recall, threshold = recall_at_fp(rows, total, pictures, WEAPON_FALSE_POSITIVES)
        result["classes"]["weapon"] = {"recallAtFp": recall, "threshold": threshold}
    return {"mAP50": float(np.mean(at50 or [0])), "mAP": float(np.mean(at_all or [0])), **result}
