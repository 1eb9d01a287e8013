import unittest

import torch

from classify import Classifier
from methods import METHODS
from methods.dorefa import QuantizedGradient
from methods.ternary import TernaryValues
from methods.xnor import place_scale
from model import Block, after_step, latent_weights

INPUTS, OUTPUTS = 8, 16

#: How many values the weights of one output channel may take.
WEIGHT_VALUES = {
    "int8": 255, "binaryconnect": 2, "binaryconnect-stochastic": 2, "bwn": 2, "bnn": 2, "xnor": 2, "xnor-learned": 2,
    "dorefa-1": 2, "dorefa-2": 2, "dorefa-4": 2, "dorefa-8": 256, "ternary": 3, "ternary-trained": 3,
}
ACTIVATION_VALUES = {
    "bnn": 2, "xnor": 2, "xnor-learned": 2, "dorefa-1": 2, "dorefa-2": 4, "dorefa-4": 16, "dorefa-8": 256, "int8": 256,
    "ternary": 2, "ternary-trained": 2,
}


def block(method: str) -> Block:
    torch.manual_seed(1)
    return Block(INPUTS, OUTPUTS, 1, 0.125, method)


class Methods(unittest.TestCase):
    def test_weights_and_activations_take_no_more_values_than_their_bits_allow(self) -> None:
        x = torch.randn(4, INPUTS, 12, 12)
        for name in METHODS:
            with self.subTest(method=name):
                made = block(name)
                with torch.no_grad():
                    weights = made.method.weights(made.weight)
                    activations = made.method.activations(x)
                counts = [len(channel.unique()) for channel in weights]
                self.assertLessEqual(max(counts), WEIGHT_VALUES.get(name, weights[0].numel()))
                self.assertLessEqual(len(activations.unique()), ACTIVATION_VALUES.get(name, x.numel()))

    def test_every_method_passes_a_gradient_to_its_weights_and_its_inputs(self) -> None:
        for name in METHODS:
            with self.subTest(method=name):
                made = block(name)
                x = torch.randn(2, INPUTS, 8, 8, requires_grad=True)
                (made(x) * torch.randn(2, OUTPUTS, 8, 8)).sum().backward()
                for gradient in (made.weight.grad, x.grad):
                    self.assertTrue(bool(torch.isfinite(gradient).all()))
                    self.assertGreater(float(gradient.abs().sum()), 0)

    def test_every_method_learns_to_tell_two_kinds_of_pictures(self) -> None:
        generator = torch.Generator().manual_seed(3)
        kinds = torch.arange(32) % 2
        stripes = (torch.arange(32) % 4 < 2).float() * 120
        pictures = torch.where(kinds.view(-1, 1, 1, 1) == 0, stripes.view(1, 1, 1, 32), stripes.view(1, 1, 32, 1))
        pictures = (pictures + torch.rand(32, 3, 32, 32, generator=generator) * 100).to(torch.uint8)
        for name in METHODS:
            with self.subTest(method=name):
                torch.manual_seed(2)
                model = Classifier(2, name).train()
                optimizer = torch.optim.Adam(model.parameters(), 3e-3)
                losses = []
                for _ in range(12):
                    loss = torch.nn.functional.cross_entropy(model(pictures), kinds)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    after_step(model)
                    losses.append(float(loss))
                self.assertLess(min(losses[-4:]), 0.75 * losses[0])

    def test_binaryconnect_keeps_its_latent_weights_within_one(self) -> None:
        made = block("binaryconnect")
        with torch.no_grad():
            made.weight.mul_(100)
        after_step(made)
        self.assertLessEqual(float(made.weight.detach().abs().max()), 1)

    def test_stochastic_weights_are_plus_one_as_often_as_the_hard_sigmoid_says_and_fixed_when_measured(self) -> None:
        method = METHODS["binaryconnect-stochastic"](100, 100)
        latent = torch.full((100, 100, 3, 3), 0.5)
        self.assertAlmostEqual(float((method.train().weights(latent) > 0).float().mean()), 0.75, delta=0.01)
        self.assertTrue(bool((method.eval().weights(latent) == 1).all()))

    def test_a_gradient_of_k_bits_has_at_most_two_to_the_k_values_a_picture_and_is_right_on_average(self) -> None:
        torch.manual_seed(4)
        wanted = torch.randn(1, 4, 50, 50)
        mean = torch.zeros_like(wanted)
        for _ in range(200):
            x = torch.zeros_like(wanted, requires_grad=True)
            QuantizedGradient.apply(x, 2).backward(wanted)
            self.assertLessEqual(len(x.grad.unique()), 4)
            mean += x.grad / 200
        inner = wanted.abs() < 0.8 * wanted.abs().max()
        self.assertLess(float((mean - wanted)[inner].abs().mean()), 0.1)

    def test_the_scale_of_a_place_is_the_mean_of_all_that_its_window_covers(self) -> None:
        x = torch.randn(1, 5, 6, 6)
        scale = place_scale(x, 1)
        self.assertEqual(tuple(scale.shape), (1, 1, 6, 6))
        self.assertAlmostEqual(float(scale[0, 0, 2, 3]), float(x[0, :, 1:4, 2:5].abs().mean()), places=5)

    def test_trained_ternary_values_get_the_sums_of_their_weights_gradients(self) -> None:
        latent = torch.tensor([0.9, 0.02, -0.8, 0.7], requires_grad=True)
        positive, negative = (torch.tensor(value, requires_grad=True) for value in (2.0, 3.0))
        values = TernaryValues.apply(latent, positive, negative, torch.tensor(0.05))
        self.assertEqual(values.tolist(), [2, 0, -3, 2])
        values.backward(torch.tensor([1.0, 10, 100, 1000]))
        self.assertEqual((float(positive.grad), float(negative.grad)), (1001, -100))
        self.assertEqual(latent.grad.tolist(), [2, 10, 300, 2000])

    def test_only_weights_that_stand_for_others_are_latent(self) -> None:
        self.assertEqual(len(latent_weights(block("float"))) + len(latent_weights(block("int8"))), 0)
        self.assertEqual(len(latent_weights(block("bwn"))), 1)
