"""Ours, what the camera ships: α·sign(w) and signs of activations, without XNOR-Net's K; the BatchNorm behind the
convolution learns what scales are left, and shortcuts stay real (Liu et al. 2018, Bi-Real Net, arXiv:1808.00278).
"""
import torch
from torch import Tensor

from .method import Method


class XnorLearned(Method):
    #: Small latent weights change their sign early. The configuration may say another one.
    latent_std = 0.003

    def weights(self, latent: Tensor) -> Tensor:
        return SignWeight.apply(latent)

    def activations(self, x: Tensor) -> Tensor:
        return sign_bits(x)


def sign_bits(x: Tensor) -> Tensor:
    """1 where x ≥ 0, else 0: the bit that stands for +1 or −1.

    With bits, the zero padding of a convolution is a padding with −1, and
    Σ sign(x)·w = 2·Σ bit·w − Σ w: a scale and a shift that the BatchNorm behind it absorbs.
    """
    return SignActivation.apply(x)


class SignActivation(torch.autograd.Function):
    """The gradient is that of Bi-Real Net's piecewise polynomial, halved since a bit spans half of ±1."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradient * (1 - x.abs()).clamp_(min=0)


class SignWeight(torch.autograd.Function):
    """w → α·sign(w), α the mean of |w| over each output channel; straight-through gradient, clipped at |w| ≤ 1."""

    @staticmethod
    def forward(ctx, w: Tensor) -> Tensor:
        ctx.save_for_backward(w)
        return torch.where(w >= 0, 1.0, -1.0) * w.abs().mean((1, 2, 3), keepdim=True)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        (w,) = ctx.saved_tensors
        return gradient * (w.abs() <= 1)
