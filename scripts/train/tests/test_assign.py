import unittest

import torch

from assign import assign, pairwise_iou
from model import cell_centers

SIZE = 64
CENTERS, STRIDES = cell_centers(SIZE, SIZE)
CELLS = len(CENTERS)
RULE = {"top": 3, "class_power": 0.5, "iou_power": 4.0}


def run(objects: list[list[float]], kinds: list[int], probabilities=None, boxes=None, valid=None):
    """One picture; the boxes predicted are those of the nearest object unless others are given."""
    goals = torch.tensor(objects, dtype=torch.float32).reshape(1, -1, 4)
    if probabilities is None:
        probabilities = torch.full((1, CELLS, 2), 0.1)
    if boxes is None:
        middles = (goals[0, :, :2] + goals[0, :, 2:]) / 2
        boxes = goals[:, torch.cdist(CENTERS, middles).argmin(1)]
    valid = torch.ones(1, len(objects), dtype=torch.bool) if valid is None else valid
    return assign(probabilities, boxes, CENTERS, STRIDES, goals, torch.tensor([kinds]), valid, **RULE)


class Assign(unittest.TestCase):
    def test_iou_is_the_shared_part_of_the_union(self) -> None:
        a = torch.tensor([[0.0, 0, 10, 10]])
        b = torch.tensor([[5.0, 0, 15, 10], [20, 20, 30, 30], [0, 0, 10, 10]])
        torch.testing.assert_close(pairwise_iou(a, b), torch.tensor([[1 / 3, 0, 1]]))

    def test_each_object_gets_at_most_top_cells_and_the_best_of_them_its_full_quality(self) -> None:
        targets = run([[4, 4, 40, 40], [40, 40, 60, 60]], [0, 1])
        for index in range(2):
            mine = targets.positive[0] & (targets.object[0] == index)
            self.assertEqual(int(mine.sum()), 3)
            self.assertAlmostEqual(float(targets.quality[0][mine].max()), 1.0, places=5)

    def test_positive_cells_lie_in_the_box(self) -> None:
        box = [10, 20, 40, 50]
        inside = CENTERS[run([box], [0]).positive[0]]
        self.assertTrue(bool(((inside > torch.tensor(box[:2])) & (inside < torch.tensor(box[2:]))).all()))

    def test_an_object_smaller_than_a_cell_still_has_one(self) -> None:
        self.assertGreaterEqual(int(run([[7, 7, 9, 9]], [0]).positive.sum()), 1)

    def test_a_cell_that_two_want_serves_the_one_that_it_overlaps_more(self) -> None:
        large, small = [0, 0, 64, 64], [16, 16, 32, 32]
        boxes = torch.tensor(small, dtype=torch.float32).expand(1, CELLS, 4)
        targets = run([large, small], [0, 0], boxes=boxes)
        near = (CENTERS - 24).abs().amax(1) < 8
        served = targets.object[0][targets.positive[0] & near]
        self.assertTrue(len(served) > 0 and bool((served == 1).all()))

    def test_the_surer_of_two_equal_cells_goes_first(self) -> None:
        probabilities = torch.full((1, CELLS, 2), 0.01)
        sure = int((CENTERS - torch.tensor([28.0, 28.0])).abs().sum(1).argmin())
        probabilities[0, sure, 1] = 0.9
        targets = run([[8, 8, 56, 56]], [1], probabilities)
        self.assertEqual(int(targets.quality[0].argmax()), sure)

    def test_padding_gets_nothing(self) -> None:
        targets = run([[4, 4, 40, 40], [0, 0, 0, 0]], [0, 0], valid=torch.tensor([[True, False]]))
        self.assertTrue(bool((targets.object[0][targets.positive[0]] == 0).all()))
        self.assertFalse(bool(run([[4, 4, 40, 40]], [0], valid=torch.tensor([[False]])).positive.any()))

    def test_a_picture_without_objects_has_no_positive_cell(self) -> None:
        targets = run([], [], boxes=torch.zeros(1, CELLS, 4))
        self.assertEqual((int(targets.positive.sum()), float(targets.quality.sum())), (0, 0.0))


if __name__ == "__main__":
    unittest.main()
