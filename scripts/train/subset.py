#!/usr/bin/env python3
"""Takes the pictures of a few classes out of a data set, as a folder in YOLO's format.

  subset.py --data DATA --classes dog cat --out FOLDER

A picture is taken if all the classes are labeled in full in it by persons and one of them is there. Pictures are
linked, not copied.
"""
import argparse
from pathlib import Path

import numpy as np
import yaml

from dataset import read_labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--classes", nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    for part in ("train", "val"):
        names, labels = read_labels(args.data / part)
        unknown = [name for name in args.classes if name not in names]
        if unknown:
            parser.error(f"--classes: {', '.join(unknown)}: not in {args.data / part}, which has {', '.join(names)}")
        wanted = [names.index(name) for name in args.classes]
        images, texts = args.out / "images" / part, args.out / "labels" / part
        images.mkdir(parents=True, exist_ok=True)
        texts.mkdir(parents=True, exist_ok=True)
        taken = objects = 0
        for item in labels:
            chosen = np.isin(item.classes, wanted)
            if not item.exhaustive[wanted].all() or not chosen.any() or (item.scores[chosen] < 1).any():
                continue
            lines = []
            for (left, top, right, bottom), kind in zip(item.boxes[chosen], item.classes[chosen]):
                center = (left + right) / 2 / item.width, (top + bottom) / 2 / item.height
                size = (right - left) / item.width, (bottom - top) / item.height
                lines.append(" ".join([str(wanted.index(kind)), *(f"{v:.5f}" for v in (*center, *size))]))
            link = images / item.file.name
            link.unlink(missing_ok=True)
            link.symlink_to(item.file.resolve())
            (texts / item.file.name).with_suffix(".txt").write_text("\n".join(lines) + "\n")
            taken, objects = taken + 1, objects + len(lines)
        print(f"{part}: {taken} pictures, {objects} objects")
    (args.out / "data.yaml").write_text(yaml.safe_dump({"names": args.classes}))


if __name__ == "__main__":
    main()
