"""DoReFa-Net (Zhou et al. 2016, arXiv:1606.06160): k-bit weights, activations and gradients.

Weights (equations 6 and 9): of one bit E|w|·sign(w), E over the layer; of k bits 2·q(tanh w / (2·max|tanh w|) + ½) − 1.
Activations (equation 11): q(clip(x, 0, 1)). Gradients (equation 12): of each picture evenly between ± its greatest, with
noise of half a step, since a rounding that has a bias ends the training.
"""
import torch
from torch import Tensor

from .method import Method, quantize, sign, straight_through


class DoReFa(Method):
    """@param gradient_bits: the paper finds 6 the fewest that train well beside 1-bit weights; 32 leaves them real."""

    def __init__(self, inputs: int, outputs: int, weight_bits: int, activation_bits: int, gradient_bits: int):
        super().__init__(inputs, outputs)
        self.weight_bits, self.activation_bits, self.gradient_bits = weight_bits, activation_bits, gradient_bits

    def weights(self, latent: Tensor) -> Tensor:
        if self.weight_bits == 1:
            return straight_through(sign(latent) * latent.detach().abs().mean(), latent)
        unit = _unit(latent)
        return 2 * straight_through(quantize(unit, self.weight_bits), unit) - 1

    @torch.no_grad()
    def weight_planes(self, latent: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The weights as scale · Σⱼ 2ʲ·wⱼ: → the scale, and where wⱼ is +1, elsewhere it is −1, for each bit j."""
        if self.weight_bits == 1:
            return latent.abs().mean(), [latent >= 0]
        steps = 2**self.weight_bits - 1
        levels = torch.round(_unit(latent) * steps).long()
        return torch.tensor(1 / steps), [(levels >> bit) % 2 == 1 for bit in range(self.weight_bits)]

    def activations(self, x: Tensor) -> Tensor:
        clipped = x.clamp(0, 1)
        return straight_through(quantize(clipped, self.activation_bits), clipped)

    def convolve(self, x: Tensor, latent: Tensor, stride: int) -> Tensor:
        return QuantizedGradient.apply(super().convolve(x, latent, stride), self.gradient_bits)


def _unit(latent: Tensor) -> Tensor:
    """Latent weights → 0 … 1, the largest at an end."""
    bent = torch.tanh(latent)
    return bent / (2 * bent.abs().max()) + 0.5


class QuantizedGradient(torch.autograd.Function):
    """The identity, whose gradient comes back in `bits` bits."""

    @staticmethod
    def forward(ctx, x: Tensor, bits: int) -> Tensor:
        ctx.bits = bits
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        if ctx.bits >= 32:
            return gradient, None
        greatest = gradient.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-20)
        noise = (torch.rand_like(gradient) - 0.5) / (2**ctx.bits - 1)
        unit = (gradient / (2 * greatest) + 0.5 + noise).clamp(0, 1)
        return 2 * greatest * (quantize(unit, ctx.bits) - 0.5), None
