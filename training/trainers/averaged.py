"""Schedules, averages and memory layout, which the trainers share."""

import math
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def cosine(ends: tuple[float, float], progress: float) -> float:
    """From ``ends[0]`` at progress 0 to ``ends[1]`` at 1, along half a cosine."""
    first, last = ends
    return last + (first - last) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))


@torch.no_grad()
def update_average(averaged: nn.Module, network: nn.Module, images: int, images_seen: int, half_life: float) -> None:
    """Moves ``averaged`` towards ``network`` after a step of ``images``.

    The half-life (in images) grows with the run up to ``half_life``, so that the untrained start is forgotten soon.
    """
    weight = 1.0 - 0.5 ** (images / min(half_life, 0.05 * (images_seen + images)))
    for slow, fast in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if slow.is_floating_point():  # batch norm counts its batches, too
            slow.lerp_(fast, weight)


def channels_last(network: Network) -> Network:
    """Lays the weights out as convolutions on CPUs and GPUs alike read them fastest."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
