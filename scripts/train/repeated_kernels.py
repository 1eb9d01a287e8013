#!/usr/bin/env python3
"""How many 3×3 kernels of a binary network's layers are distinct, of those that read the same channel: the others would be
computed for nothing (BinaryNet, Courbariaux et al. 2016, section 3.2, which found 42 % on CIFAR-10).

  repeated_kernels.py models/methods/bnn.safetensors
"""
import argparse
from pathlib import Path

import numpy as np

import model_file


def distinct_share(path: Path) -> float:
    """A kernel and its negative count as one."""
    graph, tensors = model_file.read(path)
    distinct = kernels = 0
    for layer in graph["layers"]:
        if layer["op"] != "binary_conv":
            continue
        words = tensors[f"{layer['name']}.weight"]
        inputs = tensors[f"{layer['input']}.scale"].size  # of the sign before it
        signs = model_file.unpack_signs(words, inputs).reshape(len(words), 9, inputs) > 0
        codes = (signs * (1 << np.arange(9))[:, None]).sum(1)
        codes = np.minimum(codes, 511 - codes)
        distinct += sum(len(np.unique(column)) for column in codes.T)
        kernels += codes.size
    if kernels == 0:
        raise SystemExit(f"{path}: has no binary convolution")
    return distinct / kernels


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="+")
    for model in parser.parse_args().model:
        print(f"{model}: {distinct_share(model):.1%} of the kernels are distinct")
