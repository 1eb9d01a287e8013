import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from PIL import Image

import false_alarms
from dataset import Labels, read_alarms, read_labels
from evaluate import Found
from false_alarms import alarms_of
from model import XnorYolo
from tests.test_train import CONFIG

NAMES = ["person", "knife"]


def labels_of(file: Path, weapons: list[list[float]]) -> Labels:
    return Labels(file, 100, 80, "web", "", np.ones(2, bool), np.array(weapons, np.float32).reshape(-1, 4),
                  np.ones(len(weapons), np.int64), np.ones(len(weapons), np.float32))


class Places(unittest.TestCase):
    def test_are_where_a_weapon_is_seen_and_none_is_near(self) -> None:
        boxes = np.array([[0, 0, 22, 20], [50, 40, 60, 60], [50, 40, 60, 60], [1, 60, 9, 70]], np.float32)
        found = Found(np.array([0.9, 0.8, 0.7, 0.01], np.float32), np.array([1, 0, 1, 1]), boxes)
        ((box, score),) = alarms_of(labels_of(Path("a.png"), [[0, 0, 20, 20]]), found, [1])
        self.assertEqual((box.tolist(), round(score, 3)), ([50, 40, 60, 60], 0.7))

    def test_are_one_where_two_kinds_of_weapons_are_seen(self) -> None:
        found = Found(np.array([0.9, 0.8], np.float32), np.array([0, 1]), np.array([[50, 40, 60, 60], [50, 40, 61, 60]], np.float32))
        self.assertEqual(len(alarms_of(labels_of(Path("a.png"), []), found, [0, 1])), 1)


class ReadAlarms(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def alarms(self, text: str, file: str = "a.png"):
        (self.folder / "alarms.json").write_text(text)
        return read_alarms(self.folder / "alarms.json", [labels_of(self.folder / file, [])], self.folder)

    def test_have_the_number_of_their_picture(self) -> None:
        (alarm,) = self.alarms('{"a.png": [[1, 2, 30, 40, 0.5]], "other.png": [[1, 2, 3, 4, 0.5]]}')
        self.assertEqual((alarm.picture, alarm.box.tolist(), alarm.score), (0, [1, 2, 30, 40], 0.5))

    def test_are_found_where_pictures_lie_beside_the_folder(self) -> None:
        (alarm,) = self.alarms('{"../images/train/a.png": [[1, 2, 30, 40, 0.5]]}', "../images/train/a.png")
        self.assertEqual(alarm.picture, 0)

    def test_other_files_are_named(self) -> None:
        for text, why in (
            ("no JSON", "cannot be read"), ("[]", "cannot be read"),
            ('{"a.png": [1]}', "a.png: 1 is not"), ('{"a.png": [["l", 2, 3, 4, 0.5]]}', "a.png: .*'l'.* is not"),
            ('{"a.png": [[1, 2, 3, 0.5]]}', "a.png: .* is not"), ('{"a.png": [[1, 2, NaN, 4, 0.5]]}', "a.png: .* is not"),
            ('{"a.png": [[5, 2, 3, 4, 0.5]]}', "a.png: .* is not"), ('{"a.png": [[1, 2, 3, 4, 1.5]]}', "a.png: .* is not"),
            ('{"b.png": [[1, 2, 30, 40, 0.5]]}', "has no entry for any of the 1 pictures"),
        ):
            with self.subTest(text), self.assertRaisesRegex(SystemExit, f"alarms.json: {why}"):
                self.alarms(text)


class Program(unittest.TestCase):
    """From a network that sees weapons everywhere to a file of places."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.data = self.folder / "train"
        self.data.mkdir()
        for name in ("in-full.png", "not.png"):
            Image.new("RGB", (100, 80), (90, 120, 60)).save(self.data / name)
        (self.data / "annotations.json").write_text(json.dumps({
            "images": [{"id": 1, "file_name": "in-full.png", "width": 100, "height": 80},
                       {"id": 2, "file_name": "not.png", "width": 100, "height": 80, "exhaustive_category_ids": [1]}],
            "annotations": [], "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "knife"}],
        }))
        torch.manual_seed(1)
        self.model = XnorYolo(CONFIG["network"], 2)

    def run_with(self, bias: float) -> str:
        for head in self.model.heads:
            torch.nn.init.constant_(head.bias[:2], bias)
        checkpoint = self.folder / "averaged.pt"
        torch.save({"model": self.model.state_dict(), "config": CONFIG, "classes": NAMES, "method": "xnor-learned"}, checkpoint)
        words = ["false_alarms.py", "--checkpoint", checkpoint, "--data", self.data, "--cache", self.folder / "cache", "--out",
                 self.folder / "alarms.json"]
        said = io.StringIO()
        with mock.patch.object(sys, "argv", [str(word) for word in words]), contextlib.redirect_stdout(said):
            false_alarms.main()
        return said.getvalue()

    def test_writes_the_places_of_pictures_that_are_labeled_in_full(self) -> None:
        self.assertIn("1/1", self.run_with(0.0))
        self.assertEqual(list(json.loads((self.folder / "alarms.json").read_text())), ["in-full.png"])
        _, labels = read_labels(self.data)
        self.assertTrue(read_alarms(self.folder / "alarms.json", labels, self.data))

    def test_writes_nothing_where_there_is_no_false_alarm(self) -> None:
        with self.assertRaisesRegex(SystemExit, "raises no false alarm in 1 pictures"):
            self.run_with(-9.0)
        self.assertFalse((self.folder / "alarms.json").exists())


if __name__ == "__main__":
    unittest.main()
