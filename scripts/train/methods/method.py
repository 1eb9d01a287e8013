"""What a method is: how the 3×3 convolution of a block treats its weights, its activations and its gradients.

The network around it, its data and its schedule are the same for all, so that what differs in the end is the method.
"""
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Method(nn.Module):
    """One convolution of `inputs` → `outputs` channels. The block keeps the latent weight (outputs, inputs, 3, 3)."""

    #: What a latent weight starts with; None for a real one, which starts with (9 · inputs)^−½.
    latent_std: float | None = None
    #: What an activation is outside of the picture. Signs know no zero: they are −1 there, as a bit that is not set.
    padding = 0.0

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.inputs, self.outputs = inputs, outputs

    def weights(self, latent: Tensor) -> Tensor:
        """Latent weights → those that the convolution uses, with a gradient for the latent ones."""
        return latent

    def activations(self, x: Tensor) -> Tensor:
        """Normalized activations (n, inputs, h, w) → those that the convolution uses. A clipped line, as all share."""
        return x.clamp(-1, 1)

    def convolve(self, x: Tensor, latent: Tensor, stride: int) -> Tensor:
        """Normalized activations → (n, outputs, h/stride, w/stride)."""
        # In training bfloat16 halves the time; its rounded sums are noise like others. What is measured is exact.
        dtype = torch.bfloat16 if torch.is_grad_enabled() else x.dtype
        activations, zeros = self.activations(x.float()).to(dtype), 1
        if self.padding != 0:
            activations, zeros = F.pad(activations, (1, 1, 1, 1), value=self.padding), 0
        return F.conv2d(activations, self.weights(latent).to(dtype), None, stride, zeros).to(x.dtype)

    @torch.no_grad()
    def after_step(self, latent: Tensor) -> None:
        """What the paper does to the latent weights after each step of the optimizer."""


class StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value: Tensor, x: Tensor) -> Tensor:
        return value.view_as(value)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[None, Tensor]:
        return None, gradient


def straight_through(value: Tensor, x: Tensor) -> Tensor:
    """`value`, exactly, with the gradient of `x` (Bengio et al. 2013, arXiv:1308.3432)."""
    return StraightThrough.apply(value.detach(), x)


def sign(x: Tensor) -> Tensor:
    """±1; zero is +1, as everywhere in this project."""
    return torch.where(x >= 0, 1.0, -1.0)


def quantize(x: Tensor, bits: int) -> Tensor:
    """0 … 1 → the nearest of 2^bits evenly spaced values from 0 to 1."""
    steps = 2**bits - 1
    return torch.round(x * steps) / steps
