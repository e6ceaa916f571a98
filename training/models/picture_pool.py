"""Made pictures of earlier steps, to keep a discriminator from forgetting what it saw."""

import torch
from torch import Tensor, nn

from training.engine.parallel import ALONE, Place


class PicturePool(nn.Module):
    """The image pool of Shrivastava et al. 2017, as CycleGAN (Zhu et al. 2017) has it.

    Pictures have 256 levels, like files: so a pool is small in a checkpoint, and a discriminator cannot tell made ones
    from real ones by that. All processes that train together hold the same pool.

    Args:
        size: pictures that are kept.
        height_px: of a picture.
        width_px: of a picture.
    """

    pictures: Tensor

    def __init__(self, size: int, height_px: int, width_px: int) -> None:
        super().__init__()
        self.register_buffer("pictures", torch.zeros(size, 3, height_px, width_px, dtype=torch.uint8))
        self._filled = 0

    def get_extra_state(self) -> int:
        """How many places are filled."""
        return self._filled

    def set_extra_state(self, state: int) -> None:
        """The same, of a checkpoint."""
        self._filled = state

    @torch.no_grad()
    def exchange(self, made: Tensor, place: Place = ALONE) -> Tensor:
        """What a discriminator is to see instead of ``made`` [B, 3, H, W] in -1..1, this process' rows of a batch.

        While the pool is filled up, that is ``made``. Then it is either a picture of the pool, whose place is taken by
        the new one, or the new one, with equal probability.
        """
        new = made.add(1.0).mul(127.5).round().clamp(0.0, 255.0).to(torch.uint8)
        everything = place.whole(new).clone()
        size = len(self.pictures)
        chances, places = torch.rand(len(everything)), torch.randint(size, (len(everything),))
        for row, (chance, index) in enumerate(zip(chances.tolist(), places.tolist(), strict=True)):
            if self._filled < size:
                self.pictures[self._filled] = everything[row]
                self._filled += 1
            elif chance < 0.5:
                old = self.pictures[index].clone()
                self.pictures[index] = everything[row]
                everything[row] = old
        return everything[place.rows].float().div(127.5).sub(1.0)
