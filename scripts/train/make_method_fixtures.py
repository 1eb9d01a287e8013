#!/usr/bin/env python3
"""Writes what the engine's parity test of the methods compares to: for each method a small network, untrained, and what
PyTorch gives for the first eight pictures of a folder; see make_parity_fixtures.py.

  make_method_fixtures.py --pictures ../../test/fixtures/pictures --out ../../test/fixtures/methods
"""
import argparse
from pathlib import Path

import torch
from torch import nn

import model_file
from export import graph_of
from make_parity_fixtures import write_parity
from methods import METHODS
from model import XnorYolo
from pictures import decode, letterbox

#: As example.toml's, but narrower, and of widths that fill no word of 32 channels.
NETWORK = {
    "width": 64, "height": 64, "stem": [6, 12], "stages": [[12, 1], [24, 1], [48, 1], [96, 1]], "neck": 24,
    "neck_blocks": 1, "leaky_slope": 0.125, "sign_init_std": 0.003,
}
CLASSES = ["person", "handgun", "dog", "car"]
PICTURES = 8


@torch.no_grad()
def untrained(method: str, batches: list[torch.Tensor]) -> XnorYolo:
    """A network whose norms have seen the pictures, as if it had been trained: each has a scale and a shift of its own, so
    that signs are balanced and no channel is like another. Its heads find something."""
    torch.manual_seed(5)
    model = XnorYolo(NETWORK, len(CLASSES), method).train()
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.3)
            norm.momentum = None  # the plain mean of all that it sees
    for head in model.heads:
        head.weight.normal_(0, 0.25)
        head.bias[: len(CLASSES)] = -3
    for _ in range(8):
        for batch in batches:
            model(batch)
    return model.eval()


def batches_of(pictures: list[Path]) -> list[torch.Tensor]:
    """Letterboxed, one by one."""
    planes = [letterbox(decode(path), NETWORK["width"], NETWORK["height"])[0] for path in pictures]
    return [torch.from_numpy(picture)[None] for picture in planes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for a model and its parity.json and heads.f32 a method")
    args = parser.parse_args()
    pictures = sorted(args.pictures.glob("*.png"))[:PICTURES]
    batches = batches_of(pictures)
    for method in METHODS:
        folder = args.out / method
        folder.mkdir(parents=True, exist_ok=True)
        config = {"name": "untrained", "network": NETWORK}
        graph, tensors = graph_of(untrained(method, batches), method, config, CLASSES, batches)
        model_file.write(folder / "model.safetensors", graph, tensors)
        print(method)
        write_parity(folder / "model.safetensors", pictures, folder)


if __name__ == "__main__":
    main()
