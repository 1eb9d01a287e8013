"""Quantization to 8 bits, trained with its own rounding (Jacob et al. 2018, arXiv:1712.05877).

Activations lie evenly between a layer's least and greatest value, which a running mean follows; weights are symmetric, with
a scale for each output channel. What TensorFlow's Android demo of 2016 ran, apart from the training.
"""
import torch
from torch import Tensor

from .method import Method, straight_through

MOMENTUM = 0.05


class Int8(Method):
    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs)
        self.register_buffer("least", torch.tensor(-1.0))
        self.register_buffer("greatest", torch.tensor(1.0))

    def weights(self, latent: Tensor) -> Tensor:
        scale = latent.detach().abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-8) / 127
        return straight_through(torch.round(latent / scale) * scale, latent)

    def activations(self, x: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                # Zero has to be exact, since padding is zero.
                self.least.lerp_(x.min().clamp(max=0), MOMENTUM)
                self.greatest.lerp_(x.max().clamp(min=0), MOMENTUM)
        scale = (self.greatest - self.least).clamp(min=1e-8) / 255
        zero = torch.round(-self.least / scale)
        clipped = torch.minimum(torch.maximum(x, -zero * scale), (255 - zero) * scale)
        return straight_through(torch.round(clipped / scale) * scale, clipped)
