#!/usr/bin/env python3
"""Makes a demo sequence, numbered frames of one scene, from a clip of the data set.

    python3 scripts/demo/make-demo.py DATA_DIR train clip_2- OUT_DIR [--aspect 3:4] [--numbers 1-143] [--crop …]

--crop is the part of the frame that is shown, left,top,right,bottom from 0 to 1. With frame numbers it moves, as a
camera that pans: "1=0,0,1,1 27=0,0,1,1 28=0,0.3,0.5,0.8" shows all of frames 1 to 27 and then a quarter.

DATA_DIR/SPLIT holds annotations.json and images/. Needs Pillow and numpy.

The clips are stored as squares, each frame up to three times, some of them mirrored: here repetitions are
dropped, mirrored frames turned back so that the motion is continuous, and the clip's own aspect ratio restored.
Beside frame-001.webp … it writes labels.json: for each frame its boxes of weapons, left, top, width, height in
pixels of the frame.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

WEAPONS = {2: "handgun", 3: "rifle", 4: "knife"}

# Mean difference of gray values, 0..255, below which two frames are the same one.
SAME_FRAME = 2.8


def main() -> None:
    options = parse_arguments()
    folder = options.data / options.split
    images, boxes = read_group(folder, options.group, options.numbers)
    options.out.mkdir(parents=True, exist_ok=True)
    left, top, right, bottom = options.crop[0][1]
    size = (options.width, round(options.width / options.aspect * (bottom - top) / (right - left)))
    labels = {}
    for number, (image, picture, mirrored) in enumerate(distinct_frames(folder, images), 1):
        name = f"frame-{number:03d}.webp"
        window = [side * picture.width for side in crop_at(options.crop, number)]
        picture.resize(size, Image.LANCZOS, box=window).save(
            options.out / name, quality=options.quality, method=6
        )
        labels[name] = [moved(box, picture.width, mirrored, window, size) for box in boxes[image["id"]]]
        labels[name] = [label for label in labels[name] if label is not None]
    (options.out / "labels.json").write_text(json.dumps(labels, separators=(",", ":")).replace("],\"", "],\n\"") + "\n")
    with_weapon = sum(1 for found in labels.values() if found)
    total = sum(path.stat().st_size for path in options.out.glob("*.webp"))
    print(f"{len(labels)} frames, {with_weapon} with a weapon, {total // 1024} KB")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("split", choices=["train", "val"])
    parser.add_argument("group", help="group of the annotations")
    parser.add_argument("out", type=Path)
    parser.add_argument("--numbers", type=number_ranges, default=[(0, 10**9)], help="file numbers: 510-567,658-738")
    parser.add_argument("--aspect", type=aspect_ratio, default=16 / 9, help="of the whole frame, default 16:9")
    parser.add_argument("--crop", type=crop_keys, default=[(1, (0, 0, 1, 1))], help="part of the frame, 0..1")
    parser.add_argument("--width", type=int, default=480, help="pixels")
    parser.add_argument("--quality", type=int, default=70, help="of the WebP files")
    return parser.parse_args()


def number_ranges(text: str) -> list:
    return [tuple(map(int, part.split("-"))) for part in text.split(",")]


def crop_keys(text: str) -> list[tuple[int, tuple[float, ...]]]:
    """"0,0,1,1" or "1=0,0,1,1 28=0,0.3,0.5,0.8" as (frame number, crop), in order of the frames."""
    keys = [part.split("=") if "=" in part else ("1", part) for part in text.split()]
    return [(int(number), tuple(map(float, crop.split(",")))) for number, crop in keys]


def crop_at(keys: list[tuple[int, tuple[float, ...]]], number: int) -> list[float]:
    """The crop of a frame: between two keys it moves evenly."""
    numbers = [key for key, _ in keys]
    return [float(np.interp(number, numbers, side)) for side in zip(*(crop for _, crop in keys))]


def aspect_ratio(text: str) -> float:
    width, height = map(float, text.split(":"))
    return width / height


def read_group(folder: Path, group: str, ranges: list):
    """The group's images in order of time, and the boxes of weapons for each image id."""
    annotations = json.loads((folder / "annotations.json").read_text())
    images = [image for image in annotations["images"] if image["group"] == group]
    images = [image for image in images if any(a <= number_of(image) <= b for a, b in ranges)]
    images.sort(key=number_of)
    boxes = {image["id"]: [] for image in images}
    for annotation in annotations["annotations"]:
        if annotation["image_id"] in boxes and annotation["category_id"] in WEAPONS:
            boxes[annotation["image_id"]].append(annotation)
    return images, boxes


def number_of(image: dict) -> int:
    return int(re.search(r"(\d+)\.\w+$", image["file_name"]).group(1))


def distinct_frames(folder: Path, images: list):
    """Yields image, picture, whether it was turned back; each frame once, all looking the same way."""
    last = None
    for image in images:
        picture = Image.open(folder / image["file_name"]).convert("RGB")
        small = thumbnail(picture)
        mirrored = False
        if last is not None:
            here, turned = difference(small, last), difference(small[:, ::-1], last)
            if min(here, turned) < SAME_FRAME:
                continue
            mirrored = turned < here
        if mirrored:
            picture, small = ImageOps.mirror(picture), small[:, ::-1]
        last = small
        yield image, picture, mirrored


def thumbnail(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L").resize((40, 40)), dtype=np.float32)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).mean())


def moved(annotation: dict, stored: int, mirrored: bool, window: list, size: tuple[int, int]):
    """A box of the stored square in pixels of the finished frame; None where next to nothing of it is left."""
    x, y, width, height = annotation["bbox"]
    if mirrored:
        x = stored - x - width
    scale_x, scale_y = size[0] / (window[2] - window[0]), size[1] / (window[3] - window[1])
    left, top = (x - window[0]) * scale_x, (y - window[1]) * scale_y
    right, bottom = left + width * scale_x, top + height * scale_y
    clipped = [max(0, left), max(0, top), min(size[0], right), min(size[1], bottom)]
    area = max(0, clipped[2] - clipped[0]) * max(0, clipped[3] - clipped[1])
    if area < 0.05 * (right - left) * (bottom - top):
        return None
    box = [clipped[0], clipped[1], clipped[2] - clipped[0], clipped[3] - clipped[1]]
    return {"label": WEAPONS[annotation["category_id"]], "box": [round(value, 1) for value in box]}


if __name__ == "__main__":
    main()
