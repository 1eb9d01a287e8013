import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from augment import BatchMaker, collate
from config import read_config
from dataset import Labels, PictureStore
from render import Plans, Renderer, plan_of

CONFIG = read_config(Path(__file__).parent.parent / "configs/example.toml")


class Rendering(unittest.TestCase):
    """Pictures drawn as matrix products are those that Pillow draws."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder, rng, labels = Path(temporary.name), np.random.default_rng(5), []
        for i, (width, height) in enumerate([(97, 64), (64, 97), (128, 128), (31, 20), (320, 180)]):
            # Smooth pictures with edges: pure noise would only show the last bit of the filters.
            coarse = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
            picture = Image.fromarray(coarse).resize((width, height), Image.BICUBIC)
            picture.save(folder / f"{i}.png")
            box = np.array([[width * 0.2, height * 0.3, width * 0.7, height * 0.8]], np.float32)
            labels.append(Labels(folder / f"{i}.png", width, height, "web", "", np.ones(2, bool), box,
                                 np.array([i % 2]), np.ones(1, np.float32)))
        self.store = PictureStore(labels, folder / "cache")
        self.maker = BatchMaker(labels, self.store, ["person", "knife"], CONFIG)
        self.renderer = Renderer(self.store, torch.device("cpu"))

    def assert_close(self, drawn: torch.Tensor, wanted: torch.Tensor, mean: float) -> None:
        difference = (drawn.int() - wanted.int()).abs().float()
        self.assertLess(float(difference.mean()), mean)
        self.assertLessEqual(float(difference.max()), 4)

    def test_letterboxed_pictures(self) -> None:
        canvases = [self.maker.plain(i) for i in range(5)]
        drawn, wanted = self.renderer.draw(plan_of(canvases)), collate(canvases, self.store)
        self.assertEqual(drawn.pictures.dtype, torch.uint8)
        self.assert_close(drawn.pictures, wanted.pictures, 0.3)

    def test_collages_with_everything_but_noise(self) -> None:
        for step in range(3):
            canvases = self.maker.plan(step)
            for canvas in canvases:
                canvas.tint = canvas.tint._replace(noise=0.0)
            drawn, wanted = self.renderer.draw(plan_of(canvases)), collate(canvases, self.store)
            self.assertGreater(max(len(canvas.placements) for canvas in canvases), 4)
            self.assertTrue(any(canvas.tint.blur for canvas in canvases))
            self.assert_close(drawn.pictures, wanted.pictures, 0.6)
            objects = wanted.boxes.shape[1]
            for name in ("boxes", "classes", "weights"):
                self.assertTrue(torch.equal(getattr(drawn, name)[:, :objects], getattr(wanted, name)), name)
            self.assertEqual(float(drawn.weights[:, objects:].sum()), 0)
            self.assertTrue(torch.equal(drawn.background, wanted.background))

    def test_keeps_the_largest_objects_and_says_nothing_of_the_others(self) -> None:
        canvas = self.maker.plain(2)
        canvas.boxes = [[0.0, 0.0, 8.0, 8.0], [16.0, 16.0, 80.0, 80.0], [96.0, 96.0, 112.0, 112.0]]
        canvas.classes, canvas.weights = [0, 1, 0], [1.0, 0.5, 0.25]
        canvas.limit(2)
        self.assertEqual((canvas.boxes[0][2], canvas.boxes[1][0], canvas.classes, canvas.weights), (80, 96, [1, 0], [0.5, 0.25]))
        self.assertEqual((float(canvas.background[0, 0, 0]), float(canvas.background[1, 0, 0])), (0, 1))
        self.assertEqual(float(canvas.background[:, 1:, 1:].min()), 1)

    def test_the_same_step_gives_the_same_noise_and_another_one_another(self) -> None:
        plans = Plans(self.maker)
        first, again, other = (self.renderer.draw(plans[step]).pictures for step in (1, 1, 2))
        self.assertTrue(torch.equal(first, again))
        self.assertFalse(torch.equal(first, other))

    def test_noise_has_the_deviation_that_was_planned(self) -> None:
        canvas = self.maker.plain(2)
        canvas.tint = self.maker.plan(0)[0].tint._replace(
            blur=None, light=1.0, gamma=1.0, contrast=0.0, brightness=0.0, chroma=(1.0, 0.0, 0.0, 1.0), noise=8.0)
        y = self.renderer.draw(plan_of([canvas])).pictures[0, 0].float()
        self.assertAlmostEqual(float(y.std()), 8.0, delta=0.4)
        self.assertAlmostEqual(float(y.mean()), 128.0, delta=0.5)


if __name__ == "__main__":
    unittest.main()
