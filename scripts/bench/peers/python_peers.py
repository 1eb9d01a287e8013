"""Contenders in Python: for each line on stdin, one run on one thread, answered with its milliseconds.

  python_peers.py opencv NETWORK.onnx WIDTH HEIGHT
  python_peers.py torch CONFIG.toml CLASSES       the float twin of scripts/train/model.py
"""
import sys
import time
from collections.abc import Callable
from pathlib import Path


def opencv(network: str, width: str, height: str) -> Callable[[], object]:
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromONNX(network)
    picture = np.random.default_rng(1).uniform(-128, 127, (1, 3, int(height), int(width))).astype(np.float32)
    outputs = net.getUnconnectedOutLayersNames()

    def run() -> object:
        net.setInput(picture)
        return net.forward(outputs)

    return run


def pytorch(config: str, classes: str) -> Callable[[], object]:
    import torch

    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "train"))
    from config import read_config
    from model import XnorYolo

    torch.set_num_threads(1)
    network = read_config(Path(config))["network"]
    model = XnorYolo(network, int(classes), "float").eval()
    picture = torch.randint(0, 256, (1, 3, network["height"], network["width"]), dtype=torch.uint8)
    with torch.no_grad():
        # Frozen, so that BatchNorm is folded into the convolutions.
        frozen = torch.jit.freeze(torch.jit.trace(model, picture, check_trace=False))

    def run() -> object:
        with torch.no_grad():
            return frozen(picture)

    return run


def main() -> None:
    run = {"opencv": opencv, "torch": pytorch}[sys.argv[1]](*sys.argv[2:])
    for _ in range(3):
        run()
    print(0, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        print((time.perf_counter() - start) * 1e3, flush=True)


if __name__ == "__main__":
    main()
