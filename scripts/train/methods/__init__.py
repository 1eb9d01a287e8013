"""The family of small networks: each method in a file of its own, its paper named.

BinaryConnect → BinaryNet → Binary-Weight-Networks → XNOR-Net → ours, beside 8-bit quantization and DoReFa-Net, and
ternary weights.
"""
from functools import partial
from typing import Callable

from .binaryconnect import BinaryConnect, StochasticBinaryConnect
from .bnn import BinaryNet
from .bwn import BinaryWeight
from .dorefa import DoReFa
from .float_twin import FloatTwin
from .int8 import Int8
from .method import Method
from .ternary import TernaryWeight, TrainedTernary
from .xnor import XnorNet
from .xnor_learned import XnorLearned

#: By the name that `train.py --method` takes: makes the convolution for (inputs, outputs) channels.
METHODS: dict[str, Callable[[int, int], Method]] = {
    "float": FloatTwin,
    "int8": Int8,
    "binaryconnect": BinaryConnect,
    "binaryconnect-stochastic": StochasticBinaryConnect,
    "bwn": BinaryWeight,
    "bnn": BinaryNet,
    "xnor": XnorNet,
    "xnor-learned": XnorLearned,
    "dorefa-1": partial(DoReFa, weight_bits=1, activation_bits=1, gradient_bits=6),
    "dorefa-2": partial(DoReFa, weight_bits=1, activation_bits=2, gradient_bits=6),
    "dorefa-4": partial(DoReFa, weight_bits=1, activation_bits=4, gradient_bits=6),
    "dorefa-8": partial(DoReFa, weight_bits=8, activation_bits=8, gradient_bits=8),
    "ternary": TernaryWeight,
    "ternary-trained": TrainedTernary,
}
