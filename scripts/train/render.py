"""Draws the canvases of a batch on a GPU: the same resampling, light and noise as `Canvas.draw`, as matrix products.

To resample a plane is to multiply it by the filter's taps from the left and from the right. A processor would drown in
the zeros of these matrices; a GPU has units for nothing else, and draws ten thousand pictures a second beside the training.
"""
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from augment import BatchMaker, Canvas, targets
from dataset import PictureStore
from loss import Batch


#: Objects of a canvas that count. Batches of one shape are what a GPU can repeat; one canvas in 1,500 has more.
MOST_OBJECTS = 40


class Plan(NamedTuple):
    """A batch that is not drawn yet. `placements`: a row each, those that lie at the bottom of their canvas first, then
    those above them; `layers` says how many each layer has. Columns: canvas, picture, flip, target (left, top, right,
    bottom in pixels), source (the same in shares of the picture). `tints`: a row a canvas, see `_tint_row`; `seed`: of
    their noise."""

    batch: Batch
    placements: Tensor
    layers: list[int]
    tints: Tensor
    seed: int


class Plans(Dataset):
    """Item `step` is the plan of that step: what a worker of a `DataLoader` makes."""

    def __init__(self, maker: BatchMaker):
        self.maker = maker

    def __len__(self) -> int:
        return len(self.maker)

    def __getitem__(self, step: int) -> Plan:
        return plan_of(self.maker.plan(step))


def plan_of(canvases: list[Canvas]) -> Plan:
    rows = [
        (layer, [i, placement.picture, placement.flip, *placement.target, *placement.source])
        for i, canvas in enumerate(canvases) for layer, placement in enumerate(canvas.placements)
    ]
    rows.sort(key=lambda row: row[0])
    layers = np.bincount([layer for layer, _ in rows]).tolist()
    placements = torch.tensor([row for _, row in rows], dtype=torch.float64)
    tints = torch.tensor([_tint_row(canvas) for canvas in canvases], dtype=torch.float32)
    seed = next((canvas.tint.seed for canvas in canvases if canvas.tint), 0)
    for canvas in canvases:
        canvas.limit(MOST_OBJECTS)
    return Plan(targets(canvases, MOST_OBJECTS), placements, layers, tints, seed)


def _tint_row(canvas: Canvas) -> list[float]:
    """Width and height of the blur (the canvas's own: none), light, gamma, contrast, brightness, the four shares of
    the chroma, standard deviation of the noise. An untinted canvas has the row that changes nothing."""
    tint, size = canvas.tint, (canvas.width, canvas.height)
    if tint is None:
        return [*size, 1, 1, 1, 0, 1, 0, 0, 1, 0]
    return [*(tint.blur or size), tint.light, tint.gamma, tint.contrast, tint.brightness, *tint.chroma, tint.noise]


def taps(starts: Tensor, steps: Tensor, outputs: int, inputs: int, sizes: Tensor, dtype: torch.dtype) -> Tensor:
    """The triangle filter with which Pillow resamples, (n, outputs, inputs), each row to be divided by its sum: output k
    of row n lies at starts + (k + ½) · steps of an input of sizes (n,) values."""
    sharpness = 1 / steps.abs().clamp(min=1)
    at = torch.arange(outputs, device=starts.device) + 0.5
    centers = (starts[:, None] + at * steps[:, None]) * sharpness[:, None]
    places = torch.arange(inputs, device=starts.device) + 0.5
    # What lies behind the end of a smaller picture is out of every filter's reach.
    places = torch.where(places < sizes[:, None], places * sharpness[:, None], torch.full((), 1e4, device=starts.device))
    distances = (places[:, None] - centers[..., None]).to(dtype)
    return distances.abs_().neg_().add_(1).clamp_(min=0)


def resample(rows: Tensor, planes: Tensor, columns: Tensor) -> Tensor:
    """planes (n, h, w) by the taps `rows` (n, height, h) and `columns` (n, width, w) → (n, height, width)."""
    down, across = (matrix.sum(-1).clamp(min=1e-3) for matrix in (rows, columns))
    # The quotient in between keeps halves in their range.
    return (rows @ planes / down[..., None]) @ columns.transpose(-1, -2) / across[..., None, :]


class Renderer:
    """All pictures of a store on a device, and canvases drawn from them."""

    def __init__(self, store: PictureStore, device: torch.device):
        self.device, self.generator = device, torch.Generator(device)
        # Products of halves are exact here: bytes have 8 bits, sums are kept in single precision.
        self.dtype = torch.float16 if device.type == "cuda" else torch.float32
        sizes = np.array(store.sizes)
        height, width = (int(side) for side in sizes.max(0))
        self._check_memory(len(sizes) * (height * width + 2 * ((height + 1) // 2) * ((width + 1) // 2)))
        luma = np.zeros((len(sizes), height, width), np.uint8)
        chroma = np.zeros((2, len(sizes), (height + 1) // 2, (width + 1) // 2), np.uint8)
        for i, (rows, columns) in enumerate(sizes):
            picture = store[i]
            luma[i, :rows, :columns] = picture.y
            for plane, source in zip(chroma, picture[1:]):
                plane[i, : (rows + 1) // 2, : (columns + 1) // 2] = source
        self.planes = [torch.from_numpy(plane).to(device) for plane in (luma, *chroma)]
        luma_sizes = torch.from_numpy(sizes).to(device)
        self.sizes = [luma_sizes, *[(luma_sizes + 1) // 2] * 2]

    def _check_memory(self, needed: int) -> None:
        if self.device.type != "cuda":
            return
        free, _ = torch.cuda.mem_get_info(self.device)
        if needed > free * 0.6:  # the rest is for the network's maps
            raise SystemExit(
                f"the pictures, each padded to the largest, need {needed / 1e9:.1f} GB of the GPU's memory, {free / 1e9:.1f} GB are "
                "free: make them smaller (twice the network's input is enough), or train on a CPU (CUDA_VISIBLE_DEVICES=)"
            )

    def draw(self, plan: Plan) -> Batch:
        """The batch, on the device, with its pictures."""
        batch = Batch(*(part.to(self.device, non_blocking=True) for part in plan.batch))
        placements = plan.placements.to(self.device, torch.float32, non_blocking=True)
        tints = plan.tints.to(self.device, non_blocking=True)
        height, width = batch.pictures.shape[-2:]
        canvases = torch.full((len(tints), 3, height, width), 128.0, device=self.device)
        seen, covered = self._resample(placements, height, width)
        layers = zip(placements[:, 0].long().split(plan.layers), seen.split(plan.layers), covered.split(plan.layers))
        for rows, above, mask in layers:
            canvases[rows] = torch.where(mask[:, None], above.float(), canvases[rows])
        blurred = (plan.tints[:, 0] != width) | (plan.tints[:, 1] != height)
        self._blur(canvases, tints, blurred.nonzero()[:, 0].to(self.device))
        noise = torch.randn(canvases[:, 0].shape, device=self.device, generator=self.generator.manual_seed(plan.seed))
        return batch._replace(pictures=self._tint(canvases, tints, noise).to(torch.uint8))

    def _resample(self, placements: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
        """→ (k, 3, height, width) what each placement shows on its canvas, and (k, height, width) bool where."""
        picture, flip, target, source = placements[:, 1].long(), placements[:, 2], placements[:, 3:7], placements[:, 7:]
        across = torch.arange(width, device=self.device)
        down = torch.arange(height, device=self.device)[:, None]
        left, top, right, bottom = (side[:, None, None] for side in target.unbind(1))
        covered = (across >= left) & (across < right) & (down >= top) & (down < bottom)
        planes = []
        for plane, sizes in zip(self.planes, self.sizes):
            axes = []
            for axis, count, mirrored in ((0, height, torch.zeros_like(flip)), (1, width, flip)):
                size = sizes[picture, axis].float()
                low, high = source[:, 1 - axis] * size, source[:, 3 - axis] * size
                first, last = target[:, 1 - axis], target[:, 3 - axis]
                step = (high - low) / (last - first)
                # A mirrored row is one that is read from its end.
                start, step = torch.where(mirrored > 0, high, low), torch.where(mirrored > 0, -step, step)
                axes.append(taps(start - first * step, step, count, plane.shape[1 + axis], size, self.dtype))
            planes.append(resample(axes[0], plane[picture].to(self.dtype), axes[1]))
        return torch.stack(planes, 1).round(), covered

    def _blur(self, canvases: Tensor, tints: Tensor, rows: Tensor) -> None:
        """Shrinks the canvases of these rows and enlarges them again."""
        if len(rows) == 0:
            return
        seen, zero, (height, width) = canvases[rows], torch.zeros(len(rows), device=self.device), canvases.shape[2:]
        sides = [(tints[rows, 1], height), (tints[rows, 0], width)]
        shrink = [taps(zero, full / small, full, full, zero + full, seen.dtype)[:, None] for small, full in sides]
        grow = [taps(zero, small / full, full, full, small, seen.dtype)[:, None] for small, full in sides]
        canvases[rows] = resample(grow[0], resample(shrink[0], seen, shrink[1]), grow[1])

    def _tint(self, canvases: Tensor, tints: Tensor, noise: Tensor) -> Tensor:
        light, gamma, contrast, brightness, a, b, c, d, deviation = (value[:, None, None] for value in tints[:, 2:].unbind(1))
        y, (u, v) = canvases[:, 0], (canvases[:, 1:] - 128).unbind(1)
        y = 255 * (y * light / 255).clamp(min=0) ** gamma
        y = (y - 128) * contrast + 128 + brightness + noise * deviation
        return torch.stack([y, a * u + b * v + 128, c * u + d * v + 128], 1).add(0.5).clamp(0, 255)
