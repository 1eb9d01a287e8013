import math
import unittest

import torch
from torch import nn

from loss import Batch, Teacher, complete_iou, detection_loss, distillation_loss
from model import BOX_SIDES, STRIDES, cell_centers

SIZE, CLASSES = 64, 2
CONFIG = {"class_weight": 1.0, "box_weight": 2.5, "full_quality": 0.7, "least_weight": 0.3, "negative_alpha": 0.75, "negative_gamma": 2.0}
RULE = {"top": 9, "class_power": 0.5, "iou_power": 4.0}
CELLS = len(cell_centers(SIZE, SIZE)[0])


def maps(logit: float = -4.0) -> list[torch.Tensor]:
    levels = []
    for stride in STRIDES:
        level = torch.zeros(1, CLASSES + BOX_SIDES, SIZE // stride, SIZE // stride)
        level[:, :CLASSES] = logit
        levels.append(level.requires_grad_())
    return levels


def batch(boxes: list[list[float]], kinds: list[int], weights: list[float], background: float = 1.0) -> Batch:
    return Batch(
        torch.zeros(1, 3, SIZE, SIZE, dtype=torch.uint8), torch.tensor([boxes]).reshape(1, -1, 4).float(),
        torch.tensor([kinds]).reshape(1, -1).long(), torch.tensor([weights]).reshape(1, -1).float(),
        torch.full((1, CELLS, CLASSES), background),
    )


UNKNOWN = batch([], [], [], background=0.0)


def loss_of(levels: list[torch.Tensor], data: Batch) -> tuple[torch.Tensor, dict]:
    return detection_loss(levels, data, CONFIG, RULE)


class Loss(unittest.TestCase):
    def test_complete_iou_is_one_for_the_same_box_and_falls_with_distance_and_shape(self) -> None:
        box = torch.tensor([[0.0, 0, 10, 10]])
        near, far = torch.tensor([[12.0, 0, 22, 10]]), torch.tensor([[40.0, 0, 50, 10]])
        flat = torch.tensor([[-5.0, 2.5, 15, 7.5]])
        value = lambda other: float(complete_iou(box, other))
        self.assertAlmostEqual(value(box), 1, places=5)
        self.assertTrue(0 > value(near) > value(far))
        # The same center: only overlap and the aspect ratio differ.
        iou = 50 / 150
        v = 4 / math.pi**2 * (math.atan(4) - math.atan(1)) ** 2
        self.assertAlmostEqual(value(flat), iou - v * v / (1 - iou + v), places=4)

    def test_where_nothing_is_known_nothing_is_learned(self) -> None:
        levels = maps(2.0)
        loss, _ = loss_of(levels, batch([], [], [], background=0.0))
        loss.backward()
        self.assertEqual(float(loss), 0)
        self.assertTrue(all(float(level.grad.abs().sum()) == 0 for level in levels))

    def test_a_sure_false_alarm_costs_more_than_an_unsure_one_and_by_the_weight_of_the_background(self) -> None:
        empty = lambda background: batch([], [], [], background)
        sure, unsure = (float(loss_of(maps(logit), empty(1.0))[0]) for logit in (2.0, -2.0))
        self.assertGreater(sure, 10 * unsure)
        self.assertAlmostEqual(float(loss_of(maps(2.0), empty(0.1))[0]), sure / 10, delta=sure * 1e-4)

    def test_descending_the_gradient_finds_the_object(self) -> None:
        levels = maps()
        data = batch([[8, 8, 40, 40]], [1], [1.0])
        optimizer = torch.optim.Adam(levels, 0.1)
        first = None
        for _ in range(150):
            optimizer.zero_grad()
            loss, parts = loss_of(levels, data)
            first = first or parts
            loss.backward()
            optimizer.step()
        self.assertLess(parts["box"], first["box"] / 4)
        scores = torch.cat([level[0, :CLASSES].flatten(1) for level in levels], 1).sigmoid()
        self.assertGreater(float(scores[1].max()), 0.6)
        self.assertLess(float(scores[0].max()), 0.1)

    def test_a_pupil_comes_to_see_what_its_teacher_sees(self) -> None:
        teacher = [level.detach() for level in maps()]
        teacher[0][0, 1, 3, 3], teacher[0][0, CLASSES:, 3, 3] = 3.0, 1.5
        taught = lambda levels: distillation_loss(levels, teacher, UNKNOWN, CONFIG)
        self.assertAlmostEqual(float(taught([level.clone() for level in teacher])), 0, places=5)
        levels = maps()
        optimizer = torch.optim.Adam(levels, 0.1)
        for _ in range(400):
            optimizer.zero_grad()
            taught(levels).backward()
            optimizer.step()
        pupil = levels[0].detach()
        self.assertAlmostEqual(float(pupil[0, 1, 3, 3].sigmoid()), float(torch.tensor(3.0).sigmoid()), delta=0.2)
        torch.testing.assert_close(pupil[0, CLASSES:, 3, 3], teacher[0][0, CLASSES:, 3, 3], atol=0.2, rtol=0)
        self.assertLess(float(pupil[0, 0].max()), -3)

    def test_a_teacher_says_nothing_of_a_class_that_it_does_not_know(self) -> None:
        teacher = [level.detach().clone() for level in maps(3.0)]
        said = Teacher(nn.Identity(), torch.tensor([0.0, 1.0]), 1 / 0.7)
        levels = maps()
        distillation_loss(levels, teacher, UNKNOWN, CONFIG, said).backward()
        self.assertFalse(levels[0].grad[:, 0].any())
        self.assertTrue((levels[0].grad[:, 1] < 0).all())
        unknown = distillation_loss(maps(), teacher, UNKNOWN, CONFIG, said._replace(knows=torch.zeros(2)))
        self.assertEqual(float(unknown), 0)

    def test_a_teacher_is_not_believed_where_a_class_is_labeled_in_full_and_not_shown(self) -> None:
        teacher = [level.detach().clone() for level in maps(3.0)]
        def pull(data: Batch) -> list[float]:
            sign = self.gradient(teacher, data)[0, :CLASSES].sign().flatten(1)
            self.assertTrue(torch.equal(sign.amax(1), sign.amin(1)))  # all cells the same way
            return sign[:, 0].tolist()

        self.assertEqual(pull(batch([], [], [], background=1.0)), [1, 1])  # both down
        # An object of the second class somewhere: its neighbors may well have a part of its score.
        self.assertEqual(pull(batch([[8, 8, 40, 40]], [1], [1.0])), [1, -1])
        self.assertEqual(pull(batch([[8, 8, 40, 40]], [1], [0.0])), [1, 1])  # padding
        self.assertEqual(pull(batch([], [], [], background=0.9)), [-1, -1])

    def gradient(self, teacher: list[torch.Tensor], data: Batch) -> torch.Tensor:
        levels = maps()
        distillation_loss(levels, teacher, data, CONFIG).backward()
        return levels[0].grad

    def test_scores_that_are_overlaps_are_raised_to_ours(self) -> None:
        half = [level.detach().clone() for level in maps(0.0)]  # an overlap of 0.5
        wanted = [level.detach().clone() for level in maps(float(torch.logit(torch.tensor(0.5 / 0.7))))]
        said = Teacher(nn.Identity(), torch.ones(CLASSES), 1 / 0.7)
        self.assertAlmostEqual(float(distillation_loss(wanted, half, UNKNOWN, CONFIG, said)), 0, places=5)

    def test_an_object_of_weight_nought_is_none(self) -> None:
        with_object = loss_of(maps(), batch([[8, 8, 40, 40]], [1], [0.0]))[1]
        without = loss_of(maps(), batch([], [], []))[1]
        self.assertAlmostEqual(with_object["class"], without["class"], places=5)
        self.assertEqual(with_object["box"], 0)

    def test_a_doubtful_object_weighs_less(self) -> None:
        pull = []
        for weight in (1.0, 0.3):
            levels = maps()
            two = batch([[8, 8, 40, 40], [40, 40, 63, 63]], [1, 0], [weight, 1.0])
            loss_of(levels, two)[0].backward()
            pull.append(float(levels[0].grad[0, 1, 1:5, 1:5].abs().sum()))
        self.assertLess(pull[1], pull[0])


if __name__ == "__main__":
    unittest.main()
