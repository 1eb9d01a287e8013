import json
import tempfile
import unittest
from pathlib import Path

from plot import curves, read_log


class Plot(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.run_folder = Path(temporary.name)

    def log(self, *lines: object) -> None:
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        (self.run_folder / "log.jsonl").write_text(text)

    def test_a_resumed_run_has_one_curve_in_order(self) -> None:
        self.log({"step": 100, "class": 3, "box": 1}, {"step": 200, "class": 2, "box": 1},
                 {"step": 100, "class": 4, "box": 2}, '{"step": 300, "cla')
        self.assertEqual(curves(read_log(self.run_folder))["loss"]["class"], ([100, 200], [4, 2]))

    def test_scores_have_a_curve_for_each_class_that_has_objects(self) -> None:
        scores = {"knife": {"ap50": 0.2, "gt": 5, "recallAtFp": 0.1}, "cat": {"ap50": 0, "gt": 0, "recallAtFp": 0},
                  "weapon": {"recallAtFp": 0.3}}
        self.log({"step": 5, "class": 1, "box": 1, "flipped": 0.1}, {"step": 5, "val": {"mAP50": 0.4, "mAP": 0.2, "classes": scores}})
        found = curves(read_log(self.run_folder))
        self.assertEqual(found["AP50 on val"], {"knife": ([5], [0.2])})
        self.assertEqual(found["weapon recall at fixed false positives"], {"knife": ([5], [0.1]), "weapon": ([5], [0.3])})
        self.assertEqual(found["signs that flipped"], {"flipped": ([5], [0.1])})

    def test_a_folder_without_a_log_is_named(self) -> None:
        with self.assertRaisesRegex(SystemExit, r"log\.jsonl: there is no such log"):
            read_log(self.run_folder)
        self.log("nothing")
        with self.assertRaisesRegex(SystemExit, r"log\.jsonl: has no line with a step"):
            read_log(self.run_folder)


if __name__ == "__main__":
    unittest.main()
