"""Batches for training: a pure function of (seed, step), so that a resumed run sees what an unbroken one would.

What a batch shows is planned first (`Canvas`: where pictures lie, which objects are left, what light there is), then
drawn: by Pillow here, by `render.py` where there is a GPU.
"""
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from dataset import Alarm, Labels, PictureStore
from loss import Batch
from model import STRIDES

WEAPONS = ("handgun", "rifle", "knife")
# Classes that the teacher networks looked for in every picture: their absence is weak evidence.
TAUGHT = ("person", "car", "bus", "truck", "motorcycle", "dog", "cat")
# Sources of animals and traffic: a weapon there would be a rarity.
WEAPON_FREE = ("animalpose", "catdog134", "highway", "yuskun_vehicles", "yuskun_atl", "lschen", "luiz_overhead")
# Wide clips that were squeezed into squares.
SQUEEZED = ("ahmed_clips",)
MIN_VISIBLE = 0.3  # a box of which less is left is neither object nor background
MAX_HIDDEN = 0.4  # a box of which more is hidden by a picture laid over it is dropped
PATCH = 1.2  # times the sides of the weapon that it hides
MOST_PATCHES = 3  # a picture of more weapons shows little else
FALSE_ALARMS = 0.35  # share of the pictures that show one, where they are known
COVER = 0.0  # scale that stands for: as large as fills the tile
CELL = STRIDES[0]


class BatchMaker:
    """Plans the batch of each step."""

    def __init__(
        self, labels: list[Labels], store: PictureStore, names: list[str], config: dict, alarms: list[Alarm] | None = None
    ):
        self.labels, self.store, self.names, self.config = labels, store, names, config
        rates = [config.get("sampling", {}).get(item.source, 1.0) for item in labels]
        self.cumulated = cumulated(rates)
        self.width, self.height = config["network"]["width"], config["network"]["height"]
        self.early_size = tuple(config["augment"].get("early_size", (self.width, self.height)))
        if len(self.early_size) != 2 or any(side % STRIDES[-1] or side <= 0 for side in self.early_size):
            raise SystemExit(f"{config['name']}: augment.early_size is {[*self.early_size]}; it is [width, height], multiples of 32")
        self.background = [self._background(item) for item in labels]
        self.weapons = [i for i, name in enumerate(names) if name in WEAPONS]
        self.unarmed = [i for i, item in enumerate(labels) if not np.isin(item.classes, self.weapons).any()]
        self.alarms = alarms or []
        # Each as often as its score and the rate of its source say.
        self.alarms_cumulated = cumulated([alarm.score * rates[alarm.picture] for alarm in self.alarms])

    def __len__(self) -> int:
        return self.config["schedule"]["steps"]

    def plan(self, step: int) -> list["Canvas"]:
        """The canvases of the batch of that step, not drawn yet."""
        rng = np.random.default_rng((self.config["seed"], step))
        schedule = self.config["schedule"]
        # Toward the end whole pictures only, as the camera will see them (YOLOX, Ge et al. 2021), and at the network's
        # size: before, a smaller one learns the same in less time (Tan and Le 2021, EfficientNetV2).
        mosaic, size = 0.0, (self.width, self.height)
        if step < schedule["steps"] * schedule["mosaic_until"]:
            mosaic, size = self.config["augment"]["mosaic"], self.early_size
        return [self._sample(rng, mosaic, *size) for _ in range(schedule["batch"])]

    def plain(self, index: int) -> "Canvas":
        """Picture `index` letterboxed, nothing else."""
        canvas = Canvas(self.width, self.height, len(self.names))
        canvas.place(self, index, (0, 0, self.width, self.height), 1.0, 1.0, 0.5, 0.5, False)
        return canvas

    def _background(self, item: Labels) -> np.ndarray:
        loss = self.config["loss"]
        weight = item.exhaustive.astype(np.float32)
        for i, name in enumerate(self.names):
            if not weight[i] and name in TAUGHT:
                weight[i] = loss["taught_negative"]
            if not weight[i] and name in WEAPONS and item.source in WEAPON_FREE:
                weight[i] = loss["weapon_free_negative"]
        return weight

    def _draw(self, rng: np.random.Generator) -> int:
        return pick(rng, self.cumulated)

    def _sample(self, rng: np.random.Generator, mosaic: float, width: int, height: int) -> "Canvas":
        canvas = Canvas(width, height, len(self.names))
        if rng.random() < mosaic:
            x, y = int(width * rng.uniform(0.3, 0.7)), int(height * rng.uniform(0.3, 0.7))
            for tile in ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)):
                self._place(canvas, rng, tile, grow=1.5)
        else:
            self._place(canvas, rng, (0, 0, width, height), grow=1.0)
        canvas.tint = draw_tint(rng, self.config["augment"], (width, height))
        return canvas

    def _place(self, canvas: "Canvas", rng: np.random.Generator, tile: tuple, grow: float) -> None:
        settings = self.config["augment"]
        if rng.random() < settings["cover"]:
            # A scene to lie on: objects in the middle of gray would teach that gray surrounds them.
            canvas.place(self, self._draw(rng), tile, COVER, 1.0, rng.random(), rng.random(), rng.random() < 0.5)
        # Drawn as weapons are: otherwise what is seen from near would be a weapon.
        alarm = None
        if self.alarms and rng.random() < settings.get("false_alarms", FALSE_ALARMS):
            alarm = self.alarms[pick(rng, self.alarms_cumulated)]
        index = alarm.picture if alarm else self._draw(rng)
        item = self.labels[index]
        aspect = float(np.exp(rng.uniform(-settings["aspect"], settings["aspect"])))
        if item.source in SQUEEZED:
            aspect *= float(rng.choice([1.0, 4 / 3, 16 / 9], p=[0.4, 0.2, 0.4]))
        scale, across, down = log_uniform(rng, settings["scale"]) * grow, rng.random(), rng.random()
        weapons = np.flatnonzero(np.isin(item.classes, self.weapons))
        rate = settings.get("disarm", 0.0) if item.exhaustive[self.weapons].any() and self.unarmed and not alarm else 0.0
        disarm = rate > 0 and 0 < len(weapons) <= MOST_PATCHES and rng.random() < rate
        if alarm:
            scale, across, down = self._aim(rng, item, alarm.box, tile, aspect)
        elif len(weapons) and not disarm:
            box = item.boxes[weapons[rng.integers(len(weapons))]]
            scale, across, down = self._aim(rng, item, box, tile, aspect)
        before = len(canvas.placements)
        canvas.place(self, index, tile, scale, aspect, across, down, rng.random() < 0.5)
        if disarm and len(canvas.placements) > before:
            self._disarm(canvas, rng, canvas.placements[-1].target)

    def _disarm(self, canvas: "Canvas", rng: np.random.Generator, seen: tuple[int, int, int, int]) -> None:
        """Hides the weapons in `seen` under other pictures, shrunk: what is left of the scene shows that a weapon is
        not where men stand, or in rooms of that kind, but where a weapon is."""
        low, high = np.array(seen[:2]), np.array(seen[2:])
        for box, kind in list(zip(canvas.boxes, canvas.classes)):
            middle, size = (np.array(box[:2]) + box[2:]) / 2, np.subtract(box[2:], box[:2]) * PATCH
            if kind not in self.weapons or (middle < low).any() or (middle > high).any():
                continue
            corners = *np.maximum(middle - size / 2, low).round(), *np.minimum(middle + size / 2, high).round()
            patch = tuple(int(corner) for corner in corners)
            other = self.unarmed[rng.integers(len(self.unarmed))]
            canvas.place(self, other, patch, COVER, 1.0, rng.random(), rng.random(), rng.random() < 0.5)

    def _aim(
        self, rng: np.random.Generator, item: Labels, box: np.ndarray, tile: tuple, aspect: float
    ) -> tuple[float, float, float]:
        """Scale and place at which the weapon has the size and stands where a camera may see it: the weapons of
        the web fill their pictures, those of a room are small, and a crop at random would often lose them."""
        settings, (left, top, right, bottom) = self.config["augment"], tile
        width, height = right - left, bottom - top
        fit = min(width / (item.width * aspect), height / item.height)
        size = fit * np.sqrt(max(float((box[2:] - box[:2]).prod()) * aspect, 1.0))
        low, high = settings["weapon_scale"]
        scale = float(np.clip(log_uniform(rng, settings["weapon_size"]) / size, low, high))
        places = []
        for extent, middle, whole in (
            (width, float(box[0] + box[2]) / 2 * aspect, item.width * aspect),
            (height, float(box[1] + box[3]) / 2, item.height),
        ):
            slack = extent - whole * fit * scale
            wanted = extent * rng.uniform(0.15, 0.85) - middle * fit * scale
            places.append(float(np.clip(wanted / slack, 0, 1)) if abs(slack) > 1 else 0.5)
        return scale, places[0], places[1]


def cumulated(rates: list[float]) -> np.ndarray:
    """Shares of the sum of all rates that each one and those before it make up, for `pick`."""
    return np.cumsum(rates) / np.sum(rates)


def pick(rng: np.random.Generator, shares: np.ndarray) -> int:
    """Index of one of those that are behind the `shares`, at random, as often as its rate says."""
    return int(min(np.searchsorted(shares, rng.random(), side="right"), len(shares) - 1))


def log_uniform(rng: np.random.Generator, bounds: list[float]) -> float:
    return float(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]))))


class Placement(NamedTuple):
    """A picture of the store that lies on a canvas: the part `source` of it, in shares of its size, fills the pixels
    `target`. Both are left, top, right, bottom."""

    picture: int
    target: tuple[int, int, int, int]
    source: tuple[float, float, float, float]
    flip: bool


class Tint(NamedTuple):
    """What becomes of a canvas's planes, in this order."""

    blur: tuple[int, int] | None  # width and height to which the planes shrink before they grow again
    light: float  # y · light
    gamma: float  # 255 · (y / 255)^gamma
    contrast: float  # (y − 128) · contrast + 128 + brightness
    brightness: float
    chroma: tuple[float, float, float, float]  # u' = c₀·u + c₁·v, v' = c₂·u + c₃·v, about 128
    noise: float  # standard deviation of what is added to y
    seed: int  # of the noise


def draw_tint(rng: np.random.Generator, settings: dict, size: tuple[int, int]) -> Tint:
    """Light, color, noise and blur of a canvas of `size` (width, height)."""
    blur = None
    if rng.random() < settings["blur"]:
        blur = int(size[0] * rng.uniform(0.4, 0.9)), int(size[1] * rng.uniform(0.4, 0.9))
    light = saturation = 1.0
    if rng.random() < settings["dark"]:
        light, saturation = rng.uniform(0.25, 0.7), rng.uniform(0.4, 1.0)
    gamma, contrast, brightness = float(np.exp(rng.uniform(-0.35, 0.35))), rng.uniform(0.7, 1.3), rng.uniform(-25, 25)
    if rng.random() < settings["gray"]:
        chroma = 0.0, 0.0, 0.0, 0.0
    else:
        angle = rng.uniform(-0.25, 0.25)
        u, v = saturation * rng.uniform(0.6, 1.4), saturation * rng.uniform(0.6, 1.4)
        chroma = u * np.cos(angle), -v * np.sin(angle), u * np.sin(angle), v * np.cos(angle)
    noise = rng.uniform(2, 14) if rng.random() < settings["noise"] else 0.0
    return Tint(blur, light, gamma, contrast, brightness, chroma, noise, int(rng.integers(2**31)))


class Canvas:
    """One input of the network as it is planned: what lies on it, objects, and what is known of the background."""

    def __init__(self, width: int, height: int, classes: int):
        self.width, self.height = width, height
        self.placements: list[Placement] = []
        self.tint: Tint | None = None
        # Nothing is in the padding: every class is absent there for certain.
        self.background = np.ones((classes, height // CELL, width // CELL), np.float32)
        self.boxes: list[list[float]] = []
        self.classes: list[int] = []
        self.weights: list[float] = []

    def place(
        self, maker: BatchMaker, index: int, tile: tuple[int, int, int, int],
        scale: float, aspect: float, across: float, down: float, flip: bool,
    ) -> None:
        """Puts picture `index` into `tile` (left, top, right, bottom): `scale` of the size at which it just fits,
        or COVER; `aspect` times wider than it is; `across`, `down` 0 … 1: where, between flush left (top) and flush right."""
        item = maker.labels[index]
        left, top, right, bottom = tile
        fits = (right - left) / (item.width * aspect), (bottom - top) / item.height
        fit = max(fits) if scale == COVER else min(fits) * scale
        width, height = max(8.0, item.width * aspect * fit), max(8.0, item.height * fit)
        x, y = left + (right - left - width) * across, top + (bottom - top - height) * down
        # The part of the picture that is seen, in whole pixels of the canvas.
        x0, y0 = int(np.ceil(max(x, left) - 0.5)), int(np.ceil(max(y, top) - 0.5))
        x1, y1 = int(np.floor(min(x + width, right) + 0.5)), int(np.floor(min(y + height, bottom) + 0.5))
        if x1 <= x0 or y1 <= y0:
            return
        source = (x0 - x) / width, (y0 - y) / height, (x1 - x) / width, (y1 - y) / height
        self.placements.append(Placement(index, (x0, y0, x1, y1), tuple(min(max(s, 0.0), 1.0) for s in source), flip))

        self._hide(x0, y0, x1, y1)
        cells = self._cells(x0, y0, x1, y1)
        self.background[(slice(None), *cells)] = maker.background[index][:, None, None]
        boxes = item.boxes * np.array([width / item.width, height / item.height] * 2) + np.array([x, y] * 2)
        if flip:
            boxes[:, [0, 2]] = x0 + x1 - boxes[:, [2, 0]]
        for box, kind, score in zip(boxes, item.classes, item.scores):
            self._add(box, int(kind), float(score), (x0, y0, x1, y1), maker.config["loss"]["pseudo_ignore"])

    def _add(self, box: np.ndarray, kind: int, score: float, seen: tuple[int, int, int, int], ignore: float) -> None:
        low, high = np.maximum(box[:2], seen[:2]), np.minimum(box[2:], seen[2:])
        size = np.maximum(high - low, 0)
        visible = float(size.prod() / max((box[2:] - box[:2]).prod(), 1e-6))
        if visible < 0.02:
            return
        if visible < MIN_VISIBLE or size.min() < 2 or score < ignore:
            self.background[(kind, *self._cells(*low, *high))] = 0
            return
        self.boxes.append([*low, *high])
        self.classes.append(kind)
        self.weights.append(min(1.0, max(0.2, (score - 0.2) / 0.5)))

    def _hide(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Drops the objects that lie under what was just placed; of what still shows of them, nothing is said any more."""
        def hidden(box: list[float]) -> float:
            across = max(0.0, min(box[2], x1) - max(box[0], x0))
            down = max(0.0, min(box[3], y1) - max(box[1], y0))
            return across * down / max((box[2] - box[0]) * (box[3] - box[1]), 1e-6)

        stay = [i for i, box in enumerate(self.boxes) if hidden(box) <= MAX_HIDDEN]
        for i in set(range(len(self.boxes))) - set(stay):
            self.background[(self.classes[i], *self._cells(*self.boxes[i]))] = 0
        self.boxes = [self.boxes[i] for i in stay]
        self.classes = [self.classes[i] for i in stay]
        self.weights = [self.weights[i] for i in stay]

    def limit(self, most: int) -> None:
        """Keeps the `most` largest objects; where the others are, nothing of their class is said any more."""
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in self.boxes]
        order = np.argsort(areas)[::-1]
        for i in order[most:]:
            self.background[(self.classes[i], *self._cells(*self.boxes[i]))] = 0
        kept = sorted(order[:most])
        self.boxes, self.classes, self.weights = ([values[i] for i in kept] for values in (self.boxes, self.classes, self.weights))

    @staticmethod
    def _cells(x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice]:
        return slice(int(y0 // CELL), int(np.ceil(y1 / CELL))), slice(int(x0 // CELL), int(np.ceil(x1 / CELL)))

    def draw(self, store: PictureStore) -> np.ndarray:
        """→ (3, height, width) uint8; gray where nothing lies."""
        planes = np.full((3, self.height, self.width), 128, np.uint8)
        for index, (x0, y0, x1, y1), (left, top, right, bottom), flip in self.placements:
            for plane, source in zip(planes, store[index]):
                rows, columns = source.shape
                part = left * columns, top * rows, right * columns, bottom * rows
                seen = np.asarray(Image.fromarray(source).resize((x1 - x0, y1 - y0), Image.BILINEAR, part))
                plane[y0:y1, x0:x1] = seen[:, ::-1] if flip else seen
        if self.tint:
            self._apply(self.tint, planes)
        return planes

    def _apply(self, tint: Tint, planes: np.ndarray) -> None:
        if tint.blur:
            for plane in planes:
                small = Image.fromarray(plane).resize(tint.blur, Image.BILINEAR)
                plane[:] = np.asarray(small.resize((self.width, self.height), Image.BILINEAR))
        y, (u, v) = planes[0].astype(np.float32) * np.float32(tint.light), planes[1:].astype(np.float32) - 128
        y = 255 * (y / 255) ** np.float32(tint.gamma)
        y = (y - 128) * np.float32(tint.contrast) + np.float32(128 + tint.brightness)
        if tint.noise:
            y += np.random.default_rng(tint.seed).standard_normal(y.shape, np.float32) * np.float32(tint.noise)
        planes[0] = np.clip(y + 0.5, 0, 255)
        a, b, c, d = (np.float32(share) for share in tint.chroma)
        planes[1] = np.clip(a * u + b * v + 128.5, 0, 255)
        planes[2] = np.clip(c * u + d * v + 128.5, 0, 255)


def collate(canvases: list[Canvas], store: PictureStore) -> Batch:
    """Draws the canvases and joins them."""
    return targets(canvases)._replace(pictures=torch.from_numpy(np.stack([c.draw(store) for c in canvases])))


def targets(canvases: list[Canvas], most: int | None = None) -> Batch:
    """All of a batch but its pictures, which have no planes here: (n, 0, h, w). Padded to `most` objects, or to as many
    as the fullest canvas has."""
    if most is None:
        most = max(len(c.boxes) for c in canvases)
    boxes = torch.zeros(len(canvases), most, 4)
    kinds = torch.zeros(len(canvases), most, dtype=torch.int64)
    weights = torch.zeros(len(canvases), most)
    for i, canvas in enumerate(canvases):
        count = len(canvas.boxes)
        if count:
            boxes[i, :count] = torch.tensor(np.array(canvas.boxes), dtype=torch.float32)
            kinds[i, :count] = torch.tensor(canvas.classes)
            weights[i, :count] = torch.tensor(canvas.weights)
    fine = torch.from_numpy(np.stack([c.background for c in canvases]))
    levels = [fine]
    for _ in STRIDES[1:]:
        levels.append(-torch.nn.functional.max_pool2d(-levels[-1], 2))  # the least certain of the four
    background = torch.cat([level.flatten(2) for level in levels], 2).transpose(1, 2)
    pictures = torch.empty(len(canvases), 0, canvases[0].height, canvases[0].width, dtype=torch.uint8)
    return Batch(pictures, boxes, kinds, weights, background.contiguous())
