#!/usr/bin/env python3
"""Turns a trained network into a model file: BatchNorm, α and shifts folded into a scale and a bias a channel,
binary weights as bits.

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
from augment import WEAPONS
from dataset import PictureStore, read_labels
from evaluate import detect_all, score
from model import STRIDES, BinaryBlock, RealConv, XnorYolo

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
            self.tensors[f"{name}.{key}"] = value if value.dtype == np.uint32 else value.astype(np.float32)
        return name

    def prelu(self, name: str, source: str, slope: float, channels: int) -> str:
        return self.layer("prelu", name, source, {"slope": np.full(channels, slope)})

    def real_conv(self, name: str, source: str, block: RealConv) -> str:
        scale, bias = fold(block.norm)
        weight = block.conv.weight.detach().double().numpy() * scale[:, None, None, None]
        at = self.layer(
            "conv", f"{name}.conv", source, {"weight": weight.transpose(0, 2, 3, 1), "bias": bias},
            kernel=3, stride=block.conv.stride[0], padding=1,
        )
        return self.prelu(f"{name}.act", at, block.slope, len(bias))

    def point_conv(self, name: str, source: str, conv: nn.Conv2d) -> str:
        weight = conv.weight.detach().numpy().transpose(0, 2, 3, 1)
        return self.layer(
            "conv", name, source, {"weight": weight, "bias": conv.bias.detach().numpy()}, kernel=1, stride=1, padding=0
        )

    def binary_block(self, name: str, source: str, block: BinaryBlock) -> str:
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


def graph_of(model: XnorYolo, config: dict, classes: list[str]) -> tuple[dict, dict[str, np.ndarray]]:
    writer = GraphWriter()
    at = "input"
    for i, block in enumerate(model.stem):
        at = writer.real_conv(f"stem.{i}", at, block)
    features = []
    for s, stage in enumerate(model.stages):
        for b, block in enumerate(stage):
            at = writer.binary_block(f"s{4 << s}.{b}", at, block)
        features.append(at)
    outputs: list[dict] = []
    above = None
    for level in reversed(range(len(STRIDES))):
        stride = STRIDES[level]
        at = writer.point_conv(f"lateral{stride}", features[level + 1], model.laterals[level])
        if above is not None:
            up = writer.layer("upsample", f"up{stride}", above)
            at = writer.layer("add", f"merge{stride}", [at, up])
        for b, block in enumerate(model.necks[level]):
            at = writer.binary_block(f"neck{stride}.{b}", at, block)
        above = at
        outputs.insert(0, {"layer": writer.point_conv(f"head{stride}", at, model.heads[level]), "stride": stride})
    graph = {
        "version": 1,
        "name": config["name"],
        "input": {
            "width": config["network"]["width"], "height": config["network"]["height"], "channels": 3,
            "mean": [XnorYolo.MEAN] * 3, "scale": list(XnorYolo.SCALE),
        },
        "layers": writer.layers,
        "detection": {
            "classes": classes,
            "weapons": [c for c in classes if c in WEAPONS],
            "thresholds": [0.5] * len(classes),
            "outputs": outputs, "nmsIou": 0.5, "candidates": 300, "maxDetections": 100,
        },
    }
    return graph, writer.tensors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--config", type=Path, help="for an untrained network")
    parser.add_argument("--data", type=Path, help="folder with val/: measures accuracy and sets the thresholds")
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if args.checkpoint:
        state = torch.load(args.checkpoint, map_location="cpu")
        config, classes = state["config"], state["classes"]
        if not state.get("binary", True):
            raise SystemExit(f"{args.checkpoint}: is a float twin; the model file has no float blocks")
    elif args.config:
        state, config, classes = None, tomllib.loads(args.config.read_text()), DEFAULT_CLASSES
    else:
        parser.error("either --checkpoint or --config is needed")
    torch.manual_seed(config["seed"])
    model = XnorYolo(config["network"], len(classes)).eval()
    if state:
        model.load_state_dict(state["model"])
    graph, tensors = graph_of(model, config, classes)
    recipe = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    graph["training"] = {"recipe": recipe, "steps": state["step"] if state else 0}
    if args.data:
        names, labels = read_labels(args.data / "val")
        found = detect_all(model, labels, PictureStore(labels, args.cache / "val"), config, len(classes))
        figures = score(found, labels, names)
        # The operating point: few enough false alarms, but never below what a box is worth looking at.
        graph["detection"]["thresholds"] = [round(max(0.05, figures["classes"][c]["threshold"]), 4) for c in classes]
        graph["accuracy"] = {
            "mAP50": round(figures["mAP50"], 4), "mAP": round(figures["mAP"], 4),
            "weaponRecallAtFp": round(figures["classes"]["weapon"]["recallAtFp"], 4),
        }
        print(json.dumps(figures, indent=1))
    written = model_file.write(args.out, graph, tensors)
    print(f"{args.out}: {written} bytes, {len(graph['layers'])} layers")


if __name__ == "__main__":
    main()
