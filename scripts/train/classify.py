#!/usr/bin/env python3
"""Compares the methods on the papers' own task: a small classifier of pictures of 32×32, CIFAR-10's size and number of
classes, cut from our own data around each object that a person has boxed.

  classify.py --data DATA --cache .cache                         all methods, a row each as JSON
  classify.py --data DATA --cache .cache --method xnor --epochs 4

All start from one seed and see the same pictures in the same order.
"""
import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dataset import Labels, PictureStore, read_labels
from methods import METHODS
from model import Block, RealConv, after_step, latent_weights
from pictures import Picture, letterbox

SIZE = 32
LEAST_SIDE = 12  # pixels of the picture; a smaller object says little
CONTEXT = 1.25  # side of the crop / longer side of the box
BATCH = 64
SLOPE = 0.125
BLOCKS = [(64, 2), (64, 1), (128, 2), (128, 1)]  # channels, stride


class Classifier(nn.Module):
    """(n, 3, 32, 32) uint8 YUV → (n, classes) logits. First and last layer are real, as in the papers."""

    def __init__(self, classes: int, method: str):
        super().__init__()
        channels = 32
        self.stem = RealConv(3, channels, 1, SLOPE)
        blocks = []
        for width, stride in BLOCKS:
            blocks.append(Block(channels, width, stride, SLOPE, method))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Linear(channels, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        x = ((pictures.float() - 128) / 64).contiguous(memory_format=torch.channels_last)
        return self.last(self.blocks(self.stem(x)).mean((2, 3)))


def crop(picture: Picture, box: np.ndarray) -> np.ndarray:
    """The square around a box (left, top, right, bottom), as far as the picture goes → (3, 32, 32) uint8."""
    height, width = picture.y.shape
    half = CONTEXT * max(box[2] - box[0], box[3] - box[1]) / 2
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    # At even pixels, so that the chroma is cut at the same place.
    left, top = (max(0, int(side - half)) & ~1 for side in (x, y))
    right, bottom = min(width, int(x + half + 1)), min(height, int(y + half + 1))
    chroma = slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2)
    cut = Picture(picture.y[top:bottom, left:right], picture.u[chroma], picture.v[chroma])
    return letterbox(cut, SIZE, SIZE)[0]


def crops_of(folder: Path, cache: Path, most: int) -> tuple[list[str], Tensor, Tensor]:
    """→ class names, crops (n, 3, 32, 32) uint8, classes (n,); at most `most` of each class, spread over the data."""
    names, labels = read_labels(folder)
    store = PictureStore(labels, cache / folder.name)
    kept = cache / f"crops-{folder.name}-{most}.npz"
    if not kept.exists():
        pictures, kinds = [], []
        for kind in range(len(names)):
            found = objects_of(labels, kind)
            for at in range(0, len(found), max(1, -(-len(found) // most))):
                item, box = found[at]
                pictures.append(crop(store[item], box))
                kinds.append(kind)
        np.savez(kept, pictures=np.stack(pictures), kinds=np.array(kinds))
    data = np.load(kept)
    return names, torch.from_numpy(data["pictures"]), torch.from_numpy(data["kinds"])


def objects_of(labels: list[Labels], kind: int) -> list[tuple[int, np.ndarray]]:
    """Index of the picture and box of each object of a class that a person has boxed and that is large enough."""
    return [
        (index, box)
        for index, item in enumerate(labels)
        for box, its_kind, score in zip(item.boxes, item.classes, item.scores)
        if its_kind == kind and score == 1 and min(box[2] - box[0], box[3] - box[1]) >= LEAST_SIDE
    ]


def augmented(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Mirrored or not, and moved by up to four pixels, as the papers do on CIFAR-10."""
    out = F.pad(pictures, (4, 4, 4, 4), value=128)
    dx, dy, mirror = (int(torch.randint(0, high, (1,), generator=generator)) for high in (9, 9, 2))
    out = out[:, :, dy : dy + SIZE, dx : dx + SIZE]
    return out.flip(3) if mirror else out


def mean_accuracy(model: nn.Module, pictures: Tensor, kinds: Tensor, classes: int) -> float:
    """Mean over the classes of the share that is told right."""
    model.eval()
    with torch.no_grad():
        told = torch.cat([model(part).argmax(1) for part in pictures.split(256)])
    shares = [float((told[kinds == k] == k).float().mean()) for k in range(classes) if bool((kinds == k).any())]
    return sum(shares) / len(shares)


def run(method: str, train: tuple[Tensor, Tensor], val: tuple[Tensor, Tensor], classes: int, epochs: int, seed: int) -> dict:
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Classifier(classes, method).to(memory_format=torch.channels_last)
    latent = {id(w) for w in latent_weights(model)}
    groups = [
        {"params": [p for p in model.parameters() if id(p) not in latent], "weight_decay": 0.01},
        {"params": latent_weights(model), "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=2e-3)
    pictures, kinds = train
    # Each class counts alike, however many crops it has.
    weight = len(kinds) / (classes * torch.bincount(kinds, minlength=classes).clamp(min=1).float())
    steps = epochs * (len(kinds) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.1)
    began = time.time()
    for _ in range(epochs):
        model.train()
        order = torch.randperm(len(kinds), generator=generator)
        for part in order[: len(kinds) // BATCH * BATCH].split(BATCH):
            loss = F.cross_entropy(model(augmented(pictures[part], generator)), kinds[part], weight)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            after_step(model)
            schedule.step()
    seconds = time.time() - began
    return {"method": method, "accuracy": round(mean_accuracy(model, *val, classes), 4),
            "loss": round(float(loss), 4), "epochs": epochs, "seconds": round(seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    parser.add_argument("--method", action="append", choices=sorted(METHODS), help="all without it; may be repeated")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--most", type=int, default=1500, help="crops of a class in train; a fifth of it in val")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    names, *train = crops_of(args.data / "train", args.cache, args.most)
    _, *val = crops_of(args.data / "val", args.cache, args.most // 5)
    print(f"{len(train[1])} crops to learn from, {len(val[1])} to be told, {len(names)} classes", file=sys.stderr)
    for method in args.method or METHODS:
        print(json.dumps(run(method, tuple(train), tuple(val), len(names), args.epochs, args.seed)), flush=True)


if __name__ == "__main__":
    main()
