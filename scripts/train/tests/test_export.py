import contextlib
import copy
import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import model_file
from config import read_config
from export import DEFAULT_CLASSES, graph_of, main
from graph_writer import fold, measure_steps
from make_method_fixtures import CLASSES, NETWORK, PICTURES, batches_of, untrained
from methods import METHODS
from methods.float_twin import FloatTwin
from model import Block, XnorYolo
from reference import Reference

HERE = Path(__file__).parent
#: DoReFa counts once, and so does each method of which there are two ways to train it.
NINE = ["float", "int8", "binaryconnect", "bwn", "bnn", "xnor", "xnor-learned", "dorefa-2", "ternary"]


class EightBits(nn.Module):
    """A convolution as the file has it at both ends of the network: inputs and weights rounded to 8 bits."""

    def __init__(self, conv: nn.Conv2d, steps: np.ndarray):
        super().__init__()
        self.steps = torch.from_numpy(steps).float().view(1, -1, 1, 1)
        weight = conv.weight.detach().double() / torch.from_numpy(steps).view(1, -1, 1, 1)
        step = weight.abs().amax((1, 2, 3), keepdim=True) / 127
        self.conv = copy.deepcopy(conv)
        self.conv.weight = nn.Parameter((torch.round(weight / step) * step).float())

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(torch.floor((x * self.steps).clamp(-128, 127) + 128.5) - 128)


@torch.no_grad()
def twin_of(model: XnorYolo, pictures: list[Tensor]) -> XnorYolo:
    """The network with the rounding of the file, and nothing else of it."""
    steps = measure_steps(model, pictures)
    steps[model.stem[0].conv] = 1 / np.array(XnorYolo.SCALE)
    twin = copy.deepcopy(model)
    for at, block in enumerate(model.stem):
        twin.stem[at].conv = EightBits(block.conv, steps[block.conv])
    for convs, rounded in ((model.laterals, twin.laterals), (model.heads, twin.heads)):
        for at, conv in enumerate(convs):
            rounded[at] = EightBits(conv, steps[conv])
    for block in twin.modules():
        if isinstance(block, Block) and isinstance(block.method, FloatTwin):
            scale = torch.from_numpy(fold(block.norm_out)[0]).view(-1, 1, 1, 1)
            block.weight.copy_((block.weight.double() * scale).half().double() / scale)
    return twin


class Export(unittest.TestCase):
    def test_a_file_computes_what_the_network_computes_that_it_was_made_of(self) -> None:
        pictures = batches_of(sorted((HERE / "../../../test/fixtures/pictures").glob("*.png"))[:PICTURES])
        for method in METHODS:
            with self.subTest(method=method), tempfile.TemporaryDirectory() as folder:
                model = untrained(method, pictures)
                graph, tensors = graph_of(model, method, {"name": method, "network": NETWORK}, CLASSES, pictures)
                path = Path(folder) / "model.safetensors"
                model_file.write(path, graph, tensors)
                reference, twin = Reference(path), twin_of(model, pictures)
                with torch.no_grad():
                    pairs = [pair for picture in pictures for pair in zip(reference(picture), twin(picture))]
                wanted = torch.cat([b.flatten() for _, b in pairs])
                difference = torch.cat([(a - b).abs().flatten() for a, b in pairs])
                self.assertGreater(float(wanted.std()), 1)
                # PyTorch adds in another order. Where that turns a sign or a byte, a few outputs move by a hundredth.
                self.assertLess(float(difference.median()), 1e-5)
                self.assertLess(float(difference.max()), 0.1)

    def test_the_detectors_of_the_nine_methods_take_at_most_12_megabytes(self) -> None:
        config = read_config(HERE / "../configs/zero.toml")
        gray = [torch.full((1, 3, 32, 32), 100, dtype=torch.uint8)]
        total = 0
        with tempfile.TemporaryDirectory() as folder:
            for method in NINE:
                model = XnorYolo(config["network"], len(DEFAULT_CLASSES), method).eval()
                graph, tensors = graph_of(model, method, config, DEFAULT_CLASSES, gray)
                total += model_file.write(Path(folder) / "model.safetensors", graph, tensors)
        self.assertLess(total, 12e6)

    def test_an_untrained_network_is_of_the_method_that_ships(self) -> None:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            out = Path(folder) / "out.safetensors"
            main(["--config", str(HERE / "../configs/example.toml"), "--out", str(out)])
            file = out.read_bytes()
            header = json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])
            self.assertEqual(json.loads(header["__metadata__"]["graph"])["training"]["method"], "xnor-learned")

    def test_what_cannot_be_exported_is_named(self) -> None:
        config = {"name": "nanodet", "network": {"architecture": "nanodet-g"}}
        with tempfile.TemporaryDirectory() as folder:
            for name, state, problem in (
                ("last.pt", {"model": {}, "config": config}, "is no finished run; take the averaged.pt beside it"),
                ("averaged.pt", {"model": {}, "config": config, "classes": CLASSES, "method": "float"}, "is nanodet-g, which only teaches"),
            ):
                path = Path(folder) / name
                torch.save(state, path)
                with self.subTest(name), self.assertRaisesRegex(SystemExit, f"{path}: {problem}"):
                    main(["--checkpoint", str(path), "--out", f"{folder}/out.safetensors"])

    def test_the_file_of_every_method_names_it(self) -> None:
        gray = [torch.full((1, 3, 64, 64), 100, dtype=torch.uint8)]
        for method in METHODS:
            model = XnorYolo(NETWORK, len(CLASSES), method).eval()
            ours = method == "xnor-learned"
            for config, ships in (("xnor-yolo-zero", ours), ("xnor-yolo-plus", ours), ("pets", False)):
                graph, _ = graph_of(model, method, {"name": config, "network": NETWORK}, CLASSES, gray)
                self.assertEqual(graph["training"], {"method": method})
                self.assertEqual(graph["name"], config if ships else f"{config}-{method}")
