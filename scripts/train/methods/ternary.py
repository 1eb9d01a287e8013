"""Ternary weights −a, 0, +b on binary activations: the open question, whether zeros make up for what signs lose.

Ternary Weight Networks (Li et al. 2016, arXiv:1605.04711): zero where |w| ≤ 0.7·E|w|, else ± the mean of those |w|, for
each output channel. Trained Ternary Quantization (Zhu et al. 2017, arXiv:1612.01064): zero where |w| ≤ 0.05·max|w|, and
the two other values are learned, one pair a layer.
"""
import torch
from torch import Tensor, nn

from .method import Method, straight_through
from .xnor_learned import sign_bits

TWN_THRESHOLD = 0.7
TTQ_THRESHOLD = 0.05


class TernaryWeight(Method):
    latent_std = 0.05

    def alpha_and_kept(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """→ the size of the weights of each output channel (outputs, 1, 1, 1), and 1 for those that are not zero."""
        size = latent.detach().abs()
        kept = (size > TWN_THRESHOLD * size.mean((1, 2, 3), keepdim=True)).to(latent.dtype)
        alpha = (size * kept).sum((1, 2, 3), keepdim=True) / kept.sum((1, 2, 3), keepdim=True).clamp(min=1)
        return alpha, kept

    def weights(self, latent: Tensor) -> Tensor:
        alpha, kept = self.alpha_and_kept(latent)
        return straight_through(latent.sign() * kept * alpha, latent)

    def activations(self, x: Tensor) -> Tensor:
        return sign_bits(x)


class TrainedTernary(TernaryWeight):
    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs)
        self.positive = nn.Parameter(torch.tensor(0.05))
        self.negative = nn.Parameter(torch.tensor(0.05))

    def threshold(self, latent: Tensor) -> Tensor:
        return TTQ_THRESHOLD * latent.detach().abs().max()

    def weights(self, latent: Tensor) -> Tensor:
        return TernaryValues.apply(latent, self.positive.abs(), self.negative.abs(), self.threshold(latent))


class TernaryValues(torch.autograd.Function):
    """Latent weights → +positive, 0, −negative. Gradients are the paper's equations 7 and 8: each value gets the sum over
    its weights, a latent weight that of its value, scaled by it (by 1 where it is zero)."""

    @staticmethod
    def forward(ctx, latent: Tensor, positive: Tensor, negative: Tensor, threshold: Tensor) -> Tensor:
        above, below = (latent > threshold).to(latent.dtype), (latent < -threshold).to(latent.dtype)
        ctx.save_for_backward(above, below, positive, negative)
        return positive * above - negative * below

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        above, below, positive, negative = ctx.saved_tensors
        scale = positive * above + negative * below + (1 - above - below)
        return gradient * scale, (gradient * above).sum(), -(gradient * below).sum(), None
