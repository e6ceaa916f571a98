"""Where a process trains: its device, its precision, and its rows of the batches that several processes share.

Every process draws the random numbers of the whole batch, on the CPU, and keeps its own rows. So all of them hold the
same random state, of which one copy in the checkpoint is enough; together they see what one process alone would see;
and a run may go on with another number of them, or on another device.

Gradients are averaged by hand, all in one message after the backward pass (as StyleGAN3 does, Karras et al. 2021): the
hooks of DistributedDataParallel do not go well with the gradients of gradients that penalties need.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import gather, reduce
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)

_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Place:
    """One of the processes that train together.

    Attributes:
        device: where it computes.
        precision: of convolutions and products, torch.bfloat16 or torch.float32; weights are always float32.
        rank: its number, from 0.
        ranks: how many there are.
    """

    device: torch.device = _CPU
    precision: torch.dtype = torch.bfloat16
    rank: int = 0
    ranks: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes the run's files."""
        return self.rank == 0

    @property
    def rows(self) -> slice:
        """Its rows of a whole batch.

        Every ``ranks``-th, so that the first half of each process' rows is its part of the first half of the batch.
        """
        return slice(self.rank, None, self.ranks)

    def put(self, network: Network) -> Network:
        """Brings ``network`` to the device, laid out as convolutions on CPUs and GPUs alike read it fastest."""
        return network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def bring(self, tensor: Tensor) -> Tensor:
        """``tensor`` on the device."""
        return tensor.to(self.device)

    def autocast(self) -> torch.autocast:
        """A context in which convolutions and products are of ``precision``."""
        return torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32)

    def draw(self, rows: int, *shape: int) -> Tensor:
        """This process' ``rows`` of uniform numbers in 0..1: [rows, *shape], on the CPU."""
        return torch.rand(rows * self.ranks, *shape)[self.rows]

    def rand(self, rows: int, *shape: int) -> Tensor:
        """The same as :meth:`draw`, on the device."""
        return self.bring(self.draw(rows, *shape))

    def randn(self, rows: int, *shape: int) -> Tensor:
        """This process' ``rows`` of normal numbers: [rows, *shape], on the device."""
        return self.bring(torch.randn(rows * self.ranks, *shape)[self.rows])

    def mean(self, value: Tensor) -> Tensor:
        """The mean of all processes' ``value``, without gradient; they all must ask for it."""
        return value.detach() if self.ranks == 1 else reduce(value.detach(), "mean")

    def whole(self, rows: Tensor) -> Tensor:
        """The whole batch of which every process has ``rows`` [B / ranks, ...], without gradient; they all must ask."""
        if self.ranks == 1:
            return rows.detach()
        by_rank: Tensor = gather(rows.detach().contiguous())
        return by_rank.unflatten(0, (self.ranks, -1)).transpose(0, 1).flatten(0, 1)

    def average_(self, tensors: Iterable[Tensor]) -> None:
        """Replaces ``tensors`` by the mean of all processes' in one message; they all must ask for it."""
        if self.ranks == 1:
            return
        own = list(tensors)
        means = self.mean(torch.cat([tensor.flatten() for tensor in own]))
        for tensor, mean in zip(own, means.split([tensor.numel() for tensor in own]), strict=True):
            tensor.copy_(mean.view(tensor.shape))


ALONE = Place()
"""A single process on the CPU."""


def join(cpu: bool, precision: torch.dtype, threads: int | None) -> Place:
    """Joins the processes that ``torchrun`` started, if it did.

    Args:
        cpu: whether to compute on the CPU even where there is a GPU.
        precision: as in :class:`Place`.
        threads: CPU threads of this process; None: its part of all.
    """
    cpu = cpu or not torch.cuda.is_available()
    if not cpu:
        # A resumed run ends in the same bits only if no kernel adds up in the order in which its threads happen to end.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    state = PartialState(cpu=cpu)
    torch.set_num_threads(threads or max(1, (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))
    return Place(state.device, precision, state.process_index, state.num_processes)


def leave() -> None:
    """Ends what :func:`join` began, and with it each of several processes: it is the last that they do.

    They end without taking themselves apart: a thread of the process group at times outlives it, and one run in five
    was aborted by that, after all its work was done.
    """
    state = PartialState()
    state.destroy_process_group()
    if state.num_processes > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
