"""XNOR-YOLO: a one-stage detector whose inner convolutions are binary in weights and activations.

Papers: XNOR-Net (Rastegari et al. 2016, block order and α), Bi-Real Net (Liu et al. 2018, real shortcuts and the
gradient of the sign), FPN (Lin et al. 2017), anchor-free heads as in FCOS (Tian et al. 2019).
"""
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from methods import METHODS

STRIDES = (8, 16, 32)
BOX_SIDES = 4  # left, top, right, bottom
UNLIKE = 0.15  # deviation by which copies of a channel differ at first, in terms of that of its weights


class RealConv(nn.Module):
    """3×3 real convolution, BatchNorm, leaky activation: (n, i, h, w) → (n, o, h/stride, w/stride)."""

    def __init__(self, inputs: int, outputs: int, stride: int, slope: float):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(self.conv(x)), self.slope)


class Block(nn.Module):
    """BatchNorm → 3×3 convolution by a method → BatchNorm → + shortcut → leaky activation.

    By ours, the signs of activations meet those of the weights. The shortcut is real: 2×2 mean at stride 2, channels
    repeated where the block widens.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, slope: float, method: str, latent_std: float | None = None):
        super().__init__()
        self.norm_in = nn.BatchNorm2d(inputs)
        self.method = METHODS[method](inputs, outputs)
        std = self.method.latent_std and (latent_std or self.method.latent_std)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) * (std or (9 * inputs) ** -0.5))
        self.norm_out = nn.BatchNorm2d(outputs)
        self.stride, self.slope = stride, slope

    @property
    def is_latent(self) -> bool:
        """Whether the weight only stands for those that the convolution uses."""
        return self.method.latent_std is not None

    def forward(self, x: Tensor) -> Tensor:
        main = self.method.convolve(self.norm_in(x), self.weight, self.stride)
        shortcut = F.avg_pool2d(x, 2) if self.stride == 2 else x
        repeats = self.weight.shape[0] // x.shape[1]
        if repeats > 1:
            shortcut = shortcut.repeat(1, repeats, 1, 1)
        return F.leaky_relu(self.norm_out(main) + shortcut, self.slope)


class XnorYolo(nn.Module):
    """(n, 3, height, width) uint8 YUV planes → three maps (n, classes + 4, height/s, width/s), s = 8, 16, 32.

    A map holds class logits, then the logits of the distances to the box's sides (softplus, in strides).
    """

    MEAN = 128.0
    SCALE = (1 / 64, 1 / 32, 1 / 32)  # chroma varies less than luma

    def __init__(self, config: dict, classes: int, method: str = "xnor-learned"):
        super().__init__()
        slope = config["leaky_slope"]
        std = config["sign_init_std"] if method == "xnor-learned" else None
        widths = [3, *config["stem"]]
        self.stem = nn.ModuleList(RealConv(i, o, 2, slope) for i, o in zip(widths, widths[1:]))
        self.stages = nn.ModuleList()
        channels = widths[-1]
        for index, (width, depth) in enumerate(config["stages"]):
            blocks = nn.ModuleList()
            for block in range(depth):
                stride = 2 if block == 0 and index > 0 else 1
                blocks.append(Block(channels, width, stride, slope, method, std))
                channels = width
            self.stages.append(blocks)
        neck = config["neck"]
        self.laterals = nn.ModuleList(nn.Conv2d(width, neck, 1) for width, _ in config["stages"][1:])
        self.necks = nn.ModuleList(
            nn.ModuleList(Block(neck, neck, 1, slope, method, std) for _ in range(config["neck_blocks"]))
            for _ in STRIDES
        )
        self.heads = nn.ModuleList(nn.Conv2d(neck, classes + BOX_SIDES, 1) for _ in STRIDES)
        for head in self.heads:
            nn.init.normal_(head.weight, std=0.01)
            nn.init.constant_(head.bias[:classes], -4.6)  # a prior of one in a hundred
            nn.init.constant_(head.bias[classes:], 1.0)
        self.register_buffer("scale", torch.tensor(self.SCALE).view(1, 3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        x = (pictures.to(self.scale.device).float() - self.MEAN) * self.scale
        x = x.contiguous(memory_format=torch.channels_last)
        for layer in self.stem:
            x = layer(x)
        features = []
        for stage in self.stages:
            for block in stage:
                x = block(x)
            features.append(x)
        outputs: list[Tensor] = []
        above = None
        for level in reversed(range(len(STRIDES))):
            x = self.laterals[level](features[level + 1])
            if above is not None:
                x = x + F.interpolate(above, scale_factor=2.0)
            for block in self.necks[level]:
                x = block(x)
            above = x
            # Where the rest is trained in half precision, logits are not: eight bits would tell 0.010 from 0.011.
            with torch.autocast(x.device.type, enabled=False):
                outputs.insert(0, self.heads[level](x.float()))
        return outputs


def latent_weights(model: nn.Module) -> list[nn.Parameter]:
    """Those that only stand for the weights of a convolution: a decay would change their signs, not their sizes."""
    return [m.weight for m in model.modules() if isinstance(m, Block) and m.is_latent]


@torch.no_grad()
def widened(weights: dict[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Weights of a network for `model`, which is a whole number of times as wide: each channel is there that many times
    (Net2Net, Chen et al. 2016), a little different each time, since equal ones would stay equal. As shortcuts repeat
    channels, too, the wide network computes about what the narrow one did, once BatchNorm has measured it."""
    latent = {f"{name}.weight" for name, block in model.named_modules() if isinstance(block, Block) and block.is_latent}
    result = dict(weights)
    for name, wanted in model.state_dict().items():
        value = weights.get(name)
        if value is None or value.shape == wanted.shape or value.ndim != wanted.ndim:
            continue
        if any(new % old for new, old in zip(wanted.shape, value.shape)):
            continue
        repeats = [new // old for new, old in zip(wanted.shape, value.shape)]
        result[name] = value.repeat(repeats)
        if value.ndim == 4:
            if name not in latent:
                result[name] /= repeats[1]  # as many inputs add up
            result[name] += torch.randn_like(result[name]) * result[name].std() * UNLIKE
    return result


def silence(model: nn.Module, anew: list[str]) -> None:
    """Lets blocks whose tensors are among `anew` begin with nothing but their shortcut (Goyal et al. 2017, section 5.1), so
    that a deeper network begins about where the one did that it has its other weights from."""
    for name, block in model.named_modules():
        if isinstance(block, Block) and f"{name}.weight" in anew:
            nn.init.zeros_(block.norm_out.weight)


def after_step(model: nn.Module) -> None:
    """To be called after each step of the optimizer: some methods bound their latent weights."""
    for block in model.modules():
        if isinstance(block, Block):
            block.method.after_step(block.weight)


def flatten(maps: list[Tensor], classes: int) -> tuple[Tensor, Tensor]:
    """Maps → class logits (n, cells, classes) and distances to the sides in pixels (n, cells, 4)."""
    rows, sides = [], []
    for stride, level in zip(STRIDES, maps):
        level = level.flatten(2).transpose(1, 2)
        rows.append(level[..., :classes])
        sides.append(F.softplus(level[..., classes:]) * stride)
    return torch.cat(rows, 1), torch.cat(sides, 1)


@lru_cache(maxsize=64)
def cell_centers(width: int, height: int, device: torch.device = torch.device("cpu")) -> tuple[Tensor, Tensor]:
    """Centers (cells, 2) x, y in pixels and strides (cells,) of all cells, level by level, row by row. Not to be written."""
    centers, strides = [], []
    for stride in STRIDES:
        ys, xs = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        centers.append((torch.stack([xs, ys], -1).reshape(-1, 2) + 0.5) * stride)
        strides.append(torch.full((len(centers[-1]),), float(stride)))
    return torch.cat(centers).to(device), torch.cat(strides).to(device)


def boxes_of(centers: Tensor, sides: Tensor) -> Tensor:
    """Centers (cells, 2), sides (n, cells, 4) → boxes (n, cells, 4) left, top, right, bottom in pixels."""
    return torch.cat([centers - sides[..., :2], centers + sides[..., 2:]], -1)
