"""BinaryNet (Courbariaux, Hubara et al. 2016, arXiv:1602.02830): weights and activations ±1, no scales.

The gradient of an activation's sign is that of hard tanh: 1 where |x| ≤ 1, else 0. BatchNorm is the plain one; the
paper's shift-based variant replaces its multiplications by shifts and is no other network.
"""
from torch import Tensor

from .binaryconnect import BinaryConnect
from .method import sign, straight_through


class BinaryNet(BinaryConnect):
    padding = -1.0

    def activations(self, x: Tensor) -> Tensor:
        return straight_through(sign(x), x.clamp(-1, 1))
