"""Binary-Weight-Networks (Rastegari et al. 2016, arXiv:1603.05279, section 3.1): weights α·sign(w), activations are real."""
from torch import Tensor

from .method import Method, sign, straight_through


class BinaryWeight(Method):
    latent_std = 0.01

    def weights(self, latent: Tensor) -> Tensor:
        return scaled_sign(latent)


def scaled_sign(latent: Tensor) -> Tensor:
    """α·sign(w), α the mean of |w| over each output channel (the closest such weight in the least squares' sense).

    The gradient is the paper's algorithm 1, line 11: ∂C/∂w = ∂C/∂w̃ · (1/n + α·1[|w| ≤ 1]), in which 1/n is that of α,
    which autograd finds by itself.
    """
    alpha = latent.abs().mean((1, 2, 3), keepdim=True)
    return alpha * straight_through(sign(latent), latent.clamp(-1, 1))
