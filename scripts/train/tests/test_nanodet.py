import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from dataset import Labels
from model import flatten
from nanodet import BINS, COCO, NanoDet, published
from relabel import DOUBTED, merged

CLASSES = 80
NAMES = ["person", "handgun", "cat"]


def publish(model: NanoDet, folder: Path) -> Path:
    """Writes `model` as the package ships its network: half precision, kernels (h, w, i, o), an Add for each bias, and
    integers of the graph between the weights."""
    weights, nodes, data = [], [], b""
    for i, layer in enumerate(model.convs()):
        suffix = f"_{i}" if i else ""
        for name, value in ((f"call/split{suffix}", layer.weight.permute(2, 3, 1, 0)), (f"call/bias{suffix}", layer.bias)):
            weights += [{"name": name, "shape": list(value.shape), "dtype": "float32"},
                        {"name": f"{name}/axis", "shape": [], "dtype": "int32"}]
            data += value.detach().numpy().astype(np.float16).tobytes() + bytes(4)
        nodes += [{"op": "Add", "name": f"call/Add{suffix}", "input": [f"call/convolution{suffix}", f"call/bias{suffix}"]},
                  {"op": "Conv2D", "name": f"call/convolution{suffix}", "input": ["x", f"call/split{suffix}"]}]
    path = folder / "nanodet.json"
    (folder / "nanodet.bin").write_bytes(data)
    path.write_text(json.dumps({
        "modelTopology": {"node": nodes}, "weightsManifest": [{"paths": ["nanodet.bin"], "weights": weights}],
    }))
    return path


class Published(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        torch.manual_seed(3)
        self.whole = NanoDet(CLASSES).eval()
        self.pictures = torch.randint(0, 256, (2, 3, 64, 96), dtype=torch.uint8)

    def test_is_read_for_other_classes(self) -> None:
        model = published(publish(self.whole, self.folder), NAMES).eval()
        with torch.no_grad():
            wanted, _ = flatten(self.whole(self.pictures), CLASSES)
            found, sides = flatten(model(self.pictures), len(NAMES))
            _, wanted_sides = flatten(self.whole(self.pictures), CLASSES)
        for row, name in ((0, "person"), (2, "cat")):
            torch.testing.assert_close(found[..., row], wanted[..., COCO[name]], rtol=0.01, atol=0.01)
        torch.testing.assert_close(sides, wanted_sides, rtol=0.01, atol=0.05)
        self.assertLess(float(found[..., 1].mean()), -3)  # what COCO lacks is seldom seen

    def test_a_side_is_the_mean_of_its_distances(self) -> None:
        head = self.whole.heads[0]
        with torch.no_grad():
            x = torch.randn(1, 128, 2, 3)
            raw, maps = head(x), self.whole._map(head, x)
        likely = raw[:, CLASSES:].reshape(1, 4, BINS, 2, 3).softmax(2)
        wanted = (likely * torch.arange(BINS).view(1, 1, -1, 1, 1)).sum(2)
        torch.testing.assert_close(F.softplus(maps[:, CLASSES:]), wanted)
        self.assertTrue(torch.equal(maps[:, :CLASSES], raw[:, :CLASSES]))

    def test_other_files_are_named(self) -> None:
        path = publish(self.whole, self.folder)
        listing = json.loads(path.read_text())
        renamed = json.loads(path.read_text())["modelTopology"]["node"]
        renamed[1]["name"] = "call/convolution_99"
        broken = {
            "empty.json": "{}",
            "text.json": "no JSON",
            "list.json": "[1, 2]",
            "null.json": json.dumps({**listing, "weightsManifest": None}),
            "order.json": json.dumps({**listing, "modelTopology": {"node": renamed}}),
            "short.json": json.dumps({**listing, "modelTopology": {"node": listing["modelTopology"]["node"][:-2]}}),
            "lost.json": json.dumps({**listing, "weightsManifest": [{"paths": ["lost.bin"], "weights": []}]}),
        }
        for name, text in broken.items():
            (self.folder / name).write_text(text)
            with self.subTest(name), self.assertRaisesRegex(SystemExit, f"{name}: is not NanoDet-g"):
                published(self.folder / name, NAMES)
        (self.folder / "nanodet.bin").write_bytes(b"cut off")
        with self.assertRaisesRegex(SystemExit, "nanodet.json: is not NanoDet-g"):
            published(path, NAMES)


class Relabeled(unittest.TestCase):
    def test_a_persons_boxes_stay_and_old_ones_are_doubted_where_nothing_is_found(self) -> None:
        person, dog, cat = [10, 10, 50, 90], [60, 60, 90, 90], [5, 60, 30, 90]
        item = Labels(
            Path("a.png"), 100, 100, "web", "", np.array([False, False, True]),
            np.array([person, dog, [60, 5, 90, 30], cat], np.float32), np.array([0, 1, 1, 2]),
            np.array([1, 0.6, 0.5, 1], np.float32),
        )
        found = np.array([[11, 10, 51, 90], [70, 5, 95, 95], [61, 60, 90, 91], [40, 40, 60, 60]], np.float32)
        rows = merged(item, [0, 1, 2], np.array([0.9, 0.4, 0.7, 0.8], np.float32), np.array([0, 0, 1, 2]), found)
        self.assertEqual(rows, [
            (0, [70, 5, 95, 95], 0.4),  # a second person
            (1, [61, 60, 90, 91], 0.7),  # the dog, anew; no cat more where cats are labeled in full
            (1, [60, 5, 90, 30], DOUBTED),
        ])

    def test_boxes_of_classes_that_were_not_looked_for_stay(self) -> None:
        old = np.array([[10, 10, 50, 90]], np.float32)
        item = Labels(Path("a.png"), 100, 100, "", "", np.zeros(2, bool), old, np.array([1]), np.array([0.5], np.float32))
        nothing = np.zeros((0, 4), np.float32)
        self.assertEqual(merged(item, [0], nothing[:, 0], nothing[:, 0], nothing), [(1, [10, 10, 50, 90], 0.5)])
        rows = merged(item, [0], np.array([0.99999], np.float32), np.array([0]), old + 30)
        self.assertEqual([score for _, _, score in rows], [0.999, 0.5])  # never 1, as a person's


if __name__ == "__main__":
    unittest.main()
