#!/usr/bin/env python3
"""Turns a trained network into a model file: BatchNorm, α and shifts folded into a scale and a bias a channel,
binary weights as bits, those of the other convolutions in 8 bits.

  export.py --checkpoint RUN/averaged.pt --out models/xnor-yolo-zero.safetensors
  export.py --config configs/zero.toml --out FILE      an untrained network, for trying the plumbing
"""
import argparse
import hashlib
import json
import tomllib
from pathlib import Path

import numpy as np
import torch
from torch import nn

import model_file
from augment import WEAPONS, BatchMaker, collate
from dataset import PictureStore, read_labels
from evaluate import detect_all, operating_points, score
from model import STRIDES, Block, RealConv, XnorYolo
from reference import Reference

DEFAULT_CLASSES = ["person", "handgun", "rifle", "knife", "car", "bus", "truck", "motorcycle", "dog", "cat"]


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
            self.tensors[f"{name}.{key}"] = value if value.dtype in (np.uint32, np.int8) else value.astype(np.float32)
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

    def binary_block(self, name: str, source: str, block: Block) -> str:
        outputs, inputs = block.weight.shape[:2]
        scale, bias = fold(block.norm_in)
        bits = self.layer("sign", f"{name}.sign", source, {"scale": scale, "bias": bias})
        weight = block.weight.detach().double().numpy()
        signs = weight.transpose(0, 2, 3, 1) >= 0
        sums = self.layer(
            "binary_conv", f"{name}.conv", bits, {"weight": model_file.pack_signs(signs)},
            kernel=3, stride=block.stride, padding=1, paddingSign=-1,
        )
        # Training convolves bits 0/1 with α·sign: α·(sum + Σ sign)/2 in terms of the sum over ±1.
        scale, bias = fold(block.norm_out)
        alpha = np.abs(weight).mean((1, 2, 3))
        total = np.where(signs, 1, -1).sum((1, 2, 3))
        at = self.layer(
            "affine", f"{name}.norm", sums, {"scale": scale * alpha / 2, "bias": bias + scale * alpha * total / 2}
        )
        shortcut = source
        if block.stride == 2:
            shortcut = self.layer("average_pool", f"{name}.pool", shortcut)
        if outputs > inputs:
            shortcut = self.layer("repeat_channels", f"{name}.widen", shortcut, times=outputs // inputs)
        at = self.layer("add", f"{name}.add", [at, shortcut])
        return self.prelu(f"{name}.act", at, block.slope, outputs)


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


def graph_of(
    model: XnorYolo, config: dict, classes: list[str], pictures: list[torch.Tensor]
) -> tuple[dict, dict[str, np.ndarray]]:
    """→ graph and tensors. `pictures`: batches of planes, by which the ranges of 8-bit maps are set."""
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
            at = writer.binary_block(f"s{4 << s}.{b}", at, block)
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
            at = writer.binary_block(f"neck{stride}.{b}", at, block)
        above = at
        outputs.insert(0, {"layer": writer.point_conv(f"head{stride}", at, head, steps[head]), "stride": stride})
    graph = {
        "version": 1,
        "name": config["name"],
        "input": {"width": config["network"]["width"], "height": config["network"]["height"], "channels": 3},
        "layers": writer.layers,
        "detection": {
            "classes": classes,
            "weapons": [c for c in classes if c in WEAPONS],
            "thresholds": [0.5] * len(classes),
            "outputs": outputs, "nmsIou": 0.5, "candidates": 300, "maxDetections": 100,
        },
    }
    return graph, writer.tensors


def calibration(args: argparse.Namespace, config: dict, classes: list[str], batches: int = 16) -> list[torch.Tensor]:
    """Batches of training pictures as the camera would see them; gray ones for an untrained network."""
    if not args.data:
        return [torch.full((1, 3, config["network"]["height"], config["network"]["width"]), 100, dtype=torch.uint8)]
    names, labels = read_labels(args.data / "train")
    maker = BatchMaker(labels, PictureStore(labels, args.cache / "train"), names, config)
    chosen = torch.randperm(len(labels), generator=torch.Generator().manual_seed(config["seed"]))[: 16 * batches].tolist()
    canvases = [maker.plain(i) for i in chosen]
    return [collate(canvases[i : i + 16], maker.store).pictures for i in range(0, len(canvases), 16)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--config", type=Path, help="for an untrained network")
    parser.add_argument("--data", type=Path, help="folder with train/ and val/: sets ranges and thresholds, measures accuracy")
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if args.checkpoint:
        state = torch.load(args.checkpoint, map_location="cpu")
        config, classes = state["config"], state["classes"]
        if state["method"] != "xnor-learned":
            raise SystemExit(f"{args.checkpoint}: was trained by the method {state['method']}; the model file has blocks of xnor-learned")
    elif args.config:
        state, config, classes = None, tomllib.loads(args.config.read_text()), DEFAULT_CLASSES
    else:
        parser.error("either --checkpoint or --config is needed")
    torch.manual_seed(config["seed"])
    model = XnorYolo(config["network"], len(classes)).eval()
    if state:
        model.load_state_dict(state["model"])
    graph, tensors = graph_of(model, config, classes, calibration(args, config, classes))
    recipe = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    graph["training"] = {"recipe": recipe, "steps": state["step"] if state else 0}
    if args.data:
        # What is measured is what is shipped, 8-bit weights and all.
        model_file.write(args.out, graph, tensors)
        names, labels = read_labels(args.data / "val")
        found = detect_all(Reference(args.out), labels, PictureStore(labels, args.cache / "val"), config, len(classes))
        figures = score(found, labels, names)
        points = operating_points(found, labels, names)
        graph["detection"].update(thresholds=points["normal"], operatingPoints=points)
        graph["accuracy"] = {"mAP50": round(figures["mAP50"], 4), "mAP": round(figures["mAP"], 4)}
        if "weapon" in figures["classes"]:
            graph["accuracy"]["weaponRecallAtFp"] = round(figures["classes"]["weapon"]["recallAtFp"], 4)
        print(json.dumps(figures, indent=1))
    written = model_file.write(args.out, graph, tensors)
    print(f"{args.out}: {written} bytes, {len(graph['layers'])} layers")


if __name__ == "__main__":
    main()
