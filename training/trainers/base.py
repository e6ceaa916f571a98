"""What the trainers share: schedules, averages, one step of an optimizer, and their state."""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from training.engine.parallel import Place


class Stateful:
    """A trainer's state: that of its networks and optimizers, by name, and how many images they have seen.

    Attributes:
        images_seen: by all processes together.
    """

    def __init__(self, **parts: nn.Module | Optimizer) -> None:
        self.images_seen = 0
        self._parts = parts

    def state_dict(self) -> dict[str, Any]:
        """All that :meth:`load_state_dict` needs to go on exactly."""
        return {name: part.state_dict() for name, part in self._parts.items()} | {"images_seen": self.images_seen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        self.images_seen = state["images_seen"]


def cosine(ends: tuple[float, float], progress: float) -> float:
    """From ``ends[0]`` at progress 0 to ``ends[1]`` at 1, along half a cosine."""
    first, last = ends
    return last + (first - last) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """The learning rate from now on."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def descend(optimizer: Optimizer, loss: Tensor, place: Place, largest_norm: float = math.inf) -> None:
    """One step of ``optimizer`` down the mean gradient of all processes' ``loss``, at most ``largest_norm`` long."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    place.average_(parameter.grad for parameter in parameters if parameter.grad is not None)
    if largest_norm < math.inf:
        nn.utils.clip_grad_norm_(parameters, largest_norm)
    optimizer.step()


def batch_statistics(network: nn.Module) -> Iterator[Tensor]:
    """What batch norm remembers of its batches; each process sees only its rows, so that they are to be averaged."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            yield from (module.running_mean, module.running_var)


@torch.no_grad()
def update_average(averaged: nn.Module, network: nn.Module, images: int, images_seen: int, half_life: float) -> None:
    """Moves ``averaged`` towards ``network`` after a step of ``images``.

    The half-life (in images) grows with the run up to ``half_life``, so that the untrained start is forgotten soon.
    """
    weight = 1.0 - 0.5 ** (images / min(half_life, 0.05 * (images_seen + images)))
    for slow, fast in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if slow.is_floating_point():  # batch norm counts its batches, too
            slow.lerp_(fast, weight)
