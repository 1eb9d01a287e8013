"""Runs a model file that `export.py` wrote in PyTorch, in the arithmetic that `src/nn/kernels/kernels.ts` prescribes:
single precision, each operation rounded by itself; sums of a real convolution in double precision until stored, and so
are integer sums, which it holds exactly. So signs agree to the last bit and the engine can be held against it."""
from functools import reduce
from pathlib import Path
from typing import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import model_file

#: Channels of a tap that a convolution with binary weights adds up before they meet the sum.
FOUR = 4
#: Sums to which XNOR-Net's K adds the channels of a pixel in turn.
LANES = 8


def sum_in_order(parts: Sequence[Tensor]) -> Tensor:
    """Their sum, one after the other, each addition rounded."""
    return reduce(torch.add, parts)


def read_as(array: np.ndarray) -> np.ndarray:
    """Half precision is read as single."""
    return array.astype(np.float32 if array.dtype == np.float16 else array.dtype)


class Reference:
    """A network read from a model file."""

    def __init__(self, path: Path):
        self.graph, arrays = model_file.read(path)
        self.tensors = {name: (a if a.dtype == np.uint32 else torch.from_numpy(read_as(a))) for name, a in arrays.items()}

    def __call__(self, planes: Tensor, observe: Callable[[dict, Tensor], None] | None = None) -> list[Tensor]:
        """planes (n, 3, height, width) uint8 → the outputs, each (n, classes + 4, height, width) float32."""
        maps = {"input": self._picture(planes.float())}
        for layer in self.graph["layers"]:
            reads = [maps[name] for name in layer.get("inputs", [layer.get("input")])]
            maps[layer["name"]] = getattr(self, f"_{layer['op']}")(layer, *reads)
            if observe:
                observe(layer, maps[layer["name"]])
        return [maps[output["layer"]] for output in self.graph["detection"]["outputs"]]

    def _picture(self, planes: Tensor) -> Tensor:
        spec = self.graph["input"]
        if "mean" not in spec:
            return planes - 128
        mean, scale = (torch.tensor(spec[key], dtype=torch.float32).view(1, -1, 1, 1) for key in ("mean", "scale"))
        return (planes - mean) * scale

    def _channelwise(self, layer: dict, tensor: str) -> Tensor:
        return self.tensors[f"{layer['name']}.{tensor}"].view(1, -1, 1, 1)

    def _conv(self, layer: dict, x: Tensor) -> Tensor:
        weight = self.tensors[f"{layer['name']}.weight"].permute(0, 3, 1, 2).double()
        bias = self.tensors[f"{layer['name']}.bias"].double()
        return F.conv2d(x.double(), weight, bias, layer["stride"], layer["padding"]).float()

    def _int8_conv(self, layer: dict, x: Tensor) -> Tensor:
        weight = self.tensors[f"{layer['name']}.weight"].permute(0, 3, 1, 2).double()
        return self._sums(layer, x, weight, layer.get("paddingValue", 0))

    def _sums(self, layer: dict, x: Tensor, weight: Tensor, outside: int) -> Tensor:
        """Convolution of integers, what is outside of the map being `outside`."""
        padded = F.pad(x.double(), [layer["padding"]] * 4, value=float(outside))
        return F.conv2d(padded, weight, None, layer["stride"])

    def _signs_of(self, layer: dict, tensor: str, channels: int) -> Tensor:
        """Packed weights → ±1, (outputs, channels, kernel, kernel), behind one more extent where there are planes."""
        words = self.tensors[f"{layer['name']}.{tensor}"]
        return torch.from_numpy(model_file.unpack_signs(words, channels)).movedim(-1, -3).double()

    def _batch_norm(self, layer: dict, x: Tensor) -> Tensor:
        normalized = x * self._channelwise(layer, "scale") + self._channelwise(layer, "bias")
        return normalized.clamp(*layer["clip"]) if "clip" in layer else normalized

    def _quantize(self, layer: dict, x: Tensor) -> Tensor:
        return torch.floor((x * self._channelwise(layer, "scale")).clamp(-128, 127) + 128.5) - 128

    def _sign(self, layer: dict, x: Tensor) -> Tensor:
        positive = x * self._channelwise(layer, "scale") + self._channelwise(layer, "bias") >= 0
        return torch.where(positive, 1.0, -1.0)

    def _binary_conv(self, layer: dict, signs: Tensor) -> Tensor:
        return self._sums(layer, signs, self._signs_of(layer, "weight", signs.shape[1]), layer["paddingSign"])

    def _ternary_conv(self, layer: dict, signs: Tensor) -> Tensor:
        mask = self._signs_of(layer, "mask", signs.shape[1]) > 0
        return self._sums(layer, signs, self._signs_of(layer, "sign", signs.shape[1]) * mask, layer["paddingSign"])

    def _bit_planes(self, layer: dict, x: Tensor) -> Tensor:
        """As levels: the number that the planes stand for."""
        scaled = x * self._channelwise(layer, "scale")
        return torch.floor(scaled.clamp(0, 2 ** layer["planes"] - 1) + 0.5)

    def _plane_conv(self, layer: dict, levels: Tensor) -> Tensor:
        planes = self._signs_of(layer, "weight", levels.shape[1])
        return self._sums(layer, levels, sum(plane * 2**bit for bit, plane in enumerate(planes)), 0)

    def _binary_weight_conv(self, layer: dict, x: Tensor) -> Tensor:
        """Of real values: each four neighboring channels of a tap are added, and then to the sum, in single precision."""
        weight = F.pad(self._signs_of(layer, "weight", x.shape[1]).float(), (0, 0, 0, 0, 0, -x.shape[1] % FOUR), value=-1)
        x = F.pad(x, (0, 0, 0, 0, 0, -x.shape[1] % FOUR))
        kernel, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
        values = F.unfold(x, kernel, padding=padding, stride=stride).unflatten(1, (-1, FOUR, kernel * kernel))
        # Which of the 16 sums of four values an output takes: (outputs, groups of four, taps).
        powers = 2 ** torch.arange(FOUR).view(1, 1, -1, 1)
        chosen = ((weight > 0).flatten(2).unflatten(1, (-1, FOUR)) * powers).sum(2)
        signs = ((torch.arange(2**FOUR).view(-1, 1) >> torch.arange(FOUR)) % 2 * 2 - 1).float()
        sums = torch.zeros(len(x), len(weight), values.shape[-1])
        for tap in range(kernel * kernel):
            for group in range(values.shape[1]):
                four = torch.zeros(1)
                for i in range(FOUR):
                    four = four + signs[:, i].view(1, -1, 1) * values[:, group, i, tap, None]
                sums += four[:, chosen[:, group, tap]]
        height, width = ((size + 2 * padding - kernel) // stride + 1 for size in x.shape[2:])
        return sums.view(len(x), -1, height, width) * self._channelwise(layer, "scale") + self._channelwise(layer, "bias")

    def _activation_scale(self, layer: dict, x: Tensor) -> Tensor:
        """Magnitudes are added in single precision, channel c to sum c mod 8; pixels of a window in double precision."""
        parts = F.pad(x.abs(), (0, 0, 0, 0, 0, -x.shape[1] % LANES)).unflatten(1, (-1, LANES))
        lanes = sum_in_order(parts.unbind(1))
        sums = sum_in_order(lanes.unbind(1)).double()[:, None]
        kernel, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
        height, width = ((size + 2 * padding - kernel) // stride + 1 for size in x.shape[2:])
        windows = F.unfold(sums, kernel, padding=padding, stride=stride)
        means = sum_in_order(windows.unbind(1)) / (kernel * kernel * x.shape[1])
        return means.view(len(x), 1, height, width).float()

    def _multiply(self, _: dict, x: Tensor, factors: Tensor) -> Tensor:
        return x * factors

    def _affine(self, layer: dict, sums: Tensor) -> Tensor:
        return sums.float() * self._channelwise(layer, "scale") + self._channelwise(layer, "bias")

    def _prelu(self, layer: dict, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, x * self._channelwise(layer, "slope"))

    def _average_pool(self, _: dict, x: Tensor) -> Tensor:
        upper = x[..., 0::2, 0::2] + x[..., 0::2, 1::2]
        return (upper + x[..., 1::2, 0::2] + x[..., 1::2, 1::2]) * 0.25

    def _repeat_channels(self, layer: dict, x: Tensor) -> Tensor:
        return x.repeat(1, layer["times"], 1, 1)

    def _upsample(self, _: dict, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0)

    def _add(self, _: dict, a: Tensor, b: Tensor) -> Tensor:
        return a + b
