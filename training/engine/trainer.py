"""What the loop asks of the thing that it trains."""

from typing import Any, Protocol, TypeVar

from torch import Tensor

from phiz_core.geometry import ImageArray

Batch_contra = TypeVar("Batch_contra", contravariant=True)


class Trainer(Protocol[Batch_contra]):
    """Networks, their optimizers and one training step."""

    def step(self, batch: Batch_contra, progress: float, /) -> dict[str, Tensor]:
        """Trains on ``batch``, this process' rows, at ``progress`` 0..1 of the run.

        Returns losses by name, float32 scalars of this process' rows. They are tensors so that a GPU is waited for once
        a step and not at each of them.
        """
        ...

    def samples(self) -> ImageArray:
        """The same examples each time, as one picture [H, W, 3]. It draws no random numbers."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All that :meth:`load_state_dict` needs to go on exactly."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``."""
        ...
