import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

import model_file
from chart_methods import rows_of


class Rows(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def counts(self, graph: dict) -> Path:
        model = self.folder / "bnn.safetensors"
        model_file.write(model, graph, {"a": np.zeros(1, np.float32)})
        path = self.folder / "counts.json"
        path.write_text(json.dumps([{"name": "bnn", "instructions": 61_300_000, "file": str(model)}]))
        return path

    def test_joins_what_was_counted_with_what_the_file_says(self) -> None:
        accuracy = {"mAP50": 0.2, "mAP": 0.1, "weaponRecallAtFp": 0.05}
        self.assertEqual(rows_of(self.counts({"accuracy": accuracy})), [("bnn", 61.3, accuracy)])

    def test_names_the_file_that_was_never_measured(self) -> None:
        with self.assertRaisesRegex(SystemExit, r"bnn\.safetensors: does not say its mAP50; export it with --data"):
            rows_of(self.counts({}))

    def test_refuses_what_is_no_count(self) -> None:
        path = self.folder / "counts.json"
        for text in ("{", '{"a": 1}', "[{}]"):
            path.write_text(text)
            with self.assertRaisesRegex(SystemExit, r"counts\.json: not what `bench:arm1176"):
                rows_of(path)


if __name__ == "__main__":
    unittest.main()
