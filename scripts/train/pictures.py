"""Pictures as the camera delivers them: planar YUV 4:2:0 (I420), BT.601 full range, and the letterbox to the
network's input.

Both are exact integer arithmetic and the twin of `src/image/color.ts` and `src/image/letterbox.ts`: the same
file gives the same bytes here and there, so a binary layer can be compared to the last bit.
"""
from functools import lru_cache
from pathlib import Path
from typing import Iterable, NamedTuple

import numpy as np
from PIL import Image


class Picture(NamedTuple):
    """uint8 planes: y (h, w); u and v (ceil(h/2), ceil(w/2))."""

    y: np.ndarray
    u: np.ndarray
    v: np.ndarray


def decode(path: Path) -> Picture:
    """Reads a picture file. Raises OSError (Pillow's) when it is none."""
    with Image.open(path) as image:
        return from_rgb(np.asarray(image.convert("RGB")))


def from_rgb(rgb: np.ndarray) -> Picture:
    """rgb (h, w, 3) uint8 → I420. Chroma is taken from the rounded mean of each 2×2 block of RGB; a block at
    an odd edge has fewer pixels."""
    r, g, b = (rgb[..., c].astype(np.int32) for c in range(3))
    y = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16
    ones = np.ones(r.shape, np.int32)
    count = _block_sum(ones)
    shift = np.where(count == 4, 2, np.where(count == 2, 1, 0))
    r, g, b = ((_block_sum(c) + (count >> 1)) >> shift for c in (r, g, b))
    u = 128 + ((-11059 * r - 21709 * g + 32768 * b + 32768) >> 16)
    v = 128 + ((32768 * r - 27439 * g - 5329 * b + 32768) >> 16)
    return Picture(y.astype(np.uint8), np.clip(u, 0, 255).astype(np.uint8), np.clip(v, 0, 255).astype(np.uint8))


def _block_sum(plane: np.ndarray) -> np.ndarray:
    height, width = plane.shape
    padded = np.pad(plane, ((0, height & 1), (0, width & 1)))
    return padded[0::2, 0::2] + padded[0::2, 1::2] + padded[1::2, 0::2] + padded[1::2, 1::2]


class Geometry(NamedTuple):
    """Where the content of a letterboxed picture lies, in pixels of the input, and the size of that input."""

    left: int
    top: int
    width: int
    height: int
    window_width: int
    window_height: int


def letterbox_geometry(width: int, height: int, out_width: int, out_height: int, multiple: int | None = None) -> Geometry:
    """`multiple`: the input is a window of about the picture's shape whose sides are multiples of it; at most
    (out_width, out_height), which it always is without. `src/image/letterbox.ts` says how it is found."""
    largest = min(out_width / width, out_height / height)
    window_width, window_height = out_width, out_height
    if multiple:
        window_width = min(out_width, max(1, int(np.floor(width * largest / multiple + 0.5))) * multiple)
        window_height = min(out_height, max(1, int(np.floor(height * largest / multiple + 0.5))) * multiple)
    scale = min(window_width / width, window_height / height)
    content_width = min(max(int(np.floor(width * scale + 0.5)), 1), window_width)
    content_height = min(max(int(np.floor(height * scale + 0.5)), 1), window_height)
    left, top = (window_width - content_width) >> 1, (window_height - content_height) >> 1
    return Geometry(left, top, content_width, content_height, window_width, window_height)


def window_multiple(width: int, height: int, strides: Iterable[int]) -> int | None:
    """Of what the sides of a window are multiples: whole cells of the coarsest level. None for a network whose own
    input is no such multiple; it runs on that input only. Twin of `src/detect/window-engines.ts`."""
    coarsest = max(strides)
    return coarsest if width % coarsest == 0 and height % coarsest == 0 else None


def letterbox(picture: Picture, out_width: int, out_height: int, multiple: int | None = None) -> tuple[np.ndarray, Geometry]:
    """→ (3, window_height, window_width) uint8, padded with 128, and the geometry."""
    height, width = picture.y.shape
    geometry = letterbox_geometry(width, height, out_width, out_height, multiple)
    left, top, content_width, content_height, window_width, window_height = geometry
    out = np.full((3, window_height, window_width), 128, np.uint8)
    for plane, source in enumerate(picture):
        horizontal = _taps(source.shape[1], content_width)
        vertical = _taps(source.shape[0], content_height)
        rows = (source.astype(np.int64) @ horizontal.T + 2048) >> 12
        out[plane, top : top + content_height, left : left + content_width] = (vertical @ rows + 2048) >> 12
    return out, geometry


@lru_cache(maxsize=512)
def _taps(in_size: int, out_size: int) -> np.ndarray:
    """(out_size, in_size) int64: the triangle filter, each row sums to 4096. See `src/image/letterbox.ts`."""
    taps = np.zeros((out_size, in_size), np.int64)
    ratio = in_size / out_size
    support = max(1.0, ratio)
    for i in range(out_size):
        center = (i + 0.5) * ratio
        first = max(0, int(np.floor(center - support + 0.5)))
        last = min(in_size, int(np.floor(center + support + 0.5)))
        weights = [max(0.0, 1 - abs((j + 0.5 - center) / support)) for j in range(first, last)]
        total = 0.0
        for weight in weights:
            total += weight
        row = [int(np.floor(weight / total * 4096 + 0.5)) for weight in weights]
        row[row.index(max(row))] += 4096 - sum(row)
        taps[i, first:last] = row
    return taps
