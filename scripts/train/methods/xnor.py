"""XNOR-Net as its paper computes it (Rastegari et al. 2016, arXiv:1603.05279, section 3.2).

Weights α·sign(w), activations sign(x), and a scale for each place: K, the mean of |x| over the channels, convolved with a
box of the kernel's size.
"""
import torch
import torch.nn.functional as F
from torch import Tensor

from .bwn import BinaryWeight
from .method import sign, straight_through


class XnorNet(BinaryWeight):
    padding = -1.0

    def activations(self, x: Tensor) -> Tensor:
        return straight_through(sign(x), x.clamp(-1, 1))

    def convolve(self, x: Tensor, latent: Tensor, stride: int) -> Tensor:
        return super().convolve(x, latent, stride) * place_scale(x, stride)


def place_scale(x: Tensor, stride: int) -> Tensor:
    """K: (n, c, h, w) → (n, 1, h/stride, w/stride). Outside of the picture |x| counts as zero."""
    box = torch.full((1, 1, 3, 3), 1 / 9, dtype=x.dtype, device=x.device)
    return F.conv2d(x.abs().mean(1, keepdim=True), box, None, stride, 1)
