#!/usr/bin/env python3
"""Makes test/fixtures/pictures: sixteen small pictures of odd shapes, for the tests that compare two
implementations with each other.

    python3 scripts/demo/make-pictures.py DATA_DIR test/fixtures/pictures

DATA_DIR holds train/images and val/images. Needs Pillow. Every picture is cut out, resized and, where it
would otherwise be large, reduced to a palette; PNG, so that every reader sees the same bytes.
"""

import sys
from pathlib import Path

from PIL import Image

# (source picture, part of it as left, top, right, bottom in 0..1, size, colors of the palette or None)
PICTURES = [
    ("val/images/lanes_guns_01676.webp", (0, 0, 1, 1), (224, 160), 256),
    ("train/images/ahmed_clips_00143.webp", (0, 0, 1, 1), (320, 180), 128),
    ("val/images/ahmed_web_00321.webp", (0.15, 0, 0.85, 1), (97, 133), None),
    ("val/images/highway_01204.webp", (0, 0.42, 1, 0.72), (301, 57), None),
    ("val/images/ahmed_clips_00022.webp", (0.55, 0.15, 0.85, 1), (33, 200), None),
    ("train/images/yuskun_vehicles_16602.webp", (0.5, 0.5, 0.51, 0.51), (1, 1), None),
    ("train/images/yuskun_vehicles_16602.webp", (0.2, 0.2, 0.8, 0.8), (2, 3), None),
    ("val/images/highway_01263.webp", (0, 0, 1, 1), (225, 161), 256),
    ("val/images/highway_01186.webp", (0.15, 0, 0.85, 1), (160, 224), 256),
    ("train/images/yuskun_atl_16442.webp", (0, 0, 1, 1), (223, 159), 256),
    ("train/images/luiz_overhead_13400.webp", (0, 0, 1, 1), (255, 255), 64),
    ("val/images/ahmed_web_00301.webp", (0.2, 0, 0.7, 1), (57, 301), None),
    ("val/images/lanes_guns_01367.webp", (0, 0, 1, 1), (127, 64), None),
    ("train/images/yuskun_vehicles_16861.webp", (0, 0, 1, 1), (200, 150), 256),
    ("val/images/lanes_guns_01680.webp", (0.1, 0.25, 0.9, 1), (113, 112), None),
    ("val/images/highway_01202.webp", (0, 0, 1, 1), (449, 321), 64),
]


def main() -> None:
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for number, (name, (left, top, right, bottom), size, colors) in enumerate(PICTURES, 1):
        source = Image.open(data / name).convert("RGB")
        box = (left * source.width, top * source.height, right * source.width, bottom * source.height)
        picture = source.resize(size, Image.LANCZOS, box=box)
        if colors is not None:
            picture = picture.quantize(colors, dither=Image.Dither.NONE)
        picture.save(out / f"parity-{number:02d}.png", optimize=True)


if __name__ == "__main__":
    main()
