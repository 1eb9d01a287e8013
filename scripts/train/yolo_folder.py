"""Reads folders in the format of YOLO's trainers: pictures in `images/`, for each a file of the same name in
`labels/` with a line `class center-x center-y width height` an object, all but the class as shares of the picture.

The names of the classes are in `data.yaml` (`names:`, a list or a table) or, one a line, in `classes.txt`; either
stands in the folder itself or in the one above. Every class counts as labelled in full in every picture, and a
picture without a file of labels as one in which nothing is.
"""
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from PIL import Image

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
SLACK = 1.0  # pixels by which a box may leave its picture: labels are rounded


class YoloPicture(NamedTuple):
    """boxes (n, 4) left, top, right, bottom in pixels; classes (n,) index into the names."""

    file: Path
    width: int
    height: int
    boxes: np.ndarray
    classes: np.ndarray


def find(folder: Path) -> tuple[Path, Path] | None:
    """→ the folders of pictures and labels of `folder`, also where its parent holds them as `images/NAME` and
    `labels/NAME`; None where there are none."""
    for images, labels in (
        (folder / "images", folder / "labels"),
        (folder.parent / "images" / folder.name, folder.parent / "labels" / folder.name),
    ):
        if images.is_dir() and labels.is_dir():
            return images, labels
    return None


def read(folder: Path) -> tuple[list[str], list[YoloPicture], list[str]]:
    """→ names of the classes, pictures in the order of their names, and a line for each entry that was passed over.

    Raises SystemExit when the folder itself cannot be used.
    """
    found = find(folder)
    if found is None:
        raise SystemExit(f"{folder}: has neither annotations.json nor images/ and labels/")
    images, labels = found
    names = read_names(folder)
    problems: list[str] = []
    pictures: list[YoloPicture] = []
    files = sorted(path for path in images.rglob("*") if path.suffix.lower() in PICTURES)
    for file in files:
        try:
            with Image.open(file) as image:
                width, height = image.size
        except OSError as error:
            problems.append(f"{file}: cannot be read ({error})")
            continue
        rows = _read_labels(_label_file(file, images, labels), width, height, names, problems)
        pictures.append(YoloPicture(
            file, width, height,
            np.array([box for _, box in rows], np.float32).reshape(-1, 4),
            np.array([kind for kind, _ in rows], np.int64),
        ))
    known = {_label_file(file, images, labels) for file in files}
    for path in sorted(labels.rglob("*.txt")):
        if path not in known and path.name != "classes.txt":
            problems.append(f"{path}: its picture is missing in {images}")
    return names, pictures, problems


def read_names(folder: Path) -> list[str]:
    """Raises SystemExit when there is no list of classes, or one that cannot be used."""
    for place in (folder, folder.parent):
        if (place / "data.yaml").is_file():
            return _names_of_yaml(place / "data.yaml")
        for path in (place / "classes.txt", place / "labels" / "classes.txt"):
            if path.is_file():
                return [line.strip() for line in path.read_text().splitlines() if line.strip()]
    raise SystemExit(f"{folder}: has no data.yaml or classes.txt that names the classes")


def _names_of_yaml(path: Path) -> list[str]:
    try:
        names = yaml.safe_load(path.read_text())["names"]
        if isinstance(names, dict):
            if sorted(names) != list(range(len(names))):
                raise ValueError("names must be numbered 0, 1, 2, …")
            names = [names[i] for i in range(len(names))]
        if not isinstance(names, list) or not names:
            raise ValueError("names must be a list or a table of classes")
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise SystemExit(f"{path}: cannot be used: {str(error).splitlines()[0]}") from error
    return [str(name) for name in names]


def _label_file(picture: Path, images: Path, labels: Path) -> Path:
    return (labels / picture.relative_to(images)).with_suffix(".txt")


def _read_labels(
    path: Path, width: int, height: int, names: list[str], problems: list[str]
) -> list[tuple[int, list[float]]]:
    if not path.is_file():
        return []
    rows = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(_parse(line, width, height, names))
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
    return rows


def _parse(line: str, width: int, height: int, names: list[str]) -> tuple[int, list[float]]:
    """Raises ValueError that says what is wrong with the line."""
    words = line.split()
    if len(words) != 5:
        raise ValueError(f"has {len(words)} numbers, expected 5: class, center x, center y, width, height")
    try:
        kind, values = int(words[0]), [float(word) for word in words[1:]]
    except ValueError:
        raise ValueError(f'"{line.strip()}" is not a class and four numbers') from None
    if not np.isfinite(values).all():
        raise ValueError(f'"{line.strip()}" is not a class and four numbers')
    if not 0 <= kind < len(names):
        raise ValueError(f"class {kind} is unknown, there are {len(names)}")
    x, y, w, h = (value * side for value, side in zip(values, (width, height) * 2))
    if w <= 0 or h <= 0:
        raise ValueError(f"box {words[1:]} has no area")
    box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
    if min(box[:2]) < -SLACK or box[2] > width + SLACK or box[3] > height + SLACK:
        raise ValueError(f"box {words[1:]} leaves its picture of {width}×{height}")
    return kind, box
