import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import torch

from team import average_gradients, first_alone, rank, size, together


class Team(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def test_all_take_the_step_of_the_mean_of_their_gradients(self) -> None:
        def work() -> None:
            weights = [torch.nn.Parameter(torch.zeros(2, 3)), torch.nn.Parameter(torch.zeros(4)), torch.nn.Parameter(torch.zeros(1))]
            (weights[0].sum() * (1 + 2 * rank()) + weights[1].sum() * 10 * rank()).backward()
            average_gradients(weights)
            torch.save([w.grad for w in weights], self.folder / f"{rank()} of {size()}")

        together(2, work)
        for name in ("0 of 2", "1 of 2"):
            first, second, unused = torch.load(self.folder / name)
            self.assertTrue(torch.equal(first, torch.full((2, 3), 2.0)))
            self.assertTrue(torch.equal(second, torch.full((4,), 5.0)))
            self.assertIsNone(unused)

    def test_the_first_one_prepares_what_the_others_find(self) -> None:
        def work() -> None:
            with first_alone():
                if rank() == 0:
                    (self.folder / "store").write_text("made")
                (self.folder / f"seen by {rank()}").write_text((self.folder / "store").read_text())

        together(3, work)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["seen by 0", "seen by 1", "seen by 2", "store"])

    def test_does_not_go_on_where_one_failed(self) -> None:
        def work() -> None:
            if rank() == 1:
                with contextlib.redirect_stderr(io.StringIO()):
                    raise SystemExit("the second one cannot")
            weight = torch.nn.Parameter(torch.zeros(1))
            weight.sum().backward()
            average_gradients([weight])

        with self.assertRaises(RuntimeError):
            together(2, work)

    def test_alone_it_is_plain_work(self) -> None:
        done = []
        together(1, lambda: done.append((rank(), size())))
        self.assertEqual(done, [(0, 1)])


if __name__ == "__main__":
    unittest.main()
