"""The pictures and what is known of them.

Differs from plain COCO in two ways. `exhaustive_category_ids` of an image lists the classes that are labelled
in full; any other class may be there unlabelled. `pseudo_score` of an annotation says that teacher networks
drew the box and how sure they were.
"""
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pictures import Picture, decode


@dataclass
class Labels:
    """What is known of one picture. Boxes are (n, 4) float32 left, top, right, bottom in its pixels."""

    file: Path
    width: int
    height: int
    source: str
    group: str
    exhaustive: np.ndarray  # (classes,) bool
    boxes: np.ndarray
    classes: np.ndarray  # (n,) int64, index into the class names
    scores: np.ndarray  # (n,) float32: 1 for a person's box, else the teacher's score


def read_labels(folder: Path, strict: bool = False) -> tuple[list[str], list[Labels]]:
    """Reads `folder/annotations.json`. A broken entry is named and passed over, or, if strict, ends the program.

    Raises SystemExit when the file itself cannot be used.
    """
    path = folder / "annotations.json"
    try:
        data = json.loads(path.read_text())
        categories = {c["id"]: i for i, c in enumerate(sorted(data["categories"], key=lambda c: c["id"]))}
        names = [c["name"] for c in sorted(data["categories"], key=lambda c: c["id"])]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path}: not a COCO annotation file ({error})") from error

    problems: list[str] = []
    boxes: dict[int, list[tuple[list[float], int, float]]] = {image["id"]: [] for image in data["images"]}
    sizes = {image["id"]: (image["width"], image["height"]) for image in data["images"]}
    for annotation in data["annotations"]:
        problem = _problem_of(annotation, sizes, categories)
        if problem:
            problems.append(f"{path}: annotation {annotation.get('id')}: {problem}")
            continue
        left, top, width, height = annotation["bbox"]
        boxes[annotation["image_id"]].append((
            [left, top, left + width, top + height],
            categories[annotation["category_id"]],
            float(annotation.get("pseudo_score", 1.0)),
        ))

    labels = []
    for image in data["images"]:
        file = folder / image["file_name"]
        if not file.is_file():
            problems.append(f"{path}: image {image['id']}: {file} is missing")
            continue
        rows = boxes[image["id"]]
        exhaustive = np.zeros(len(names), bool)
        exhaustive[[categories[c] for c in image.get("exhaustive_category_ids", list(categories))]] = True
        labels.append(Labels(
            file, image["width"], image["height"], image.get("source", ""), image.get("group", ""), exhaustive,
            np.array([r[0] for r in rows], np.float32).reshape(-1, 4),
            np.array([r[1] for r in rows], np.int64),
            np.array([r[2] for r in rows], np.float32),
        ))
    for problem in problems[:20]:
        print(problem, file=sys.stderr)
    if problems:
        print(f"{path}: {len(problems)} entries passed over", file=sys.stderr)
        if strict:
            raise SystemExit(1)
    return names, labels


def _problem_of(annotation: dict, sizes: dict, categories: dict) -> str | None:
    if annotation.get("category_id") not in categories:
        return f"category {annotation.get('category_id')} is not in categories"
    if annotation.get("image_id") not in sizes:
        return f"image {annotation.get('image_id')} is not in images"
    box = annotation.get("bbox")
    if not isinstance(box, list) or len(box) != 4:
        return "bbox is not [left, top, width, height]"
    if box[2] <= 0 or box[3] <= 0:
        return f"bbox {box} has no area"
    width, height = sizes[annotation["image_id"]]
    if box[0] < -1 or box[1] < -1 or box[0] + box[2] > width + 1 or box[1] + box[3] > height + 1:
        return f"bbox {box} leaves its picture of {width}×{height}"
    return None


class PictureStore:
    """All pictures of a list of labels, decoded once into one file of I420 bytes that is memory-mapped.

    The file stands in `cache` and is made anew when the list of pictures changes.
    """

    def __init__(self, labels: list[Labels], cache: Path):
        cache.mkdir(parents=True, exist_ok=True)
        self._sizes = [(item.height, item.width) for item in labels]
        bytes_each = [h * w + 2 * ((h + 1) // 2) * ((w + 1) // 2) for h, w in self._sizes]
        self._offsets = np.concatenate([[0], np.cumsum(bytes_each)]).astype(np.int64)
        data, index = cache / "pictures.i420", cache / "pictures.json"
        listing = json.dumps([[str(item.file), *size] for item, size in zip(labels, self._sizes)])
        if not (index.exists() and index.read_text() == listing):
            index.unlink(missing_ok=True)  # a run that is killed while it decodes leaves no index to half a file
            self._decode_all(labels, data)
            index.write_text(listing)
        self._bytes = np.memmap(data, np.uint8, "r", shape=(int(self._offsets[-1]),))

    def _decode_all(self, labels: list[Labels], data: Path) -> None:
        out = np.memmap(data, np.uint8, "w+", shape=(int(self._offsets[-1]),))
        for i, item in enumerate(labels):
            try:
                planes = decode(item.file)
            except OSError as error:
                raise SystemExit(f"{item.file}: cannot be decoded ({error}); remove its entry or replace it") from error
            if planes.y.shape != self._sizes[i]:
                height, width = planes.y.shape
                raise SystemExit(f"{item.file}: has {width}×{height} pixels, its entry says {item.width}×{item.height}")
            out[self._offsets[i] : self._offsets[i + 1]] = np.concatenate([plane.reshape(-1) for plane in planes])
            if i % 1000 == 0:
                print(f"decoding {i}/{len(labels)}", file=sys.stderr)
        out.flush()

    def __getitem__(self, i: int) -> Picture:
        height, width = self._sizes[i]
        chroma = ((height + 1) // 2, (width + 1) // 2)
        data = self._bytes[self._offsets[i] : self._offsets[i + 1]]
        luma, area = height * width, chroma[0] * chroma[1]
        return Picture(
            data[:luma].reshape(height, width),
            data[luma : luma + area].reshape(chroma),
            data[luma + area :].reshape(chroma),
        )
