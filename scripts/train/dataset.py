"""The pictures and what is known of them, from a folder in COCO's or in YOLO's format.

Differs from plain COCO in two ways. `exhaustive_category_ids` of an image lists the classes that are labelled
in full; any other class may be there unlabelled. `pseudo_score` of an annotation says that teacher networks
drew the box and how sure they were.
"""
import json
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

import yolo_folder
from pictures import Picture, decode

SHOWN_PROBLEMS = 20


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


class Alarm(NamedTuple):
    """Where a network saw a weapon that is none: index of the picture, box (left, top, right, bottom) in its pixels, score."""

    picture: int
    box: np.ndarray
    score: float


def read_labels(folder: Path, strict: bool = False, annotations: Path | None = None) -> tuple[list[str], list[Labels]]:
    """Reads `folder`: COCO's format where there is an `annotations.json`, else YOLO's (see `yolo_folder.py`). A
    broken entry is named and passed over, or, if strict, ends the program. `annotations`: a file of COCO's format to take
    instead, of the pictures of the same folder.

    Raises SystemExit when the folder itself cannot be used.
    """
    path = annotations or folder / "annotations.json"
    if annotations or path.exists() or yolo_folder.find(folder) is None:
        names, labels, problems = _read_coco(path, folder)
    else:
        names, pictures, problems = yolo_folder.read(folder)
        labels = [
            Labels(
                file, width, height, "", "", np.ones(len(names), bool), boxes, classes,
                np.ones(len(classes), np.float32),
            )
            for file, width, height, boxes, classes in pictures
        ]
    for problem in problems[:SHOWN_PROBLEMS]:
        print(problem, file=sys.stderr)
    if problems:
        more = f", {SHOWN_PROBLEMS} of them shown" if len(problems) > SHOWN_PROBLEMS else ""
        print(f"{annotations or folder}: {len(problems)} entries {'are broken' if strict else 'passed over'}{more}", file=sys.stderr)
        if strict:
            raise SystemExit(1)
    return names, labels


def name_in(file: Path, folder: Path) -> str:
    """By which files of several programs call a picture of the data in `folder`."""
    return Path(os.path.relpath(file, folder)).as_posix()


def read_alarms(path: Path, labels: list[Labels], folder: Path) -> list[Alarm]:
    """What `false_alarms.py` wrote of the pictures of `labels`, which are the data in `folder`.

    Raises SystemExit where `path` holds nothing of the kind, or nothing of these pictures."""
    try:
        places = json.loads(path.read_text())
        if not isinstance(places, dict):
            raise ValueError("it is no JSON object")
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path}: cannot be read as what false_alarms.py writes ({error})") from error
    alarms = []
    for i, item in enumerate(labels):
        name = name_in(item.file, folder)
        for entry in places.get(name) or []:
            if not _is_alarm(entry):
                raise SystemExit(f"{path}: {name}: {entry} is not [left, top, right, bottom, score]; make it anew by false_alarms.py")
            *box, score = entry
            alarms.append(Alarm(i, np.array(box, np.float32), float(score)))
    if not alarms:
        raise SystemExit(f"{path}: has no entry for any of the {len(labels)} pictures in {folder}; make it anew from these")
    return alarms


def _is_alarm(entry: object) -> bool:
    if not isinstance(entry, list) or len(entry) != 5 or not all(isinstance(n, (int, float)) for n in entry):
        return False
    left, top, right, bottom, score = entry
    return all(map(math.isfinite, entry)) and right > left and bottom > top and 0 < score <= 1


def _read_coco(path: Path, folder: Path) -> tuple[list[str], list[Labels], list[str]]:
    """→ names, pictures, and a line for each broken entry."""
    try:
        data = json.loads(path.read_text())
        categories = {c["id"]: i for i, c in enumerate(sorted(data["categories"], key=lambda c: c["id"]))}
        names = [c["name"] for c in sorted(data["categories"], key=lambda c: c["id"])]
        images, annotations = list(data["images"]), list(data["annotations"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path}: not a COCO annotation file ({error})") from error

    problems: list[str] = []
    usable = {}
    for image in images:
        problem = _image_problem(image, folder, categories)
        if problem:
            problems.append(f"{path}: image {_id_of(image)}: {problem}")
        else:
            usable[image["id"]] = image
    boxes: dict[int, list[tuple[list[float], int, float]]] = {image: [] for image in usable}
    known = {_id_of(image) for image in images}
    for annotation in annotations:
        problem = _annotation_problem(annotation, usable, known, categories)
        if problem:
            problems.append(f"{path}: annotation {_id_of(annotation)}: {problem}")
            continue
        if annotation["image_id"] not in usable:
            continue  # its picture has been named already
        left, top, width, height = annotation["bbox"]
        boxes[annotation["image_id"]].append((
            [left, top, left + width, top + height],
            categories[annotation["category_id"]],
            float(annotation.get("pseudo_score", 1.0)),
        ))

    labels = []
    for image in usable.values():
        rows = boxes[image["id"]]
        exhaustive = np.zeros(len(names), bool)
        exhaustive[[categories[c] for c in image.get("exhaustive_category_ids", list(categories))]] = True
        labels.append(Labels(
            folder / image["file_name"], image["width"], image["height"], image.get("source", ""),
            image.get("group", ""), exhaustive,
            np.array([r[0] for r in rows], np.float32).reshape(-1, 4),
            np.array([r[1] for r in rows], np.int64),
            np.array([r[2] for r in rows], np.float32),
        ))
    return names, labels, problems


def _id_of(entry: object) -> object:
    return entry.get("id") if isinstance(entry, dict) else entry


def _image_problem(image: object, folder: Path, categories: dict) -> str | None:
    if not isinstance(image, dict):
        return "is no entry with id, file_name, width and height"
    for key, kind in (("id", int), ("file_name", str), ("width", int), ("height", int)):
        if not isinstance(image.get(key), kind):
            return f"{key} is {image.get(key)!r}"
    unknown = [c for c in image.get("exhaustive_category_ids", []) if c not in categories]
    if unknown:
        return f"exhaustive_category_ids: category {unknown[0]} is not in categories"
    file = folder / image["file_name"]
    return None if file.is_file() else f"{file} is missing"


def _annotation_problem(annotation: object, images: dict, known: set, categories: dict) -> str | None:
    if not isinstance(annotation, dict):
        return "is no entry with image_id, category_id and bbox"
    if annotation.get("category_id") not in categories:
        return f"category {annotation.get('category_id')} is not in categories"
    if annotation.get("image_id") not in known:
        return f"image {annotation.get('image_id')} is not in images"
    box = annotation.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(side, (int, float)) for side in box):
        return f"bbox {box} is not [left, top, width, height]"
    if not (box[2] > 0 and box[3] > 0):
        return f"bbox {box} has no area"
    image = images.get(annotation["image_id"])
    if image is None:
        return None
    width, height = image["width"], image["height"]
    if not (box[0] >= -1 and box[1] >= -1 and box[0] + box[2] <= width + 1 and box[1] + box[3] <= height + 1):
        return f"bbox {box} leaves its picture of {width}×{height}"
    return None


class PictureStore:
    """All pictures of a list of labels, decoded once into one file of I420 bytes that is memory-mapped.

    The file stands in `cache` and is made anew when the list of pictures changes. `sizes`: height and width of each.
    """

    def __init__(self, labels: list[Labels], cache: Path):
        cache.mkdir(parents=True, exist_ok=True)
        self.sizes = [(item.height, item.width) for item in labels]
        bytes_each = [h * w + 2 * ((h + 1) // 2) * ((w + 1) // 2) for h, w in self.sizes]
        self._offsets = np.concatenate([[0], np.cumsum(bytes_each)]).astype(np.int64)
        data, index = cache / "pictures.i420", cache / "pictures.json"
        listing = json.dumps([[str(item.file), *size] for item, size in zip(labels, self.sizes)])
        if not (index.exists() and index.read_text() == listing):
            index.unlink(missing_ok=True)  # a run that is killed while it decodes leaves no index to half a file
            self._decode_all(labels, data)
            index.write_text(listing)
        self._bytes = np.memmap(data, np.uint8, "r", shape=(int(self._offsets[-1]),))

    def _decode_all(self, labels: list[Labels], data: Path) -> None:
        out = np.memmap(data, np.uint8, "w+", shape=(int(self._offsets[-1]),))
        with ProcessPoolExecutor() as pool:
            # By parts: what is decoded must not pile up before a slow disk.
            parts = (labels[start : start + 512] for start in range(0, len(labels), 512))
            for i, planes in enumerate(planes for part in parts for planes in pool.map(_decode_sized, part, chunksize=32)):
                if isinstance(planes, str):
                    pool.shutdown(cancel_futures=True)
                    raise SystemExit(planes)
                out[self._offsets[i] : self._offsets[i + 1]] = np.concatenate([plane.reshape(-1) for plane in planes])
                if i % 1000 == 0:
                    print(f"decoding {i}/{len(labels)}", file=sys.stderr)
        out.flush()

    def __getitem__(self, i: int) -> Picture:
        height, width = self.sizes[i]
        chroma = ((height + 1) // 2, (width + 1) // 2)
        data = self._bytes[self._offsets[i] : self._offsets[i + 1]]
        luma, area = height * width, chroma[0] * chroma[1]
        return Picture(
            data[:luma].reshape(height, width),
            data[luma : luma + area].reshape(chroma),
            data[luma + area :].reshape(chroma),
        )


def _decode_sized(item: Labels) -> Picture | str:
    """The picture, or what is wrong with it."""
    try:
        planes = decode(item.file)
    except OSError as error:
        return f"{item.file}: cannot be decoded ({error}); remove its entry or replace it"
    height, width = planes.y.shape
    if (height, width) != (item.height, item.width):
        return f"{item.file}: has {width}×{height} pixels, its entry says {item.width}×{item.height}"
    return planes
