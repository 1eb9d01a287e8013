#!/usr/bin/env python3
"""Trains XNOR-YOLO.

  train.py --config configs/zero.toml --data DATA --out RUN     a run; continues where RUN/last.pt stands
  train.py --config … --data … --out RUN --init averaged.pt     a run that starts from weights of another
  train.py --config … --data … --overfit 256                    can it learn these pictures by heart?
  --method float trains the float twin: same graph, real weights and activations. methods/ has the others.
"""
import argparse
import copy
import json
import math
import os
import sys
import time
import tomllib
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset

from augment import BatchMaker, collate
from dataset import PictureStore, read_labels
from evaluate import detect_all, score
from loss import Batch, detection_loss
from methods import METHODS
from model import XnorYolo, after_step, latent_weights


def optimizer_of(model: XnorYolo, schedule: dict) -> torch.optim.Optimizer:
    """AdamW; the decay touches real convolutions only: a decayed latent weight would only flip more often."""
    latent = {id(w) for w in latent_weights(model)}
    decayed = [p for p in model.parameters() if p.ndim == 4 and id(p) not in latent]
    rest = [p for p in model.parameters() if p.ndim != 4 or id(p) in latent]
    groups = [{"params": decayed, "weight_decay": schedule["weight_decay"]}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=schedule["learning_rate"])


def learning_rate(step: int, schedule: dict) -> float:
    """Linear warm-up, then cosine."""
    if step < schedule["warmup_steps"]:
        return schedule["learning_rate"] * (step + 1) / schedule["warmup_steps"]
    progress = (step - schedule["warmup_steps"]) / max(1, schedule["steps"] - schedule["warmup_steps"])
    low = schedule["final_learning_rate"]
    return low + (schedule["learning_rate"] - low) * (1 + math.cos(math.pi * min(progress, 1))) / 2


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    for a, b in zip(average.state_dict().values(), model.state_dict().values()):
        if a.dtype.is_floating_point:
            a.lerp_(b, 1 - decay)
        else:
            a.copy_(b)


@torch.no_grad()
def recalibrate(model: XnorYolo, maker: BatchMaker, batches: int = 24) -> None:
    """Measures BatchNorm's statistics anew: the signs of averaged weights are not the average of signs."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # plain mean over the batches
    model.train()
    device = next(model.parameters()).device
    for i in range(batches):
        model(maker[10_000_000 + i].pictures.to(device))
    for norm in norms:
        norm.momentum = 0.1
    model.eval()


class Run:
    """The state of a training run, and its files."""

    def __init__(self, config: dict, classes: int, method: str, out: Path | None, device: torch.device):
        torch.manual_seed(config["seed"])
        self.config, self.out, self.device, self.method = config, out, device, method
        self.model = XnorYolo(config["network"], classes, method).to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.optimizer = optimizer_of(self.model, config["schedule"])
        self.step = 0
        self.signs = [w.detach() >= 0 for w in latent_weights(self.model)]
        self.last = out / "last.pt" if out else None
        if self.last and self.last.exists():
            self._load()

    def start_from(self, path: Path) -> None:
        """Takes the weights of a finished run. Its input's size and the number of its blocks may differ: blocks that this
        network lacks are left out, those that it has more start anew."""
        state = torch.load(path, map_location=self.device)
        for model in (self.model, self.average):
            missing, unexpected = model.load_state_dict(state["model"], strict=False)
        for names, what in ((missing, "start anew"), (unexpected, "are left out")):
            if names:
                print(f"{path}: {len(names)} tensors {what}", file=sys.stderr)
        self.signs = [w.detach() >= 0 for w in latent_weights(self.model)]

    def _load(self) -> None:
        state = torch.load(self.last, map_location=self.device)
        if state["method"] != self.method:
            raise SystemExit(f"{self.last}: is a run of the method {state['method']}; choose another --out")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.signs = state["step"], state["signs"]
        print(f"continues at step {self.step}", file=sys.stderr)

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(), "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(), "step": self.step, "signs": self.signs, "config": self.config,
            "method": self.method,
        }
        part = self.last.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.last)  # a killed run leaves the old checkpoint whole

    def log(self, row: dict) -> None:
        print(json.dumps(row), file=sys.stderr)
        if self.out:
            with open(self.out / "log.jsonl", "a") as file:
                file.write(json.dumps(row) + "\n")

    def advance(self, batch: Batch) -> dict[str, float]:
        """One step of the optimizer."""
        schedule = self.config["schedule"]
        batch = Batch(*(t.to(self.device) for t in batch))
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, schedule)
        self.model.train()
        loss, parts = detection_loss(self.model(batch.pictures), batch, self.config["loss"], self.config["assign"])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), schedule["clip_norm"])
        self.optimizer.step()
        after_step(self.model)
        self.step += 1
        # Early averages would be of noise: the window grows with the run.
        update_average(self.average, self.model, min(schedule["ema_decay"], self.step / (self.step + 100)))
        return parts

    def flipped(self) -> float:
        """Share of the latent weights whose sign changed since the last call."""
        signs = [w.detach() >= 0 for w in latent_weights(self.model)]
        changed = sum(int((a != b).sum()) for a, b in zip(signs, self.signs))
        self.signs = signs
        return changed / max(1, sum(s.numel() for s in signs))


def overfit(run: Run, maker: BatchMaker, count: int, names: list[str], seed: int) -> None:
    """Fits `count` unchanged pictures for 300 steps and prints mAP50 on them: a network that cannot is broken."""
    generator = torch.Generator().manual_seed(seed)
    wanted = [i for i, item in enumerate(maker.labels) if item.exhaustive.any() and (item.scores == 1).any()]
    chosen = [wanted[i] for i in torch.randperm(len(wanted), generator=generator)[:count].tolist()]
    size = run.config["schedule"]["batch"]
    run.config["schedule"].update(steps=300, warmup_steps=20)
    canvases = [maker.plain(i) for i in chosen]
    for step in range(300):
        if step * size % count == 0:
            order = torch.randperm(count, generator=generator).tolist()
        part = [order[(step * size + k) % count] for k in range(size)]
        parts = run.advance(collate([canvases[i] for i in part], len(names)))
        if step % 50 == 49:
            run.log({"step": step + 1, **parts, "flipped": run.flipped()})
    run.model.train()
    with torch.no_grad():
        for norm in (m for m in run.model.modules() if isinstance(m, nn.BatchNorm2d)):
            norm.reset_running_stats()
            norm.momentum = None
        for start in range(0, count, size):
            run.model(collate([canvases[i] for i in range(start, min(start + size, count))], len(names)).pictures)
    store = [maker.store[i] for i in chosen]
    labels = [maker.labels[i] for i in chosen]
    print(json.dumps(score(detect_all(run.model.eval(), labels, store, run.config, len(names)), labels, names), indent=1))


def train(run: Run, maker: BatchMaker, data: Path, cache: Path, names: list[str], stride: int) -> None:
    schedule = run.config["schedule"]
    _, val_labels = read_labels(data / "val")
    val_store = PictureStore(val_labels, cache / "val")
    val_part = list(range(0, len(val_labels), stride))
    loader = DataLoader(Subset(maker, range(run.step, schedule["steps"])), batch_size=None, num_workers=1, prefetch_factor=4)
    began, rows = time.time(), []
    for batch in loader:
        rows.append(run.advance(batch))
        if run.step % 100 == 0:
            rate = len(rows) * schedule["batch"] / (time.time() - began)
            means = {key: round(sum(row[key] for row in rows) / len(rows), 4) for key in rows[0]}
            run.log({"step": run.step, "pictures_per_s": round(rate, 1), **means, "flipped": round(run.flipped(), 5)})
            began, rows = time.time(), []
        if run.step % schedule["checkpoint_steps"] == 0 or run.step == schedule["steps"]:
            run.save()
        if run.step % schedule["evaluate_steps"] == 0 or run.step == schedule["steps"]:
            model = copy.deepcopy(run.average)
            recalibrate(model, maker)
            found = detect_all(model, [val_labels[i] for i in val_part], [val_store[i] for i in val_part], run.config, len(names))
            run.log({"step": run.step, "val": score(found, [val_labels[i] for i in val_part], names)})
            torch.save({"model": model.state_dict(), "config": run.config, "classes": names, "step": run.step,
                        "method": run.method}, run.out / "averaged.pt")
            began = time.time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--out", type=Path, help="folder of the run: checkpoints and log.jsonl")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="decoded pictures, about 2.5 GB")
    parser.add_argument("--init", type=Path, help="start a new run from these weights")
    parser.add_argument("--method", choices=sorted(METHODS), default="xnor-learned", help="of the inner convolutions")
    parser.add_argument("--overfit", type=int, metavar="N", help="fit N pictures for 300 steps")
    parser.add_argument("--steps", type=int, help="instead of the config's")
    parser.add_argument("--val-stride", type=int, default=2, help="evaluate on every n-th picture of val while training")
    parser.add_argument("--strict", action="store_true", help="stop at the first broken annotation")
    args = parser.parse_args()
    config = tomllib.loads(args.config.read_text())
    if args.steps:
        config["schedule"]["steps"] = args.steps
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    names, labels = read_labels(args.data / "train", args.strict)
    maker = BatchMaker(labels, PictureStore(labels, args.cache / "train"), names, config)
    if args.overfit and args.out:
        parser.error("--overfit starts anew and keeps nothing: leave out --out")
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    elif not args.overfit:
        parser.error("--out is needed for a run")
    run = Run(config, len(names), args.method, args.out, device)
    if args.init and run.step == 0:
        run.start_from(args.init)
    if args.overfit:
        overfit(run, maker, args.overfit, names, config["seed"])
    else:
        train(run, maker, args.data, args.cache, names, args.val_stride)


if __name__ == "__main__":
    main()
