import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from dataset import PictureStore, read_labels


class Folder(unittest.TestCase):
    """A data folder of its own, and what `read_labels` says of it."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)

    def picture(self, path: str, size: tuple[int, int] = (100, 80)) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (90, 120, 60)).save(file)
        return file

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def read(self, folder: str = ".", strict: bool = False):
        self.said = io.StringIO()
        with contextlib.redirect_stderr(self.said):
            return read_labels(self.root / folder, strict)

    def problems(self) -> list[str]:
        return [line.replace(f"{self.root}/", "").replace(str(self.root), "") for line in self.said.getvalue().splitlines()]


class CocoFolder(Folder):
    def whole(self) -> dict:
        self.picture("a.png")
        return {
            "images": [{"id": 7, "file_name": "a.png", "width": 100, "height": 80, "exhaustive_category_ids": [2],
                        "source": "web", "group": "g"}],
            "annotations": [
                {"id": 1, "image_id": 7, "category_id": 1, "bbox": [10, 20, 30, 40], "pseudo_score": 0.6},
                {"id": 2, "image_id": 7, "category_id": 2, "bbox": [0, 0, 100, 80]},
            ],
            "categories": [{"id": 2, "name": "knife"}, {"id": 1, "name": "person"}],
        }

    def read_document(self, document: dict, strict: bool = False):
        self.write("annotations.json", json.dumps(document))
        return self.read(strict=strict)

    def test_reads_boxes_scores_and_what_is_labelled_in_full(self) -> None:
        names, (item,) = self.read_document(self.whole())
        self.assertEqual(names, ["person", "knife"])
        np.testing.assert_array_equal(item.boxes, [[10, 20, 40, 60], [0, 0, 100, 80]])
        np.testing.assert_array_equal(item.classes, [0, 1])
        np.testing.assert_allclose(item.scores, [0.6, 1])
        np.testing.assert_array_equal(item.exhaustive, [False, True])
        self.assertEqual((item.source, item.group, self.problems()), ("web", "g", []))

    def test_takes_other_annotations_of_the_same_pictures(self) -> None:
        document = self.whole()
        self.write("annotations.json", "not read")
        document["annotations"][0]["pseudo_score"] = 0.9
        self.write("elsewhere/relabeled.json", json.dumps(document))
        _, (item,) = read_labels(self.root, annotations=self.root / "elsewhere/relabeled.json")
        np.testing.assert_allclose(item.scores, [0.9, 1])
        self.assertEqual(item.file, self.root / "a.png")

    def test_names_each_broken_entry_and_keeps_the_others(self) -> None:
        document = self.whole()
        document["images"] += [
            {"id": 8, "file_name": "none.png", "width": 5, "height": 5},
            {"id": 9, "width": 5, "height": 5},
            {"id": 10, "file_name": "a.png", "width": 100, "height": 80, "exhaustive_category_ids": [5]},
        ]
        bad = {"image_id": 7, "category_id": 1, "bbox": [1, 1, 5, 5]}
        document["annotations"] += [
            {"id": 20, **bad, "category_id": 9},
            {"id": 21, **bad, "image_id": 99},
            {"id": 22, **bad, "bbox": [1, 1, 0, 5]},
            {"id": 23, **bad, "bbox": [90, 1, 20, 5]},
            {"id": 24, **bad, "bbox": [1, 1, "5", 5]},
            {"id": 25, **bad, "bbox": [1, 1, float("nan"), 5]},
            {"id": 26, **bad, "image_id": 8},
        ]
        _, labels = self.read_document(document)
        self.assertEqual([len(item.boxes) for item in labels], [2])
        self.assertEqual(self.problems(), [
            "annotations.json: image 8: none.png is missing",
            "annotations.json: image 9: file_name is None",
            "annotations.json: image 10: exhaustive_category_ids: category 5 is not in categories",
            "annotations.json: annotation 20: category 9 is not in categories",
            "annotations.json: annotation 21: image 99 is not in images",
            "annotations.json: annotation 22: bbox [1, 1, 0, 5] has no area",
            "annotations.json: annotation 23: bbox [90, 1, 20, 5] leaves its picture of 100×80",
            "annotations.json: annotation 24: bbox [1, 1, '5', 5] is not [left, top, width, height]",
            "annotations.json: annotation 25: bbox [1, 1, nan, 5] has no area",
            ": 9 entries passed over",
        ])

    def test_strict_stops_at_broken_entries(self) -> None:
        document = self.whole()
        self.read_document(document, strict=True)
        document["annotations"][0]["category_id"] = 9
        with self.assertRaises(SystemExit) as stopped:
            self.read_document(document, strict=True)
        self.assertEqual(stopped.exception.code, 1)
        self.assertIn("annotations.json: annotation 1: category 9 is not in categories", self.problems())

    def test_refuses_a_file_that_is_none_by_name(self) -> None:
        for text in ("{", "[]", '{"images": []}', '{"images": [], "annotations": 3, "categories": []}'):
            self.write("annotations.json", text)
            with self.assertRaisesRegex(SystemExit, r"annotations\.json: not a COCO annotation file"):
                self.read()

    def test_refuses_a_folder_without_labels_by_name(self) -> None:
        with self.assertRaisesRegex(SystemExit, r"nowhere/annotations\.json"):
            self.read("nowhere")


class YoloFolder(Folder):
    def whole(self) -> None:
        self.picture("train/images/b.png")
        self.picture("train/images/deep/a.JPG", (40, 60))
        self.write("train/labels/b.txt", "1 0.5 0.5 0.2 0.5\n\n0 0.1 0.1 0.2 0.2\n")
        self.write("data.yaml", "train: train/images\nnc: 2\nnames: [dog, knife]\n")

    def test_reads_boxes_in_pixels_and_a_picture_without_labels_as_empty(self) -> None:
        self.whole()
        names, (first, second) = self.read("train")
        self.assertEqual(names, ["dog", "knife"])
        np.testing.assert_allclose(first.boxes, [[40, 20, 60, 60], [0, 0, 20, 16]], atol=1e-4)
        np.testing.assert_array_equal(first.classes, [1, 0])
        np.testing.assert_array_equal(first.scores, [1, 1])
        self.assertTrue(first.exhaustive.all() and second.exhaustive.all())
        self.assertEqual((second.file.name, second.width, second.height, len(second.boxes)), ("a.JPG", 40, 60, 0))
        self.assertEqual(self.problems(), [])

    def test_finds_the_layout_with_the_parts_below_images_and_labels(self) -> None:
        self.picture("images/val/a.png")
        self.write("labels/val/a.txt", "0 0.5 0.5 1 1")
        self.write("classes.txt", "cat\n")
        names, (item,) = self.read("val")
        self.assertEqual((names, item.boxes.tolist()), (["cat"], [[0, 0, 100, 80]]))

    def test_takes_names_as_a_table(self) -> None:
        self.whole()
        self.write("data.yaml", "names:\n  0: dog\n  1: knife\n")
        self.assertEqual(self.read("train")[0], ["dog", "knife"])

    def test_names_each_broken_line_and_file(self) -> None:
        self.whole()
        self.write("train/images/c.png", "no picture")
        self.write("train/labels/gone.txt", "0 0.5 0.5 0.1 0.1")
        self.write("train/labels/b.txt", "\n".join([
            "1 0.5 0.5 0.2 0.5", "7 0.5 0.5 0.2 0.5", "0 0.5 0.5 0 0.5", "0 0.95 0.5 0.2 0.5", "0 0.5 0.5 0.2",
            "dog 0.5 0.5 0.2 0.5", "0 nan 0.5 0.2 0.5",
        ]))
        _, labels = self.read("train")
        self.assertEqual([len(item.boxes) for item in labels], [1, 0])
        self.assertEqual([line for line in self.problems() if "c.png" not in line], [
            "train/labels/b.txt:2: class 7 is unknown, there are 2",
            "train/labels/b.txt:3: box ['0.5', '0.5', '0', '0.5'] has no area",
            "train/labels/b.txt:4: box ['0.95', '0.5', '0.2', '0.5'] leaves its picture of 100×80",
            "train/labels/b.txt:5: has 4 numbers, expected 5: class, center x, center y, width, height",
            'train/labels/b.txt:6: "dog 0.5 0.5 0.2 0.5" is not a class and four numbers',
            'train/labels/b.txt:7: "0 nan 0.5 0.2 0.5" is not a class and four numbers',
            "train/labels/gone.txt: its picture is missing in train/images",
            "train: 8 entries passed over",
        ])
        self.assertTrue(any(line.startswith("train/images/c.png: cannot be read (") for line in self.problems()))
        with self.assertRaises(SystemExit):
            self.read("train", strict=True)

    def test_refuses_a_list_of_classes_that_is_none(self) -> None:
        self.whole()
        for text in ("names: 3", "nc: 2", "names: {1: dog}", "names: [", "names: []"):
            self.write("data.yaml", text)
            with self.assertRaisesRegex(SystemExit, r"data\.yaml: cannot be used"):
                self.read("train")
        (self.root / "data.yaml").unlink()
        with self.assertRaisesRegex(SystemExit, "has no data.yaml or classes.txt"):
            self.read("train")

    def test_its_pictures_are_what_the_store_decodes(self) -> None:
        self.whole()
        _, labels = self.read("train")
        with contextlib.redirect_stderr(io.StringIO()):
            store = PictureStore(labels, self.root / "cache")
        self.assertEqual([store[i].y.shape for i in range(2)], [(80, 100), (60, 40)])


if __name__ == "__main__":
    unittest.main()
