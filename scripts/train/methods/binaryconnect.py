"""BinaryConnect (Courbariaux et al. 2015, arXiv:1511.00363): weights are ±1 forward and backward, activations are real.

The real weight is kept, updated and clipped to ±1. Deterministic: its sign. Stochastic: +1 with the probability of the
hard sigmoid, while training; what is measured uses the sign.
"""
import torch
from torch import Tensor

from .method import Method, sign, straight_through


class BinaryConnect(Method):
    latent_std = 0.1

    def weights(self, latent: Tensor) -> Tensor:
        return straight_through(sign(latent), latent)

    @torch.no_grad()
    def after_step(self, latent: Tensor) -> None:
        latent.clamp_(-1, 1)


class StochasticBinaryConnect(BinaryConnect):
    def weights(self, latent: Tensor) -> Tensor:
        if not self.training:
            return sign(latent)
        chance = ((latent.detach() + 1) / 2).clamp(0, 1)
        return straight_through(2 * torch.bernoulli(chance) - 1, latent)
