#!/usr/bin/env python3
"""Trains XNOR-YOLO.

  train.py --config configs/zero.toml --data DATA --out RUN     a run; continues where RUN/last.pt stands
  train.py --config … --data … --out RUN --init averaged.pt     a run that starts from weights of another
  train.py --config … --data … --overfit 256                    can it learn these pictures by heart?
  --method float trains the float twin: same graph, real weights and activations. methods/ has the others. Several
  methods train side by side on the same batches, each in its own folder in RUN; with --distill the first one teaches.
  --teacher averaged.pt: a finished run teaches, of this network or of a larger one; nanodet.json: a published one.
"""
import argparse
import copy
import json
import math
import os
import pickle
import sys
import time
from functools import cached_property
from pathlib import Path
from typing import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from augment import TAUGHT, BatchMaker, Canvas, collate
from config import read_config
from dataset import PictureStore, read_alarms, read_labels
from evaluate import detect_all, score
from loss import Batch, Teacher, detection_loss, distillation_loss
from methods import METHODS
from model import XnorYolo, after_step, latent_weights, silence, widened
from nanodet import NanoDet, published
from render import Plans, Renderer, plan_of
from team import Part, average_gradients, first_alone, rank, together


def network_of(config: dict, classes: int, method: str) -> nn.Module:
    """The network of a configuration: XNOR-YOLO by a method, or, as `architecture` says, one of others that teaches it."""
    architecture = config["network"].get("architecture")
    if architecture == "nanodet-g":
        return NanoDet(classes)
    if architecture is not None:
        raise SystemExit(f"{config['name']}: network.architecture is {architecture!r}; it is 'nanodet-g', or left out for XNOR-YOLO")
    return XnorYolo(config["network"], classes, method)


def optimizer_of(model: nn.Module, schedule: dict) -> torch.optim.Optimizer:
    """AdamW; the decay touches real convolutions only: a decayed latent weight would only flip more often."""
    latent = {id(w) for w in latent_weights(model)}
    decayed = [p for p in model.parameters() if p.ndim == 4 and id(p) not in latent]
    rest = [p for p in model.parameters() if p.ndim != 4 or id(p) in latent]
    groups = [{"params": decayed, "weight_decay": schedule["weight_decay"]}, {"params": rest, "weight_decay": 0.0}]
    if next(model.parameters()).device.type == "cuda":  # a step that a GPU repeats reads its rate from there
        return torch.optim.AdamW(groups, lr=torch.tensor(schedule["learning_rate"]).cuda(), capturable=True)
    return torch.optim.AdamW(groups, lr=schedule["learning_rate"])


def learning_rate(step: int, schedule: dict) -> float:
    """Linear warm-up, then cosine."""
    if step < schedule["warmup_steps"]:
        return schedule["learning_rate"] * (step + 1) / schedule["warmup_steps"]
    progress = (step - schedule["warmup_steps"]) / max(1, schedule["steps"] - schedule["warmup_steps"])
    low = schedule["final_learning_rate"]
    return low + (schedule["learning_rate"] - low) * (1 + math.cos(math.pi * min(progress, 1))) / 2


@torch.no_grad()
def update_average(average: list[Tensor], values: list[Tensor], decay: float) -> None:
    """Moves each tensor of `average` toward its twin in `values`; in two launches, where a GPU counts them."""
    torch._foreach_mul_(average, decay)
    torch._foreach_add_(average, values, alpha=1 - decay)


def real_tensors(model: nn.Module) -> list[Tensor]:
    """Weights and statistics, without the counters of BatchNorm."""
    return [value for value in model.state_dict().values() if value.dtype.is_floating_point]


class Source:
    """The batches of a run, on its device: drawn by workers, or, where there is a GPU, planned by them and drawn there."""

    def __init__(self, maker: BatchMaker, device: torch.device):
        self.maker = maker
        self.renderer = Renderer(maker.store, device) if device.type == "cuda" else None

    def draw(self, canvases: list[Canvas]) -> Batch:
        return self.renderer.draw(plan_of(canvases)) if self.renderer else collate(canvases, self.maker.store)

    def stream(self, first: int, last: int) -> Iterator[Batch]:
        """Batches of the steps first … last − 1."""
        planned = self.renderer is not None
        loader = DataLoader(
            Subset(Plans(self.maker) if planned else Part(self.maker), range(first, last)), batch_size=None, prefetch_factor=4,
            num_workers=max(1, len(os.sched_getaffinity(0)) - 1) if planned else 1, pin_memory=planned,
        )
        return map(self.renderer.draw, loader) if self.renderer else iter(loader)


@torch.no_grad()
def recalibrate(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Measures BatchNorm's statistics anew, on batches of pictures, and leaves the model evaluating: the signs of averaged
    weights are not the average of signs."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    if not norms:
        model.eval()
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # plain mean over the batches
    model.train()
    for pictures in batches:
        model(pictures)
    for norm in norms:
        norm.momentum = 0.1
    model.eval()


class Replay:
    """Repeats a run's step as a CUDA graph: its two thousand kernels take a GPU 8 ms, but Python 40 to launch. For batches of
    one shape."""

    WARM_UP = 3  # steps, in which the optimizer makes its state and cuDNN chooses its algorithms

    def __init__(self, run: "Run", shape: torch.Size):
        self.run, self.shape, self.steps, self.graph = run, shape, 0, None

    def advance(self, batch: Batch, teacher: list[Tensor] | None) -> tuple[dict[str, Tensor], list[Tensor]]:
        """As `Run.optimize`. The maps are the same tensors from the first repetition on, each time with new values; a
        teacher's must be such, too."""
        self.steps += 1
        if self.steps <= self.WARM_UP:
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                result = self.run.optimize(batch, teacher)
            torch.cuda.current_stream().wait_stream(side)
            return result
        if self.graph is None:
            self.batch = Batch(*(part.clone() for part in batch))
            self.run.optimizer.zero_grad(set_to_none=True)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):  # workers pin memory meanwhile
                self.parts, self.maps = self.run.optimize(self.batch, teacher)
        for kept, part in zip(self.batch, batch):
            kept.copy_(part)
        self.graph.replay()
        return {key: value.clone() for key, value in self.parts.items()}, self.maps


class Run:
    """The state of a training run, and its files."""

    def __init__(self, config: dict, classes: int, method: str, out: Path | None, device: torch.device):
        torch.manual_seed(config["seed"])
        self.config, self.classes, self.out, self.device, self.method = config, classes, out, device, method
        self.model = network_of(config, classes, method).to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.averaged = real_tensors(self.average), real_tensors(self.model)
        self.optimizer = optimizer_of(self.model, config["schedule"])
        self.step, self.seconds = 0, 0.0
        self.replay: Replay | None = None
        self.teacher: Teacher | None = None
        self.bfloat16 = device.type == "cuda"
        self.teacher_weight = torch.zeros((), device=device)
        self.signs = [w.detach() >= 0 for w in latent_weights(self.model)]
        self.last = out / "last.pt" if out else None
        if self.last and self.last.exists():
            self._load()

    def start_from(self, path: Path, names: list[str]) -> None:
        """Takes the weights of a finished run, or published ones. The input's size and the number of blocks may differ:
        blocks that this network lacks are left out, those that it has more start anew. It may be wider, a whole number
        of times."""
        weights = published(path, names).state_dict() if path.suffix == ".json" else loaded(path, self.device)["model"]
        weights = widened(weights, self.model)
        for model in (self.model, self.average):
            try:
                missing, unexpected = model.load_state_dict(weights, strict=False)
            except RuntimeError as error:
                network = self.config["name"]
                first = str(error).splitlines()[1].strip()
                raise SystemExit(f"{path}: its layers have other widths than {network}'s, or other classes ({first})") from error
            silence(model, missing)
        for tensors, what in ((missing, "start anew"), (unexpected, "are left out")):
            if tensors:
                print(f"{path}: {len(tensors)} tensors {what}", file=sys.stderr)
        self.signs = [w.detach() >= 0 for w in latent_weights(self.model)]

    def _load(self) -> None:
        state = torch.load(self.last, map_location=self.device)
        if state["method"] != self.method:
            raise SystemExit(f"{self.last}: is a run of the method {state['method']}; choose another --out")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self._load_optimizer(state["optimizer"])
        self.step, self.seconds, self.signs = state["step"], state.get("seconds", 0.0), state["signs"]
        print(f"continues at step {self.step}", file=sys.stderr)

    def _load_optimizer(self, state: dict) -> None:
        """As this device wants it: the run may have begun on another one."""
        for group, fresh in zip(state["param_groups"], self.optimizer.param_groups):
            group.update(lr=fresh["lr"], capturable=fresh["capturable"])
        self.optimizer.load_state_dict(state)

    def save(self) -> None:
        if rank() > 0:
            return
        state = {
            "model": self.model.state_dict(), "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(), "step": self.step, "seconds": self.seconds, "signs": self.signs,
            "config": self.config, "method": self.method,
        }
        part = self.last.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.last)  # a killed run leaves the old checkpoint whole

    def log(self, row: dict) -> None:
        if rank() > 0:
            return
        print(json.dumps(row), file=sys.stderr)
        if self.out:
            with open(self.out / "log.jsonl", "a") as file:
                file.write(json.dumps(row) + "\n")

    def advance(self, batch: Batch, teacher: list[Tensor] | None = None) -> tuple[dict[str, Tensor], list[Tensor]]:
        """One step of the optimizer → the parts of the loss, and the maps. `teacher`: its maps of the same batch."""
        schedule = self.config["schedule"]
        # Some methods draw noise: the same one whatever trains beside, and after a kill.
        torch.manual_seed(self.config["seed"] * 1_000_003 + self.step)
        rate = learning_rate(self.step, schedule)
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        # What a teacher says that has just begun to learn itself is worth nothing.
        self.teacher_weight.fill_(1.0 if self.teacher else min(1.0, 10 * self.step / schedule["steps"]))
        self.model.train()
        if self.device.type == "cuda":
            if self.replay is None or self.replay.shape != batch.pictures.shape:  # another one where `early_size` ends
                self.replay = Replay(self, batch.pictures.shape)
            parts, maps = self.replay.advance(batch, teacher)
        else:
            parts, maps = self.optimize(batch, teacher)
        self.step += 1
        # Early averages would be of noise: the window grows with the run.
        update_average(*self.averaged, min(schedule["ema_decay"], self.step / (self.step + 100)))
        return parts, maps

    def optimize(self, batch: Batch, teacher: list[Tensor] | None) -> tuple[dict[str, Tensor], list[Tensor]]:
        """The part of a step that is the same each time, so that a GPU can repeat it."""
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, self.bfloat16, cache_enabled=False):
            maps = self.model(batch.pictures)
            if self.teacher:
                with torch.no_grad():
                    teacher = self.teacher.network(batch.pictures)
        loss, parts = detection_loss(maps, batch, self.config["loss"], self.config["assign"])
        if teacher:
            taught = distillation_loss(maps, teacher, batch, self.config["loss"], self.teacher)
            loss = loss + self.teacher_weight * taught
            parts["taught"] = taught.detach()
        loss.backward()
        average_gradients(self.model.parameters())
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config["schedule"]["clip_norm"])
        self.optimizer.step()
        after_step(self.model)
        return parts, [level.detach() for level in maps]

    def flipped(self) -> float:
        """Share of the latent weights whose sign changed since the last call."""
        signs = [w.detach() >= 0 for w in latent_weights(self.model)]
        changed = sum(int((a != b).sum()) for a, b in zip(signs, self.signs))
        self.signs = signs
        return changed / max(1, sum(s.numel() for s in signs))


def loaded(path: Path, device: torch.device) -> dict:
    """What a run wrote to `path`. Raises SystemExit where that is nothing of the kind."""
    try:
        state = torch.load(path, map_location=device)
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise SystemExit(f"{path}: cannot be read as a run's weights ({error})") from error
    if not isinstance(state, dict) or "model" not in state:
        raise SystemExit(f"{path}: holds no weights of a run; take its averaged.pt")
    return state


def averaged(path: Path, device: torch.device) -> dict:
    """What a run that has finished left: weights, configuration, method, classes. Raises SystemExit where `path` is no
    averaged.pt."""
    state = loaded(path, device)
    if "classes" not in state:
        raise SystemExit(f"{path}: is no finished run; take the averaged.pt beside it")
    return state


def finished(path: Path, names: list[str], device: torch.device) -> nn.Module:
    """The network of a finished run, for teaching.

    Raises SystemExit where `path` is no averaged.pt, or knows other classes than `names`."""
    state = averaged(path, device)
    if state["classes"] != names:
        raise SystemExit(f"{path}: has the classes {state['classes']}, the data {names}; a teacher needs the same ones")
    model = network_of(state["config"], len(names), state["method"])
    model.load_state_dict(state["model"])
    return model.to(device, memory_format=torch.channels_last).requires_grad_(False).eval()


def teacher_of(path: Path, names: list[str], config: dict, device: torch.device) -> Teacher:
    """Who teaches: a finished run, or NanoDet-g as published (a .json), of what COCO has labeled in full."""
    if path.suffix != ".json":
        return Teacher(finished(path, names, device), torch.ones(len(names), device=device), 1.0)
    model = published(path, names).to(device, memory_format=torch.channels_last).requires_grad_(False).eval()
    # Its scores are overlaps.
    knows = torch.tensor([float(name in TAUGHT) for name in names], device=device)
    if not knows.any():
        raise SystemExit(f"{path}: cannot teach {', '.join(names)}; it knows {', '.join(TAUGHT)}")
    return Teacher(model, knows, 1 / config["loss"]["full_quality"])


def overfit(run: Run, source: Source, count: int, names: list[str], seed: int) -> None:
    """Fits `count` unchanged pictures for 300 steps and prints mAP50 on them: a network that cannot is broken."""
    maker = source.maker
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
        parts, _ = run.advance(source.draw([canvases[i] for i in part]))
        if step % 50 == 49:
            run.log({"step": step + 1, **{key: float(value) for key, value in parts.items()}, "flipped": run.flipped()})
    recalibrate(run.model, (source.draw(canvases[start : start + size]).pictures for start in range(0, count, size)))
    store = [maker.store[i] for i in chosen]
    labels = [maker.labels[i] for i in chosen]
    print(json.dumps(score(detect_all(run.model, labels, store, run.config, len(names)), labels, names), indent=1))


class Examination:
    """Scores a run's averaged weights on a part of val, and keeps these weights."""

    CALIBRATION = 768  # pictures by which BatchNorm's statistics are measured, the same for all runs

    def __init__(self, source: Source, data: Path | None, cache: Path, names: list[str], stride: int):
        self.source, self.names = source, names
        self.labels, self.store = [], []
        if data and rank() == 0:
            _, labels = read_labels(data)
            store = PictureStore(labels, cache / "val")
            self.labels = labels[::stride]
            self.store = [store[i] for i in range(0, len(labels), stride)]

    @cached_property
    def calibration(self) -> list[Tensor]:
        maker = self.source.maker
        count = math.ceil(self.CALIBRATION / maker.config["schedule"]["batch"])
        return [self.source.draw(maker.plan(10_000_000 + i)).pictures for i in range(count)]

    def of(self, run: Run) -> None:
        if rank() > 0:
            return
        model = copy.deepcopy(run.average)
        recalibrate(model, self.calibration)
        state = {"config": run.config, "classes": self.names, "step": run.step, "method": run.method}
        torch.save({"model": model.state_dict(), **state}, run.out / "averaged.pt")
        if self.labels:
            found = detect_all(model, self.labels, self.store, run.config, len(self.names))
            run.log({"step": run.step, "val": score(found, self.labels, self.names)})


def train(runs: list[Run], source: Source, examination: Examination, distill: bool) -> None:
    """Advances all runs on the same batches, from the step on at which the first one stands. Where a kill came between two
    checkpoints the others are ahead of it, and wait."""
    first, schedule = runs[0], runs[0].config["schedule"]
    began, rows = time.time(), [[] for _ in runs]
    for step, batch in enumerate(source.stream(first.step, schedule["steps"]), first.step):
        taught = None
        for run, kept in zip(runs, rows):
            if run.step > step:
                continue
            started = time.perf_counter()
            parts, maps = run.advance(batch, taught)
            if run.device.type == "cpu":  # a GPU still computes when this returns
                run.seconds += time.perf_counter() - started
            kept.append(parts)
            if distill and run is first:
                taught = maps
        if first.step % 100 == 0:
            rate = len(rows[0]) * schedule["batch"] / (time.time() - began)
            for run, kept in zip(runs, rows):
                if kept:
                    means = {key: round(float(sum(row[key] for row in kept)) / len(kept), 4) for key in kept[0]}
                    run.log({"step": run.step, "pictures_per_s": round(rate, 1), **means,
                             "flipped": round(run.flipped(), 5), "seconds": round(run.seconds)})
            began, rows = time.time(), [[] for _ in runs]
        done = first.step == schedule["steps"]
        if done or first.step % schedule["checkpoint_steps"] == 0:
            for run in reversed(runs):  # the first one last: it must not be ahead of those that it teaches
                run.save()
        if not done and first.step % schedule["evaluate_steps"] == 0:
            for run in runs:
                examination.of(run)
            began = time.time()
    for run in runs:
        examination.of(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--out", type=Path, help="folder of the run: checkpoints and log.jsonl")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="decoded pictures, about 2.5 GB")
    parser.add_argument("--init", type=Path, help="start a new run from these weights: an averaged.pt, or nanodet.json")
    parser.add_argument(
        "--method", choices=sorted(METHODS), nargs="+", default=["xnor-learned"], help="of the inner convolutions"
    )
    parser.add_argument("--distill", action="store_true", help="the first of several methods teaches the others")
    parser.add_argument("--teacher", type=Path, help="who teaches all methods: an averaged.pt, or nanodet.json")
    parser.add_argument("--overfit", type=int, metavar="N", help="fit N pictures for 300 steps")
    parser.add_argument("--steps", type=int, help="instead of the config's")
    parser.add_argument("--batch", type=int, help="pictures a step, instead of the config's")
    parser.add_argument("--learning-rate", type=float, help="instead of the config's")
    parser.add_argument("--val-stride", type=int, default=2, help="evaluate on every n-th picture of val while training")
    parser.add_argument("--no-val", action="store_true", help="do not evaluate while training")
    parser.add_argument("--labels", type=Path, help="annotations of DATA/train, instead of those in it (relabel.py)")
    parser.add_argument("--false-alarms", type=Path, help="where a network saw weapons that are none (false_alarms.py)")
    parser.add_argument("--bfloat16", action="store_true", help="on a processor that has AVX-512 BF16, too: float networks are faster")
    parser.add_argument("--processes", type=int, default=1, help="that share the work of a step, for several cores")
    parser.add_argument("--strict", action="store_true", help="stop at the first broken annotation")
    args = parser.parse_args()
    config = read_config(args.config)
    for key in ("steps", "batch", "learning_rate"):
        if getattr(args, key):
            config["schedule"][key] = getattr(args, key)
    if "architecture" in config["network"] and args.method != ["float"]:
        parser.error(f"{args.config}: network.architecture is of a float network; add --method float")
    if args.overfit and args.out:
        parser.error("--overfit starts anew and keeps nothing: leave out --out")
    if not args.overfit and not args.out:
        parser.error("--out is needed for a run")
    if args.overfit and (len(args.method) > 1 or args.distill or args.teacher or args.false_alarms):
        parser.error("--overfit takes one method, no teacher and no false alarms")
    if len(set(args.method)) < len(args.method):
        parser.error("--method names one twice")
    if args.distill and len(args.method) == 1:
        parser.error("--distill needs a teacher and a pupil: --method float xnor-learned")
    if args.distill and args.teacher:
        parser.error("--distill and --teacher: choose one of them")
    if args.overfit and args.processes > 1:
        parser.error("--overfit takes one process")
    if args.processes > 1 and torch.cuda.is_available():
        parser.error("--processes shares the cores of a CPU; leave it out where there is a GPU")
    if args.processes < 1 or config["schedule"]["batch"] % args.processes:
        parser.error(f"--processes {args.processes} cannot share a batch of {config['schedule']['batch']} evenly")
    together(args.processes, lambda: work(args, config))


def work(args: argparse.Namespace, config: dict) -> None:
    """What `main` was called for, in each of its processes."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = True  # batches have one size, with `early_size` two
    names, labels = read_labels(args.data / "train", args.strict, args.labels)
    alarms = args.false_alarms and read_alarms(args.false_alarms, labels, args.data / "train")
    with first_alone():
        source = Source(BatchMaker(labels, PictureStore(labels, args.cache / "train"), names, config, alarms), device)
    teacher = args.teacher and teacher_of(args.teacher, names, config, device)
    runs = []
    for method in args.method:
        out = args.out and (args.out / method if len(args.method) > 1 else args.out)
        if out:
            out.mkdir(parents=True, exist_ok=True)
        runs.append(Run(config, len(names), method, out, device))
        runs[-1].teacher = teacher
        runs[-1].bfloat16 |= args.bfloat16
        if args.init and runs[-1].step == 0:
            runs[-1].start_from(args.init, names)
    if args.overfit:
        overfit(runs[0], source, args.overfit, names, config["seed"])
        return
    if runs[0].step > min(run.step for run in runs):
        steps = ", ".join(f"{run.method} {run.step}" for run in runs)
        raise SystemExit(f"{args.out}: the runs stand at the steps {steps}; the first one has to be behind the others")
    val = None if args.no_val else args.data / "val"
    train(runs, source, Examination(source, val, args.cache, names, args.val_stride), args.distill)


if __name__ == "__main__":
    main()
