"""Runs a model file in PyTorch, in the arithmetic that `src/nn/kernels/kernels.ts` prescribes: single precision,
each operation rounded by itself; sums of a real convolution in double precision until stored; integer sums in
binary layers. So signs agree to the last bit and the engine can be held against it."""
from pathlib import Path
from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import model_file


class Reference:
    """A network read from a model file."""

    def __init__(self, path: Path):
        self.graph, arrays = model_file.read(path)
        self.tensors = {name: (a if a.dtype == np.uint32 else torch.from_numpy(a.copy())) for name, a in arrays.items()}

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
        return F.conv2d(x.double(), weight, None, layer["stride"], layer["padding"]).float()

    def _quantize(self, layer: dict, x: Tensor) -> Tensor:
        return torch.floor((x * self._channelwise(layer, "scale")).clamp(-128, 127) + 128.5) - 128

    def _sign(self, layer: dict, x: Tensor) -> Tensor:
        positive = x * self._channelwise(layer, "scale") + self._channelwise(layer, "bias") >= 0
        return torch.where(positive, 1.0, -1.0)

    def _binary_conv(self, layer: dict, signs: Tensor) -> Tensor:
        words = self.tensors[f"{layer['name']}.weight"]
        weight = torch.from_numpy(model_file.unpack_signs(words, signs.shape[1])).permute(0, 3, 1, 2).float()
        padded = F.pad(signs, [layer["padding"]] * 4, value=float(layer["paddingSign"]))
        return F.conv2d(padded, weight, None, layer["stride"])  # sums below 2²⁴ are exact in single precision

    def _affine(self, layer: dict, sums: Tensor) -> Tensor:
        return sums * self._channelwise(layer, "scale") + self._channelwise(layer, "bias")

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
