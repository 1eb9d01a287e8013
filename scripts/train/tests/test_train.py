import contextlib
import copy
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from PIL import Image

from augment import BatchMaker
from config import read_config
from dataset import Labels, PictureStore
from loss import Teacher
from nanodet import NanoDet
from tests.test_nanodet import publish
from train import Examination, Run, Source, finished, teacher_of, train

CONFIG = read_config(Path(__file__).parent.parent / "configs/example.toml")
CONFIG["network"].update(width=64, height=64, stem=[8, 16], stages=[[16, 1], [32, 1], [32, 1], [32, 1]], neck=32, neck_blocks=1)
CONFIG["schedule"].update(steps=4, batch=4, checkpoint_steps=2, evaluate_steps=4, warmup_steps=1)
DEVICE = torch.device("cpu")
NAMES = ["person", "knife"]
METHODS = ["float", "xnor-learned", "dorefa-2"]


class Killed(Exception):
    pass


class Training(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder, rng, labels = Path(temporary.name), np.random.default_rng(5), []
        for i in range(6):
            Image.fromarray(rng.integers(0, 256, (48, 64, 3), np.uint8)).save(self.folder / f"{i}.png")
            box = np.array([[8, 8, 40, 40]], np.float32)
            labels.append(Labels(self.folder / f"{i}.png", 64, 48, "web", "", np.ones(2, bool), box, np.array([i % 2]),
                                 np.ones(1, np.float32)))
        maker = BatchMaker(labels, PictureStore(labels, self.folder / "cache"), NAMES, CONFIG)
        self.source = Source(maker, DEVICE)
        self.examination = Examination(self.source, None, self.folder, NAMES, 1)

    def runs(self, out: str) -> list[Run]:
        runs = []
        for method in METHODS:
            folder = self.folder / out / method
            folder.mkdir(parents=True, exist_ok=True)
            with contextlib.redirect_stderr(io.StringIO()):
                runs.append(Run(copy.deepcopy(CONFIG), 2, method, folder, DEVICE))
        return runs

    def weights(self, out: str) -> list[torch.Tensor]:
        states = [torch.load(self.folder / out / method / "averaged.pt") for method in METHODS]
        self.assertEqual([state["step"] for state in states], [4] * len(METHODS))
        return [value for state in states for value in state["model"].values()]

    def test_a_run_that_is_killed_ends_as_one_that_is_not(self) -> None:
        for distill in (False, True):
            with self.subTest(distill=distill):
                train(self.runs(f"whole{distill}"), self.source, self.examination, distill)
                # Killed at step 4 between the checkpoints: the others have theirs, the first one stands at step 2.
                runs, killed = self.runs(f"killed{distill}"), Killed()
                save, saved = runs[0].save, []

                def save_once() -> None:
                    if saved:
                        raise killed
                    saved.append(True)
                    save()

                runs[0].save = save_once
                with self.assertRaises(Killed):
                    train(runs, self.source, self.examination, distill)
                resumed = self.runs(f"killed{distill}")
                self.assertEqual([run.step for run in resumed], [2, 4, 4])
                train(resumed, self.source, self.examination, distill)
                for value, wanted in zip(self.weights(f"killed{distill}"), self.weights(f"whole{distill}")):
                    self.assertTrue(torch.equal(value, wanted))

    def test_a_run_that_began_on_a_gpu_goes_on_without_one(self) -> None:
        runs = self.runs("moved")
        runs[0].config["schedule"]["steps"] = 2
        train(runs, self.source, self.examination, False)
        for method in METHODS:
            path = self.folder / "moved" / method / "last.pt"
            state = torch.load(path)
            for group in state["optimizer"]["param_groups"]:
                group.update(capturable=True, lr=torch.tensor(group["lr"]))
            del state["seconds"]  # as in older files
            torch.save(state, path)
        train(self.runs("moved"), self.source, self.examination, False)
        train(self.runs("stayed"), self.source, self.examination, False)
        for value, wanted in zip(self.weights("moved"), self.weights("stayed")):
            self.assertTrue(torch.equal(value, wanted))

    def test_a_teacher_changes_what_is_learned_by_the_others_and_not_by_itself(self) -> None:
        alone, taught = self.runs("alone"), self.runs("taught")
        train(alone, self.source, self.examination, False)
        train(taught, self.source, self.examination, True)
        same = [
            all(torch.equal(a, b) for a, b in zip(one.model.state_dict().values(), other.model.state_dict().values()))
            for one, other in zip(alone, taught)
        ]
        self.assertEqual(same, [True, False, False])

    def test_a_finished_run_of_a_wider_network_teaches(self) -> None:
        wide = copy.deepcopy(CONFIG)
        wide["network"].update(stem=[8, 32], stages=[[32, 1], [64, 1], [64, 1], [64, 1]], neck=64)
        (self.folder / "wide").mkdir()
        train([Run(wide, 2, "float", self.folder / "wide", DEVICE)], self.source, self.examination, False)
        teacher = finished(self.folder / "wide/averaged.pt", NAMES, DEVICE)
        before = copy.deepcopy(teacher.state_dict())
        alone, taught = self.runs("by-labels")[1], self.runs("by-teacher")[1]
        taught.teacher = Teacher(teacher, torch.ones(2), 1.0)
        batch = self.source.draw(self.source.maker.plan(0))
        (labels, _), (both, _) = alone.advance(batch), taught.advance(batch)
        self.assertEqual((both["class"], both["box"]), (labels["class"], labels["box"]))
        self.assertGreater(float(both["taught"]), 0)
        self.assertFalse(torch.equal(alone.model.heads[0].weight, taught.model.heads[0].weight))
        for name, value in teacher.state_dict().items():
            self.assertTrue(torch.equal(value, before[name]), name)
        with self.assertRaisesRegex(SystemExit, r"averaged.pt: has the classes \['person', 'knife'\], the data \['dog'\]"):
            finished(self.folder / "wide/averaged.pt", ["dog"], DEVICE)
        with self.assertRaisesRegex(SystemExit, "last.pt: is no finished run; take the averaged.pt beside it"):
            finished(self.folder / "wide/last.pt", NAMES, DEVICE)

    def test_a_deeper_network_begins_where_the_one_did_that_it_starts_from(self) -> None:
        train(self.runs("shallow"), self.source, self.examination, False)
        deep = copy.deepcopy(CONFIG)
        deep["network"]["stages"] = [[16, 1], [32, 2], [32, 1], [32, 2]]
        path = self.folder / "shallow/xnor-learned/averaged.pt"
        run = Run(deep, 2, "xnor-learned", None, DEVICE)
        with contextlib.redirect_stderr(io.StringIO()) as said:
            run.start_from(path, NAMES)
        self.assertRegex(said.getvalue(), r"averaged.pt: \d+ tensors start anew")
        self.assertNotIn("left out", said.getvalue())
        first = finished(path, NAMES, DEVICE)
        self.assertTrue(torch.equal(run.model.stages[3][0].weight, first.stages[3][0].weight))
        for stage, block in ((1, 1), (3, 1)):  # what a block adds to its shortcut
            self.assertFalse(run.model.stages[stage][block].norm_out.weight.any())
        with torch.no_grad():
            x = torch.rand(1, 32, 4, 4)
            self.assertTrue(torch.equal(run.model.eval().stages[1][1](x), x))

    def test_a_wider_network_begins_about_where_the_one_did_that_it_starts_from(self) -> None:
        train(self.runs("narrow"), self.source, self.examination, False)
        wide = copy.deepcopy(CONFIG)
        wide["network"].update(stem=[16, 32], stages=[[32, 1], [64, 1], [64, 1], [64, 1]], neck=64)
        pictures = self.source.draw(self.source.maker.plan(0)).pictures
        path = self.folder / "narrow/float/averaged.pt"
        narrow = finished(path, NAMES, DEVICE)
        run = Run(wide, 2, "float", None, DEVICE)
        with mock.patch("model.UNLIKE", 0.0):
            run.start_from(path, NAMES)
        with torch.no_grad():
            for found, wanted in zip(run.model.eval()(pictures), narrow(pictures)):
                torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)
        run.start_from(path, NAMES)
        one, other = run.model.stages[1][0].weight.chunk(2)
        self.assertFalse(torch.equal(one, other))
        self.assertLess(float((one - other).std()), 0.3 * float(one.std()))

    def test_a_published_teacher_of_other_things_is_refused(self) -> None:
        path = publish(NanoDet(80), self.folder)
        knows = teacher_of(path, ["person", "handgun", "knife", "dog"], CONFIG, DEVICE).knows
        self.assertEqual(knows.tolist(), [1, 0, 0, 1])
        with self.assertRaisesRegex(SystemExit, "nanodet.json: cannot teach fork, handgun; it knows person, car"):
            teacher_of(path, ["fork", "handgun"], CONFIG, DEVICE)

    def test_names_a_file_that_holds_no_run(self) -> None:
        (self.folder / "text.pt").write_text("no weights")
        torch.save([1, 2], self.folder / "list.pt")
        for name in ("text.pt", "list.pt", "missing.pt"):
            with self.subTest(name), self.assertRaisesRegex(SystemExit, name):
                finished(self.folder / name, NAMES, DEVICE)


if __name__ == "__main__":
    unittest.main()
