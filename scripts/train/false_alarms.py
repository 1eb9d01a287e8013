#!/usr/bin/env python3
"""Looks for the places of the training pictures at which a network sees weapons that are none, so that the next run learns
from them: hard negatives (Sung and Poggio 1998; Shrivastava et al. 2016).

  false_alarms.py --checkpoint averaged.pt --data DATA/train --out alarms.json     then train.py --false-alarms alarms.json

Only pictures count in which weapons are labeled in full, or that come from a source without any.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from assign import pairwise_iou
from augment import WEAPONS, BatchMaker
from dataset import Labels, PictureStore, name_in, read_labels
from evaluate import Found, detect_all, suppress
from train import averaged, finished

LEAST = 0.03  # score of a place that is kept
MOST = 6  # of a picture, the surest ones
NEAR = 0.2  # IoU with a weapon from which on a box may have meant it
SAME = 0.5  # IoU of two boxes from which on they are one place
PART = 512  # pictures whose boxes are kept in memory at a time


def alarms_of(item: Labels, found: Found, weapons: list[int]) -> list[tuple[np.ndarray, float]]:
    """Box and score of each place at which `found` has a weapon, but `item`, labeled in full for weapons, has none."""
    chosen = np.isin(found.classes, weapons) & (found.scores >= LEAST)
    boxes, scores = torch.from_numpy(found.boxes[chosen]), torch.from_numpy(found.scores[chosen])
    drawn = torch.from_numpy(item.boxes[np.isin(item.classes, weapons)])
    apart = torch.from_numpy(pairwise_iou(boxes, drawn).numpy().max(1, initial=0) < NEAR)
    boxes, scores = boxes[apart], scores[apart]
    # What is taken for a handgun and for a knife is one place.
    places = suppress(scores, torch.zeros(len(scores)), boxes, SAME, MOST)
    return [(box.numpy(), float(score)) for box, score in zip(boxes[places], scores[places])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="averaged.pt of a finished run")
    parser.add_argument("--data", type=Path, required=True, help="the folder of training pictures")
    parser.add_argument("--cache", type=Path, default=Path(".cache/train"))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if not args.out.parent.is_dir():
        parser.error(f"--out {args.out}: its folder is missing")
    names, labels = read_labels(args.data)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = finished(args.checkpoint, names, device)
    config = averaged(args.checkpoint, device)["config"]
    store = PictureStore(labels, args.cache)
    maker = BatchMaker(labels, store, names, config)
    if not maker.weapons:
        raise SystemExit(f"{args.data}: has none of the classes {', '.join(WEAPONS)}")
    known = [i for i in range(len(labels)) if (maker.background[i][maker.weapons] >= 1).all()]
    alarms: dict[str, list[list[float]]] = {}
    for start in range(0, len(known), PART):
        part = known[start : start + PART]
        found = detect_all(model, [labels[i] for i in part], [store[i] for i in part], config, len(names))
        for i, result in zip(part, found):
            places = alarms_of(labels[i], result, maker.weapons)
            if places:
                rows = [[round(float(value), 2) for value in (*box, score)] for box, score in places]
                alarms[name_in(labels[i].file, args.data)] = rows
        print(f"{start + len(part)}/{len(known)}", flush=True)
    if not alarms:
        raise SystemExit(f"{args.data}: {args.checkpoint} raises no false alarm in {len(known)} pictures; nothing is written")
    args.out.write_text(json.dumps(alarms))


if __name__ == "__main__":
    main()
