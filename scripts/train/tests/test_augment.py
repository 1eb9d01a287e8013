import copy
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from augment import CELL, COVER, BatchMaker, Canvas, collate
from config import read_config
from dataset import Alarm, Labels, PictureStore

CONFIG = read_config(Path(__file__).parent.parent / "configs/example.toml")


class Rooms(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        # A black room with a white person in it who holds a knife of pure blue; and a picture of plain gray.
        room = np.zeros((96, 128, 3), np.uint8)
        room[20:90, 20:60] = 255
        room[40:60, 70:100] = [0, 0, 255]
        labels = []
        for name, pixels, boxes, kinds in (
            ("room", room, [[20, 20, 60, 90], [70, 40, 100, 60]], [0, 1]),
            ("gray", np.full_like(room, 128), np.empty((0, 4)), []),
        ):
            Image.fromarray(pixels).save(folder / f"{name}.png")
            labels.append(Labels(folder / f"{name}.png", 128, 96, "web", "", np.ones(2, bool), np.array(boxes, np.float32),
                                 np.array(kinds, np.int64), np.ones(len(kinds), np.float32)))
        self.store = PictureStore(labels, folder / "cache")
        self.labels, config = labels, copy.deepcopy(CONFIG)
        config["augment"].update(mosaic=0.0, cover=0.0, aspect=0.0)
        config["schedule"]["batch"] = 24
        self.config = config


class Disarming(Rooms):
    """A scene whose weapon is hidden is still a scene: without the object, and with its absence known."""

    def rooms(self, disarm: float) -> list:
        """Canvases that show most of the room, without what light does to them."""
        self.config["augment"]["disarm"] = disarm
        canvases = BatchMaker(self.labels, self.store, ["person", "knife"], self.config).plan(0)
        chosen = [c for c in canvases if c.placements[0].picture == 0 and 0 in c.classes]
        for canvas in chosen:
            canvas.tint = None
        self.assertGreater(len(chosen), 4)
        return chosen

    def blue(self, canvas) -> int:
        return int((canvas.draw(self.store)[1] > 180).sum())

    def test_hides_the_weapon_and_nothing_else(self) -> None:
        for canvas in self.rooms(1.0):
            self.assertEqual(canvas.classes, [0])
            self.assertEqual(self.blue(canvas), 0)
            self.assertTrue((canvas.background == 1).all())

    def test_leaves_the_weapon_in_the_other_pictures(self) -> None:
        self.assertTrue(all(self.blue(canvas) > 20 and 1 in canvas.classes for canvas in self.rooms(0.0)))

    def test_leaves_pictures_alone_that_say_nothing_of_weapons(self) -> None:
        self.labels[0].exhaustive[1] = False
        self.assertTrue(all(self.blue(canvas) > 20 for canvas in self.rooms(1.0)))


class EarlySize(Rooms):
    """Batches are small until whole pictures come, then of the network's size."""

    def test_ends_with_the_collages(self) -> None:
        self.config["augment"]["early_size"] = [64, 32]
        self.config["schedule"].update(steps=10, mosaic_until=0.7)
        maker = BatchMaker(self.labels, self.store, ["person", "knife"], self.config)
        size = maker.height, maker.width
        for step, expected in ((0, (32, 64)), (6, (32, 64)), (7, size), (9, size), (10_000_000, size)):
            batch = collate(maker.plan(step), self.store)
            self.assertEqual(tuple(batch.pictures.shape[2:]), expected)
            self.assertTrue((batch.boxes[..., 2:] <= batch.boxes.new_tensor(expected[::-1])).all())

    def test_is_a_size_that_the_network_can_see(self) -> None:
        for size in ([224], [224, 200], [0, 32]):
            self.config["augment"]["early_size"] = size
            with self.subTest(size=size), self.assertRaisesRegex(SystemExit, "early_size is .*multiples of 32"):
                BatchMaker(self.labels, self.store, ["person", "knife"], self.config)


class Hidden(Rooms):
    """An object of which another picture leaves a part is neither object nor background there."""

    def test_says_nothing_of_what_still_shows(self) -> None:
        maker = BatchMaker(self.labels, self.store, ["person", "knife"], self.config)
        canvas = Canvas(96, 96, 2)
        canvas.place(maker, 0, (0, 0, 96, 96), 1.0, 1.0, 0.5, 0.5, False)
        knife = canvas.boxes[canvas.classes.index(1)]
        middle = (knife[0] + knife[2]) / 2
        canvas.place(maker, 1, (0, 0, int(middle), 96), COVER, 1.0, 0.5, 0.5, False)
        self.assertNotIn(1, canvas.classes)
        row = int((knife[1] + knife[3]) / 2) // CELL
        self.assertEqual(canvas.background[1, row, int(knife[2] - 2) // CELL], 0)
        self.assertEqual(canvas.background[1, row, int(middle - 9) // CELL], 1)
        self.assertEqual(canvas.background[0, row, int(knife[2] - 2) // CELL], 1)


class FalseAlarms(unittest.TestCase):
    """What a network took for a weapon is shown as a weapon would be."""

    def test_are_shown_as_large_as_weapons(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            room = np.zeros((96, 128, 3), np.uint8)
            room[60:70, 100:110] = [0, 0, 255]
            file = Path(folder) / "room.png"
            Image.fromarray(room).save(file)
            labels = [Labels(file, 128, 96, "web", "", np.ones(2, bool), np.zeros((0, 4), np.float32), np.zeros(0, np.int64),
                             np.zeros(0, np.float32))]
            store = PictureStore(labels, Path(folder) / "cache")
            config = copy.deepcopy(CONFIG)
            config["augment"].update(mosaic=0.0, cover=0.0, aspect=0.0, false_alarms=1.0, weapon_size=[40, 40], weapon_scale=[0.1, 9])
            config["schedule"]["batch"] = 12
            alarms = [Alarm(0, np.array([100, 60, 110, 70], np.float32), 0.4)]
            makers = [BatchMaker(labels, store, ["person", "knife"], config, alarms) for _ in range(2)]
            first, again = (maker.plan(3) for maker in makers)
            self.assertEqual([canvas.placements for canvas in first], [canvas.placements for canvas in again])
            for canvas in first:
                canvas.tint = None
                self.assertAlmostEqual(int((canvas.draw(store)[1] > 180).sum()), 40 * 40, delta=500)
                self.assertEqual(canvas.classes, [])
                self.assertTrue((canvas.background == 1).all())


if __name__ == "__main__":
    unittest.main()
