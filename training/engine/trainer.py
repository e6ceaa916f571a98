"""What the loop asks of the thing that it trains."""

from typing import Any, Protocol, TypeVar

from phiz_core.geometry import ImageArray

Batch_contra = TypeVar("Batch_contra", contravariant=True)


class Trainer(Protocol[Batch_contra]):
    """Networks, their optimizers and one training step."""

    def step(self, batch: Batch_contra, progress: float, /) -> dict[str, float]:
        """Trains on ``batch`` at ``progress`` 0..1 of the run; returns losses by name."""
        ...

    def samples(self) -> ImageArray:
        """The same examples each time, as one picture [H, W, 3]."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All that :meth:`load_state_dict` needs to go on exactly."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``."""
        ...
