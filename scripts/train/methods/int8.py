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

    def weight_levels(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """→ the scale of each output channel (outputs, 1, 1, 1), and whole numbers from −127 to 127."""
        scale = latent.detach().abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-8) / 127
        return scale, torch.round(latent / scale)

    def weights(self, latent: Tensor) -> Tensor:
        scale, levels = self.weight_levels(latent)
        return straight_through(levels * scale, latent)

    def activation_levels(self) -> tuple[Tensor, Tensor]:
        """→ the distance of two neighboring levels, and the one of 0 … 255 that stands for zero."""
        scale = (self.greatest - self.least).clamp(min=1e-8) / 255
        return scale, torch.round(-self.least / scale)

    def activations(self, x: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                # Zero has to be exact, since padding is zero.
                self.least.lerp_(x.min().clamp(max=0), MOMENTUM)
                self.greatest.lerp_(x.max().clamp(min=0), MOMENTUM)
        scale, zero = self.activation_levels()
        clipped = torch.minimum(torch.maximum(x, -zero * scale), (255 - zero) * scale)
        return straight_through(torch.round(clipped / scale) * scale, clipped)
