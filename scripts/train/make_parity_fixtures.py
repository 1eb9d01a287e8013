#!/usr/bin/env python3
"""Writes what the engine's parity test compares to: for each picture of a folder the letterboxed bytes, the
integer sums of every convolution in integers (as hashes), the outputs of the heads, and the boxes.

  make_parity_fixtures.py --model models/xnor-yolo-zero.safetensors --pictures test/fixtures/pictures --out test/fixtures/parity
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from evaluate import decode
from model import flatten
from pictures import decode as decode_picture
from pictures import letterbox, window_multiple
from reference import Reference

THRESHOLD = 0.1
#: The layers that give integer sums.
SUMS = ("int8_conv", "binary_conv", "plane_conv", "ternary_conv")


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def write_parity(model: Path, pictures: list[Path], out: Path) -> None:
    """Writes parity.json and heads.f32 to the folder `out`."""
    reference = Reference(model)
    head, spec = reference.graph["detection"], reference.graph["input"]
    classes, width, height = len(head["classes"]), spec["width"], spec["height"]
    multiple = window_multiple(width, height, [output["stride"] for output in head["outputs"]])
    rows, heads = [], []
    for path in pictures:
        picture = decode_picture(path)
        planes, geometry = letterbox(picture, width, height, multiple)
        sums: dict[str, str] = {}

        def observe(layer: dict, value: torch.Tensor) -> None:
            if layer["op"] in SUMS:
                sums[layer["name"]] = digest(value[0].permute(1, 2, 0).numpy().astype("<i4"))

        outputs = reference(torch.from_numpy(planes)[None], observe)
        heads += [output[0].permute(1, 2, 0).numpy().astype("<f4").tobytes() for output in outputs]
        logits, sides = flatten([output.double() for output in outputs], classes)
        scores, kinds, boxes = decode(
            logits[0], sides[0], geometry.window_width, geometry.window_height, THRESHOLD, head["nmsIou"], head["candidates"], head["maxDetections"]
        )
        size = picture.y.shape[::-1]
        boxes = _to_picture(boxes.numpy(), geometry, size)
        rows.append({
            "picture": path.name,
            "window": [geometry.window_width, geometry.window_height],
            "input": digest(planes),
            "sums": sums,
            "boxes": [
                {"label": head["classes"][kind], "score": round(float(score), 6), "box": [round(float(v), 4) for v in box]}
                for score, kind, box in zip(scores, kinds, boxes) if box[2] > 0 and box[3] > 0
            ],
        })
        print(f"{path.name}: {len(rows[-1]['boxes'])} boxes")
    out.mkdir(parents=True, exist_ok=True)
    model_digest = hashlib.sha256(model.read_bytes()).hexdigest()
    document = {"model": model_digest, "threshold": THRESHOLD, "pictures": rows}
    (out / "parity.json").write_text(json.dumps(document, indent=1) + "\n")
    (out / "heads.f32").write_bytes(b"".join(heads))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for parity.json and heads.f32")
    parser.add_argument("--stride", type=int, default=1, help="take every n-th picture only")
    args = parser.parse_args()
    write_parity(args.model, sorted(args.pictures.glob("*.png"))[:: args.stride], args.out)


def _to_picture(boxes: np.ndarray, geometry, size: tuple[int, int]) -> np.ndarray:
    """Boxes of the input, left, top, right, bottom → left, top, width, height in the picture, clipped to it."""
    scale = np.array([size[0] / geometry.width, size[1] / geometry.height] * 2)
    corners = np.clip((boxes - [geometry.left, geometry.top] * 2) * scale, 0, [*size] * 2)
    return np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)


if __name__ == "__main__":
    main()
