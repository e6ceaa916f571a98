"""The translator: a picture to another of the same size, such as edges to a photograph."""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.models.layers import doubled, lrelu

CHANNELS_IN = 4
"""A picture and its mask."""
STRIDE_PX = 16
"""Height and width of the input are multiples of it."""

_LEVELS = 4
_REACHES = (1, 1, 1, 1, 3, 7)
"""How far colours flow at H/16, step by step, each counting :data:`_FAINT` of the one before."""
_FAINT = 0.05
_LEAST = 1e-12


class Translator(nn.Module):
    """A U-Net (Ronneberger et al. 2015) for one task, or for several, one of which it is told.

    No batch norm and no dropout, as pix2pix (Isola et al. 2017) has them, so that an answer depends on nothing but the
    picture. The full size is only seen by a pixel-unshuffle stem and made by a pixel-shuffle head. It is told its task
    by FiLM (Perez et al. 2018): each level's features are scaled and shifted by numbers of the task's own.

    Args:
        widths: channels at H/2, H/4, H/8 and H/16.
        blocks: residual blocks at H/16.
        skips: for each task, whether what the way down saw is added on the way up. Without, all goes through the
            coarsest level, which makes an autoencoder of it.
    """

    def __init__(self, widths: Sequence[int], blocks: int, skips: Sequence[bool] = (True,)) -> None:
        super().__init__()
        assert len(widths) == _LEVELS
        self._widths, tasks = widths, len(skips)
        self.stem = nn.Conv2d(4 * CHANNELS_IN, widths[0], 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths))
        self.down_film = nn.ModuleList(Film(width, tasks) for width in widths)
        self.inner = nn.ModuleList(TranslatorBlock(widths[-1], tasks) for _ in range(blocks))
        self.whole = nn.Linear(widths[-1], widths[-1])
        self.up = nn.ModuleList(Up(b, a) for a, b in pairwise(widths))
        self.outer = nn.ModuleList(TranslatorBlock(width, tasks) for width in widths[:-1])
        self.head = nn.Conv2d(widths[0], 12, 3, padding=1)
        self.skips: Tensor
        self.register_buffer("skips", torch.tensor(skips, dtype=torch.float32), persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.2)
                assert module.bias is not None
                nn.init.zeros_(module.bias)
        for module in self.modules():
            if isinstance(module, TranslatorBlock):
                nn.init.zeros_(module.second.weight)
            if isinstance(module, Up):
                nn.init.zeros_(module.fine.weight)
        nn.init.normal_(self.head.weight, std=1e-2)

    def forward(self, given: Tensor, task: Tensor | None = None) -> Tensor:
        """What is given to what is made of it.

        Args:
            given: [B, 4, H, W]: RGB in -1..1, :func:`diffused` where hidden, and the mask, 1 where hidden.
            task: of each row, int64 [B]; needed only by a translator of several tasks.

        Returns:
            [B, 3, H, W], whose values may leave -1..1.
        """
        x = lrelu(self.down_film[0](self.stem(F.pixel_unshuffle(given, 2)), task))
        levels = [x]
        for down, film in zip(self.down, list(self.down_film)[1:], strict=True):
            x = lrelu(film(down(x), task))
            levels.append(x)
        for block in self.inner:
            x = block(x, task)
        x = x + self.whole(x.mean((2, 3)))[:, :, None, None]
        skip = self.skips if task is None else self.skips[task]
        for up, outer, level in reversed(list(zip(self.up, self.outer, levels, strict=False))):
            x = outer(up(x) + level * skip[:, None, None, None], task)
        return F.pixel_shuffle(self.head(x), 2)

    def of_task(self, index: int) -> "Translator":
        """The same network for its task ``index`` alone."""
        alone = Translator(self._widths, len(self.inner), [bool(self.skips[index])])
        alone.begin_with(self, [[index]])
        return alone.eval().requires_grad_(False)

    def begin_with(self, other: "Translator", rows: Sequence[Sequence[int]]) -> None:
        """Takes the weights of ``other``, and for each task the mean of what ``other`` knows of its tasks ``rows``.

        Raises:
            RuntimeError: ``other`` has other widths or blocks.
        """
        state = other.state_dict()
        for name, module in self.named_modules():
            if isinstance(module, Film):
                for key in (f"{name}.scale", f"{name}.shift"):
                    state[key] = torch.stack([state[key][list(chosen)].mean(0) for chosen in rows])
        self.load_state_dict(state)


class Up(nn.Module):
    """To twice the size: bilinearly, and what each of the four phases has of its own, which is nothing at first."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(channels_in, channels_out, 1)
        self.fine = nn.Conv2d(channels_in, 4 * channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, in, H, W] to [B, out, 2H, 2W]."""
        return doubled(self.coarse(x)) + F.pixel_shuffle(self.fine(x), 2)


def diffused(picture: Tensor, hidden: Tensor) -> Tensor:
    """Lets the colours around what is hidden flow into it, and forgets what was there.

    Push and pull (Gortler et al., The Lumigraph, 1996): means of what is shown, coarser and coarser, fill what the
    finer level does not know.

    Args:
        picture: [B, C, H, W], H and W multiples of :data:`STRIDE_PX`.
        hidden: [B, 1, H, W], 1 where hidden, else 0.

    Returns:
        [B, C, H, W]; where nothing is hidden, ``picture``. 0 where all is hidden.
    """
    colour, weight = picture * (1.0 - hidden), 1.0 - hidden
    levels = []
    for _ in range(_LEVELS):
        levels.append((colour, weight))
        colour, weight = F.avg_pool2d(colour, 2), F.avg_pool2d(weight, 2)
    for reach in _REACHES:
        near = [F.avg_pool2d(x, 2 * reach + 1, 1, reach) for x in (colour, weight)]
        colour, weight = colour + _FAINT * near[0], weight + _FAINT * near[1]
    filled = colour / weight.clamp(min=_LEAST)
    for colour, weight in reversed(levels):
        filled = colour + (1.0 - weight) * doubled(filled)
    return filled


class Film(nn.Module):
    """Scales and shifts each channel by numbers of the task's own."""

    def __init__(self, width: int, tasks: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(tasks, width))
        self.shift = nn.Parameter(torch.zeros(tasks, width))

    def forward(self, x: Tensor, task: Tensor | None) -> Tensor:
        """[B, C, H, W] to the same shape; ``task`` None: the only one."""
        scale, shift = (self.scale, self.shift) if task is None else (self.scale[task], self.shift[task])
        return x * scale[:, :, None, None].to(x.dtype) + shift[:, :, None, None].to(x.dtype)


class TranslatorBlock(nn.Module):
    """Two 3x3 convolutions beside the identity."""

    def __init__(self, width: int, tasks: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.film = Film(width, tasks)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor, task: Tensor | None) -> Tensor:
        """[B, C, H, W] to the same shape."""
        return lrelu(x + self.second(lrelu(self.film(self.first(x), task))))
