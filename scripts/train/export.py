#!/usr/bin/env python3
"""Turns a trained network of any method into a model file; graph_writer.py says how.

  export.py --checkpoint RUN/averaged.pt --out models/xnor-yolo-zero.safetensors
  export.py --config configs/zero.toml --method bwn --out FILE      an untrained network, for trying the plumbing
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch

import model_file
from augment import WEAPONS, BatchMaker, collate
from config import read_config
from dataset import PictureStore, read_labels
from evaluate import detect_all, operating_points, score
from graph_writer import layers_of
from methods import METHODS
from model import XnorYolo
from reference import Reference
from train import averaged

#: Configurations of what ships, which by this method are named as their configuration.
SHIPPED, SHIPPED_METHOD = ("xnor-yolo-zero", "xnor-yolo-plus"), "xnor-learned"

DEFAULT_CLASSES = ["person", "handgun", "rifle", "knife", "car", "bus", "truck", "motorcycle", "dog", "cat"]


def graph_of(
    model: XnorYolo, method: str, config: dict, classes: list[str], pictures: list[torch.Tensor]
) -> tuple[dict, dict[str, np.ndarray]]:
    """→ graph and tensors. `pictures`: batches of planes, by which the ranges of 8-bit maps are set."""
    layers, tensors, outputs = layers_of(model, pictures)
    graph = {
        "version": 1,
        "name": config["name"] if config["name"] in SHIPPED and method == SHIPPED_METHOD else f"{config['name']}-{method}",
        "input": {"width": config["network"]["width"], "height": config["network"]["height"], "channels": 3},
        "layers": layers,
        "detection": {
            "classes": classes,
            "weapons": [c for c in classes if c in WEAPONS],
            "thresholds": [0.5] * len(classes),
            "outputs": outputs, "nmsIou": 0.5, "candidates": 300, "maxDetections": 100,
        },
        "training": {"method": method},
    }
    return graph, tensors


def calibration(args: argparse.Namespace, config: dict, classes: list[str], batches: int = 16) -> list[torch.Tensor]:
    """Batches of training pictures as the camera would see them; gray ones for an untrained network."""
    if not args.data:
        return [torch.full((1, 3, config["network"]["height"], config["network"]["width"]), 100, dtype=torch.uint8)]
    names, labels = read_labels(args.data / "train")
    maker = BatchMaker(labels, PictureStore(labels, args.cache / "train"), names, config)
    chosen = torch.randperm(len(labels), generator=torch.Generator().manual_seed(config["seed"]))[: 16 * batches].tolist()
    canvases = [maker.plain(i) for i in chosen]
    return [collate(canvases[i : i + 16], maker.store).pictures for i in range(0, len(canvases), 16)]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--config", type=Path, help="for an untrained network")
    parser.add_argument("--method", choices=METHODS, default=SHIPPED_METHOD, help="of an untrained network; a checkpoint has its own")
    parser.add_argument("--data", type=Path, help="folder with train/ and val/: sets ranges and thresholds, measures accuracy")
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    if args.checkpoint:
        state = averaged(args.checkpoint, torch.device("cpu"))
        config, classes, method = state["config"], state["classes"], state["method"]
    elif args.config:
        state, config, classes, method = None, read_config(args.config), DEFAULT_CLASSES, args.method
    else:
        parser.error("either --checkpoint or --config is needed")
    if "architecture" in config["network"]:
        raise SystemExit(f"{args.checkpoint or args.config}: is {config['network']['architecture']}, which only teaches")
    torch.manual_seed(config["seed"])
    model = XnorYolo(config["network"], len(classes), method).eval()
    if state:
        model.load_state_dict(state["model"])
    graph, tensors = graph_of(model, method, config, classes, calibration(args, config, classes))
    recipe = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    graph["training"].update(recipe=recipe, steps=state["step"] if state else 0)
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
