"""Runs a network over many pictures in pieces that fit in memory."""

from collections.abc import Callable

import torch
from torch import Tensor

_BATCH = 25


@torch.no_grad()
def in_batches(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """``network`` of ``x`` [N, ...], 25 rows at a time."""
    return torch.cat([network(part) for part in x.split(_BATCH)])
