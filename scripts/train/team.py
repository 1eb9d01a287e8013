"""Processes that train one network together, each on its part of every batch, with the mean of their gradients
(synchronous SGD; Goyal et al. 2017). On two cores they are faster than two threads: only the gradients are shared. Each
divides its loss by the objects of its own part; the losses in the log are those of the first one.
"""
import multiprocessing
import os
import tempfile
from contextlib import contextmanager, redirect_stderr
from datetime import timedelta
from typing import Callable, Iterable, Iterator

import torch
import torch.distributed as dist
from torch import nn
from torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors

from augment import BatchMaker, collate
from loss import Batch


def rank() -> int:
    """Place of this process, 0 for the one that writes files; 0 without a team."""
    return dist.get_rank() if dist.is_initialized() else 0


def size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Puts the mean over all processes in the place of each gradient."""
    if size() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = _flatten_dense_tensors(gradients)
    dist.all_reduce(flat)
    for gradient, mean in zip(gradients, _unflatten_dense_tensors(flat / size(), gradients)):
        gradient.copy_(mean)


@contextmanager
def first_alone() -> Iterator[None]:
    """What is within is done by the first process before the others do it: they find what it has written."""
    if rank() > 0:
        dist.barrier()
    yield
    if rank() == 0 and size() > 1:
        dist.barrier()


def together(count: int, work: Callable[[], None]) -> None:
    """Runs `work` in `count` processes, this one among them. Where one fails, the others do, at the next gradient."""
    if count == 1:
        work()
        return
    with tempfile.TemporaryDirectory() as folder:
        fork = multiprocessing.get_context("fork")
        others = [fork.Process(target=_join, args=(place, count, folder, work)) for place in range(1, count)]
        for process in others:
            process.start()
        _join(0, count, folder, work)
        for process in others:
            process.join()


def _join(place: int, count: int, folder: str, work: Callable[[], None]) -> None:
    torch.set_num_threads(max(1, torch.get_num_threads() // count))
    patience = timedelta(days=1)  # the others wait while the first one decodes all pictures, or measures
    dist.init_process_group("gloo", timeout=patience, init_method=f"file://{folder}/meeting", rank=place, world_size=count)
    try:
        if place == 0:
            work()
        else:
            _follow(work)
    finally:
        dist.destroy_process_group()


def _follow(work: Callable[[], None]) -> None:
    """`work` of all but the first process, which alone says what they all find wrong, and why it ended."""
    try:
        with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
            work()
    except SystemExit:
        pass
    except RuntimeError as error:
        if "onnection closed" not in str(error):  # by the first one, which has ended
            raise


class Part(torch.utils.data.Dataset):
    """Item `step` is what this process gets of the batch of that step."""

    def __init__(self, maker: BatchMaker):
        self.maker, self.rank, self.size = maker, rank(), size()  # a loader's workers are in no team

    def __len__(self) -> int:
        return len(self.maker)

    def __getitem__(self, step: int) -> Batch:
        return collate(self.maker.plan(step)[self.rank :: self.size], self.maker.store)
