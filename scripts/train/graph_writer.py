"""Writes a trained network as the layers of a model file: BatchNorm, α and shifts folded into a scale and a bias a
channel; each method's convolution as the layers that compute it, its weights in as many bits as they have.

The first convolution, the laterals and the heads are 8-bit for every method, as in what ships: so what differs between
two files is the method.
"""
from functools import singledispatch

import numpy as np
import torch
from torch import nn

import model_file
from methods.binaryconnect import BinaryConnect
from methods.bnn import BinaryNet
from methods.bwn import BinaryWeight
from methods.dorefa import DoReFa
from methods.float_twin import FloatTwin
from methods.int8 import Int8
from methods.method import Method
from methods.ternary import TernaryWeight, TrainedTernary
from methods.xnor import XnorNet
from methods.xnor_learned import XnorLearned
from model import STRIDES, Block, RealConv, XnorYolo

#: What the methods with real activations clip them to.
CLIP = [-1, 1]
#: The types that are stored as they come; others are stored as float32.
KEPT_TYPES = (np.uint32, np.int8, np.float16)


def fold(norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """BatchNorm in evaluation as scale and bias, in double precision."""
    mean, var = norm.running_mean.double(), norm.running_var.double()
    scale = norm.weight.double() / torch.sqrt(var + norm.eps)
    bias = norm.bias.double() - mean * scale
    return scale.detach().numpy(), bias.detach().numpy()


class GraphWriter:
    """Collects layers in the order in which they run, and their tensors."""

    def __init__(self) -> None:
        self.layers: list[dict] = []
        self.tensors: dict[str, np.ndarray] = {}

    def layer(self, op: str, name: str, source, tensors: dict[str, np.ndarray] | None = None, **fields) -> str:
        reads = {"inputs": source} if isinstance(source, list) else {"input": source}
        self.layers.append({"op": op, "name": name, **reads, **fields})
        for key, value in (tensors or {}).items():
            self.tensors[f"{name}.{key}"] = value if value.dtype in KEPT_TYPES else value.astype(np.float32)
        return name

    def prelu(self, name: str, source: str, slope: float, channels: int) -> str:
        return self.layer("prelu", name, source, {"slope": np.full(channels, slope)})

    def int8_conv(
        self, name: str, source: str, conv: nn.Conv2d, steps: np.ndarray, scale: np.ndarray, bias: np.ndarray
    ) -> str:
        """Convolution of bytes, of which `steps` (in channels,) make a unit, then a scale and a bias (out channels,).

        The weights are rounded to 8 bits by a scale of each output channel, which the one behind takes back.
        """
        weight = conv.weight.detach().double().numpy() / steps[None, :, None, None]
        step = np.abs(weight).max((1, 2, 3)) / 127
        rounded = np.round(weight / step[:, None, None, None]).astype(np.int8)
        sums = self.layer(
            "int8_conv", f"{name}.conv", source, {"weight": rounded.transpose(0, 2, 3, 1)},
            kernel=conv.kernel_size[0], stride=conv.stride[0], padding=conv.padding[0],
        )
        return self.layer("affine", name, sums, {"scale": step * scale, "bias": bias})

    def quantize(self, name: str, source: str, steps: np.ndarray) -> str:
        return self.layer("quantize", f"{name}.bytes", source, {"scale": steps})

    def stem_conv(self, name: str, source: str, block: RealConv, steps: np.ndarray) -> str:
        at = self.int8_conv(f"{name}.norm", source, block.conv, steps, *fold(block.norm))
        return self.prelu(f"{name}.act", at, block.slope, block.conv.out_channels)

    def point_conv(self, name: str, source: str, conv: nn.Conv2d, steps: np.ndarray) -> str:
        source = self.quantize(name, source, steps)
        return self.int8_conv(name, source, conv, steps, np.ones(conv.out_channels), conv.bias.detach().double().numpy())

    def block(self, name: str, source: str, block: Block) -> str:
        outputs, inputs = block.weight.shape[:2]
        at = convolve(block.method, self, name, source, block)
        shortcut = source
        if block.stride == 2:
            shortcut = self.layer("average_pool", f"{name}.pool", shortcut)
        if outputs > inputs:
            shortcut = self.layer("repeat_channels", f"{name}.widen", shortcut, times=outputs // inputs)
        at = self.layer("add", f"{name}.add", [at, shortcut])
        return self.prelu(f"{name}.act", at, block.slope, outputs)

    # What the blocks of the methods are made of.

    def signs(self, name: str, source: str, block: Block) -> str:
        """BatchNorm and the sign."""
        scale, bias = fold(block.norm_in)
        return self.layer("sign", f"{name}.sign", source, {"scale": scale, "bias": bias})

    def norm_in(self, name: str, source: str, block: Block, **fields) -> str:
        scale, bias = fold(block.norm_in)
        return self.layer("batch_norm", f"{name}.norm_in", source, {"scale": scale, "bias": bias}, **fields)

    def norm_out(self, name: str, sums: str, block: Block, factor, shift=0.0) -> str:
        """The BatchNorm behind the convolution, which is sums · factor + shift, each a number or one a channel."""
        scale, bias = fold(block.norm_out)
        return self.layer("affine", f"{name}.norm", sums, {"scale": scale * factor, "bias": bias + scale * shift})

    def binary_conv(self, name: str, bits: str, block: Block) -> str:
        tensors = {"weight": packed(block.weight >= 0)}
        return self.layer("binary_conv", f"{name}.conv", bits, tensors, **window(block), paddingSign=-1)

    def ternary_conv(self, name: str, bits: str, block: Block, positive: torch.Tensor, negative: torch.Tensor) -> str:
        """`positive`, `negative`: where the weights are +1 and −1."""
        tensors = {"sign": packed(positive), "mask": packed(positive | negative)}
        return self.layer("ternary_conv", f"{name}.conv", bits, tensors, **window(block), paddingSign=-1)


def window(block: Block) -> dict[str, int]:
    return {"kernel": 3, "stride": block.stride, "padding": 1}


def packed(signs: torch.Tensor) -> np.ndarray:
    """(outputs, inputs, 3, 3) bool → (outputs, 3, 3, words)."""
    return model_file.pack_signs(signs.numpy().transpose(0, 2, 3, 1))


def mean_size(latent: torch.Tensor) -> np.ndarray:
    """α, the mean of |w| over each output channel."""
    return latent.double().abs().mean((1, 2, 3)).numpy()


def counts(weights: torch.Tensor) -> np.ndarray:
    """Sums of the integer weights of each output channel."""
    return weights.double().sum((1, 2, 3)).numpy()


@singledispatch
def convolve(method: Method, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    """BatchNorm, the method's convolution and the BatchNorm behind it: → the layer that gives their values.

    The integers are those of the method itself, computed as it does in single precision.
    """
    raise NotImplementedError(f"{type(method).__name__} cannot be exported")


@convolve.register
def _(method: FloatTwin, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    scale, bias = fold(block.norm_out)
    # The BatchNorm behind goes into the weights, which are then rounded to half precision.
    weight = (block.weight.double().numpy() * scale[:, None, None, None]).astype(np.float16)
    at = writer.norm_in(name, source, block, clip=CLIP)
    tensors = {"weight": weight.transpose(0, 2, 3, 1), "bias": bias}
    return writer.layer("conv", f"{name}.conv", at, tensors, **window(block))


@convolve.register
def _(method: Int8, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    weight_step, weight = method.weight_levels(block.weight)
    step, zero = method.activation_levels()
    step, byte = step.double().item(), int(zero) - 128  # the byte that stands for zero
    scale, bias = fold(block.norm_in)
    at = writer.layer("batch_norm", f"{name}.norm_in", source, {"scale": scale / step, "bias": bias / step + byte})
    at = writer.quantize(name, at, np.ones(method.inputs))
    tensors = {"weight": weight.numpy().transpose(0, 2, 3, 1).astype(np.int8)}
    sums = writer.layer("int8_conv", f"{name}.conv", at, tensors, **window(block), paddingValue=byte)
    # Each byte is the level that it stands for, plus `byte`.
    factor = weight_step.double().flatten().numpy() * step
    return writer.norm_out(name, sums, block, factor, -factor * byte * counts(weight))


@convolve.register
def _(method: BinaryConnect, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    return binary_weights(writer, name, source, block, np.ones(method.outputs))


@convolve.register
def _(method: BinaryWeight, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    return binary_weights(writer, name, source, block, mean_size(block.weight))


def binary_weights(writer: GraphWriter, name: str, source: str, block: Block, alpha: np.ndarray) -> str:
    """Weights of ±alpha on real activations."""
    scale, bias = fold(block.norm_out)
    at = writer.norm_in(name, source, block, clip=CLIP)
    tensors = {"weight": packed(block.weight >= 0), "scale": scale * alpha, "bias": bias}
    return writer.layer("binary_weight_conv", f"{name}.conv", at, tensors, **window(block))


@convolve.register
def _(method: BinaryNet, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    sums = writer.binary_conv(name, writer.signs(name, source, block), block)
    return writer.norm_out(name, sums, block, 1.0)


@convolve.register
def _(method: XnorNet, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    at = writer.norm_in(name, source, block)
    ones, zeros = np.ones(method.inputs), np.zeros(method.inputs)
    bits = writer.layer("sign", f"{name}.sign", at, {"scale": ones, "bias": zeros})
    # K stands before the convolution, so that the engine multiplies by it in the same pass.
    scales = writer.layer("activation_scale", f"{name}.scale", at, **window(block))
    sums = writer.binary_conv(name, bits, block)
    alpha = mean_size(block.weight)
    at = writer.layer("affine", f"{name}.alpha", sums, {"scale": alpha, "bias": np.zeros(method.outputs)})
    at = writer.layer("multiply", f"{name}.scaled", [at, scales])
    scale, bias = fold(block.norm_out)
    return writer.layer("batch_norm", f"{name}.norm", at, {"scale": scale, "bias": bias})


@convolve.register
def _(method: XnorLearned, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    sums = writer.binary_conv(name, writer.signs(name, source, block), block)
    # Training convolves bits 0/1 with α·sign: α·(sum + Σ sign)/2 in terms of the sum over ±1.
    half = mean_size(block.weight) / 2
    return writer.norm_out(name, sums, block, half, half * counts(torch.where(block.weight >= 0, 1.0, -1.0)))


@convolve.register
def _(method: DoReFa, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    at = writer.norm_in(name, source, block)
    top = 2**method.activation_bits - 1
    tensors = {"scale": np.full(method.inputs, top)}
    levels = writer.layer("bit_planes", f"{name}.levels", at, tensors, planes=method.activation_bits)
    scale, planes = method.weight_planes(block.weight)
    tensors = {"weight": np.stack([packed(plane) for plane in planes])}
    sums = writer.layer("plane_conv", f"{name}.conv", levels, tensors, **window(block))
    return writer.norm_out(name, sums, block, scale.double().item() / top)


@convolve.register
def _(method: TernaryWeight, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    alpha, kept = method.alpha_and_kept(block.weight)
    positive, negative = (kept > 0) & (block.weight > 0), (kept > 0) & (block.weight < 0)
    sums = writer.ternary_conv(name, writer.signs(name, source, block), block, positive, negative)
    # As in XnorLearned, activations are bits.
    half = alpha.double().flatten().numpy() / 2
    return writer.norm_out(name, sums, block, half, half * (counts(positive) - counts(negative)))


@convolve.register
def _(method: TrainedTernary, writer: GraphWriter, name: str, source: str, block: Block) -> str:
    """Two values of different size: a convolution for each, whose weights are 1 and 0."""
    bits = writer.signs(name, source, block)
    threshold = method.threshold(block.weight)
    scale, bias = fold(block.norm_out)
    parts = []
    for part, where, value, shift in (
        ("plus", block.weight > threshold, method.positive.abs(), bias),
        ("minus", block.weight < -threshold, -method.negative.abs(), np.zeros_like(bias)),
    ):
        sums = writer.ternary_conv(f"{name}.{part}", bits, block, where, torch.zeros_like(where))
        half = scale * value.double().item() / 2
        tensors = {"scale": half, "bias": half * counts(where) + shift}
        parts.append(writer.layer("affine", f"{name}.{part}", sums, tensors))
    return writer.layer("add", f"{name}.norm", parts)


@torch.no_grad()
def measure_steps(model: XnorYolo, pictures: list[torch.Tensor]) -> dict[nn.Conv2d, np.ndarray]:
    """For each real convolution behind the first: into how many steps of its 8-bit input a unit is cut, a channel.

    127 steps reach to the mean of the largest values of the batches: further out values are rare and may be clipped.
    """
    largest: dict[nn.Conv2d, list[np.ndarray]] = {}

    def note(conv: nn.Conv2d, inputs: tuple[torch.Tensor]) -> None:
        largest.setdefault(conv, []).append(inputs[0].abs().amax((0, 2, 3)).double().numpy())

    convs = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    hooks = [conv.register_forward_pre_hook(note) for conv in convs]
    for batch in pictures:
        model(batch)
    for hook in hooks:
        hook.remove()
    return {conv: 127 / np.maximum(np.mean(values, 0), 1e-3) for conv, values in largest.items()}


@torch.no_grad()
def layers_of(
    model: XnorYolo, pictures: list[torch.Tensor]
) -> tuple[list[dict], dict[str, np.ndarray], list[dict]]:
    """→ layers, tensors, and the outputs: their layers and strides. `pictures`: batches of planes, by which the ranges of
    8-bit maps are set."""
    writer = GraphWriter()
    steps = measure_steps(model, pictures)
    steps[model.stem[0].conv] = 1 / np.array(XnorYolo.SCALE)  # the picture itself: bytes less 128
    at = "input"
    for i, block in enumerate(model.stem):
        if i > 0:
            at = writer.quantize(f"stem.{i}", at, steps[block.conv])
        at = writer.stem_conv(f"stem.{i}", at, block, steps[block.conv])
    features = []
    for s, stage in enumerate(model.stages):
        for b, block in enumerate(stage):
            at = writer.block(f"s{4 << s}.{b}", at, block)
        features.append(at)
    outputs: list[dict] = []
    above = None
    for level in reversed(range(len(STRIDES))):
        stride = STRIDES[level]
        lateral, head = model.laterals[level], model.heads[level]
        at = writer.point_conv(f"lateral{stride}", features[level + 1], lateral, steps[lateral])
        if above is not None:
            up = writer.layer("upsample", f"up{stride}", above)
            at = writer.layer("add", f"merge{stride}", [at, up])
        for b, block in enumerate(model.necks[level]):
            at = writer.block(f"neck{stride}.{b}", at, block)
        above = at
        outputs.insert(0, {"layer": writer.point_conv(f"head{stride}", at, head, steps[head]), "stride": stride})
    return writer.layers, writer.tensors, outputs
