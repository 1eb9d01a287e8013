"""Makes weights for small networks of Darknet's and what other programs see with them.

  make_fixtures.py CFGS OUT [SEED]

For each cfg of the folder CFGS: OUT/NAME.weights with random numbers in Darknet's layout, and OUT/NAME.json with the
heads' boxes on a picture of noise, by OpenCV's dnn (python3-opencv) where all is real and by Darknet itself (Debian's
package darknet) where a layer is XNOR-Net's. The picture is `noise(bytes)` as planes Y, U, V.

test/fixtures/darknet was made by `/usr/bin/python3 scripts/darknet/make_fixtures.py test/fixtures/darknet
test/fixtures/darknet`.
"""
import ctypes
import json
import struct
import sys
from pathlib import Path

import numpy as np

DARKNET = "/usr/lib/darknet/libdarknet.so"


def noise(count: int) -> np.ndarray:
    """Bytes that are the same every time, and easy to make in any language."""
    values = np.empty(count, np.uint8)
    state = 1
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = state >> 24
    return values


def picture(width: int, height: int) -> np.ndarray:
    """Red, green and blue of the noise, (3, height, width), black is 0 and white 1."""
    y, u, v = noise(3 * height * width).reshape(3, height, width).astype(np.float64)
    u, v = u - 128, v - 128
    rgb = [y + 1.402 * v, y - 0.344136 * u - 0.714136 * v, y + 1.772 * u]
    return (np.stack(rgb) / 255).astype(np.float32)


def sections(cfg: Path) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    for line in cfg.read_text().splitlines():
        line = line.replace(" ", "")
        if line.startswith("["):
            found.append((line.strip("[]"), {}))
        elif "=" in line and not line.startswith("#"):
            key, value = line.split("=")
            found[-1][1][key] = value
    return found


def make_weights(layers: list[tuple[str, dict[str, str]]], random: np.random.Generator) -> bytes:
    """A header of version 0.2, then the numbers of each convolution."""
    parts = [struct.pack("<iiiQ", 0, 2, 0, 64000)]
    channels = [3]
    for name, options in layers:
        number = lambda key, fallback: int(options.get(key, fallback))  # noqa: E731
        own = len(channels) - 1
        if name == "convolutional":
            filters, inputs, taps = number("filters", 1), channels[-1] // number("groups", 1), number("size", 1) ** 2
            parts.append(random.normal(0, 0.5, filters))  # biases
            if number("batch_normalize", 0):
                parts.append(random.uniform(0.5, 1.5, filters))  # scales
                parts.append(random.normal(0, 0.2, filters))  # means
                parts.append(random.uniform(0.5, 2, filters))  # variances
            parts.append(random.normal(0, (2 / inputs / taps) ** 0.5, filters * inputs * taps))
            channels.append(filters)
        elif name == "route":
            read = [int(index) for index in options["layers"].split(",")]
            total = sum(channels[1:][own + index if index < 0 else index] for index in read)
            channels.append(total // number("groups", 1))
        else:
            channels.append(channels[-1])
    return b"".join(part if isinstance(part, bytes) else part.astype("<f4").tobytes() for part in parts)


def by_opencv(cfg: Path, weights: Path, rgb: np.ndarray) -> list[list[list[float]]]:
    """For each head, a row for each anchor of each cell: center, size, objectness and scores of the classes."""
    import cv2

    net = cv2.dnn.readNetFromDarknet(str(cfg), str(weights))
    net.setInput(rgb[None])
    outputs = net.forward(net.getUnconnectedOutLayersNames())
    return [output.reshape(-1, output.shape[-1]).tolist() for output in outputs]


class Box(ctypes.Structure):
    _fields_ = [(name, ctypes.c_float) for name in "xywh"]


class Detection(ctypes.Structure):
    _fields_ = [
        ("box", Box),
        ("classes", ctypes.c_int),
        ("scores", ctypes.POINTER(ctypes.c_float)),
        ("mask", ctypes.POINTER(ctypes.c_float)),
        ("objectness", ctypes.c_float),
        ("sort_class", ctypes.c_int),
    ]


def by_darknet(cfg: Path, weights: Path, rgb: np.ndarray) -> list[list[list[float]]]:
    """The same, all heads in one list."""
    library = ctypes.CDLL(DARKNET)
    library.load_network.restype = ctypes.c_void_p
    library.get_network_boxes.restype = ctypes.POINTER(Detection)
    net = ctypes.c_void_p(library.load_network(str(cfg).encode(), str(weights).encode(), 0))
    library.set_batch_network(net, 1)
    values = np.ascontiguousarray(rgb)
    library.network_predict(net, values.ctypes.data_as(ctypes.POINTER(ctypes.c_float)))
    count = ctypes.c_int()
    height, width = rgb.shape[1:]
    sizes = [ctypes.c_int(width), ctypes.c_int(height)]
    none = [ctypes.c_float(0), ctypes.c_float(0), None, ctypes.c_int(1)]
    found = library.get_network_boxes(net, *sizes, *none, ctypes.byref(count))
    rows = []
    for one in found[: count.value]:
        box = one.box
        rows.append([box.x, box.y, box.w, box.h, one.objectness, *one.scores[: one.classes]])
    return [rows]


def main(cfgs: Path, out: Path, seed: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for cfg in sorted(cfgs.glob("*.cfg")):
        (_, net), *layers = sections(cfg)
        weights = out / f"{cfg.stem}.weights"
        weights.write_bytes(make_weights(layers, np.random.default_rng(seed)))
        rgb = picture(int(net["width"]), int(net["height"]))
        is_xnor = any(options.get("xnor") == "1" for _, options in layers)
        heads = (by_darknet if is_xnor else by_opencv)(cfg, weights, rgb)
        rounded = [[[float(f"{value:.6g}") for value in row] for row in head] for head in heads]
        (out / f"{cfg.stem}.json").write_text(json.dumps(rounded) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
