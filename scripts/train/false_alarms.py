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
from augment import BatchMaker
from dataset import Labels, PictureStore, read_labels
from evaluate import Found, detect_all
from train import averaged, network_of

LEAST = 0.03  # score of a place that is kept
MOST = 6  # of a picture, the surest ones
NEAR = 0.2  # IoU with a weapon from which on a box may have meant it
PART = 512  # pictures whose boxes are kept in memory at a time


def alarms_of(item: Labels, found: Found, weapons: list[int]) -> list[tuple[np.ndarray, float]]:
    """Box and score of each place at which `found` has a weapon, but `item`, labeled in full for weapons, has none."""
    chosen = np.isin(found.classes, weapons) & (found.scores >= LEAST)
    boxes, scores = found.boxes[chosen], found.scores[chosen]
    drawn = item.boxes[np.isin(item.classes, weapons)]
    overlap = pairwise_iou(torch.from_numpy(boxes), torch.from_numpy(drawn)).numpy().max(1, initial=0)
    return [(box, float(score)) for box, score, near in zip(boxes, scores, overlap >= NEAR) if not near][:MOST]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="averaged.pt of a finished run")
    parser.add_argument("--data", type=Path, required=True, help="folder with annotations.json")
    parser.add_argument("--cache", type=Path, default=Path(".cache/train"))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if not args.out.parent.is_dir():
        parser.error(f"--out {args.out}: its folder is missing")
    names, labels = read_labels(args.data)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    state = averaged(args.checkpoint, device)
    if state["classes"] != names:
        parser.error(f"{args.checkpoint}: has the classes {state['classes']}, the data {names}")
    config = state["config"]
    model = network_of(config, len(names), state["method"])
    model.load_state_dict(state["model"])
    model.to(device, memory_format=torch.channels_last).eval()
    store = PictureStore(labels, args.cache)
    maker = BatchMaker(labels, store, names, config)
    known = [i for i in range(len(labels)) if (maker.background[i][maker.weapons] >= 1).all()]
    places: dict[str, list[list[float]]] = {}
    for start in range(0, len(known), PART):
        part = known[start : start + PART]
        found = detect_all(model, [labels[i] for i in part], [store[i] for i in part], config, len(names))
        for i, result in zip(part, found):
            alarms = alarms_of(labels[i], result, maker.weapons)
            if alarms:
                places[labels[i].file.relative_to(args.data).as_posix()] = [[round(float(v), 2) for v in (*box, score)] for box, score in alarms]
        print(f"{start + len(part)}/{len(known)}", flush=True)
    args.out.write_text(json.dumps(places))


if __name__ == "__main__":
    main()
