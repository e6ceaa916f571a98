"""The network whose features faces are compared by, and the heads that it learns them with."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from training.models.face_layers import Residual, conv

INPUT_PX = 64
THUMBNAIL_PX = 8
_HIDDEN, _IDENTITY = 256, 128


class FaceEncoder(nn.Module):
    """Aligned faces to features, which tell faces, poses, colours and faults apart, and to who is shown.

    Who is shown is read from the features by layers of its own, so that what it must not depend on (light, colour,
    faults) may stay in the features (Chen et al. 2020, SimCLR).

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the picture.
        features: numbers that a picture becomes.
    """

    def __init__(self, widths: Sequence[int], features: int) -> None:
        super().__init__()
        stages = (nn.Sequential(conv(a, b, stride=2), Residual(b)) for a, b in pairwise(widths))
        self.maps = nn.Sequential(conv(12, widths[0]), *stages)
        self.out = nn.Linear(widths[-1], features)
        self.identity = nn.Sequential(
            nn.Linear(features, _HIDDEN, bias=False),
            nn.BatchNorm1d(_HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(_HIDDEN, _IDENTITY),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures [B, 3, 64, 64] in -1..1 to features [B, features] and identity [B, 128] of length 1."""
        features = self.out(self.maps(F.pixel_unshuffle(x, 2)).mean((2, 3)))
        return features, F.normalize(self.identity(features).float(), dim=1)


class PretextHeads(nn.Module):
    """What the features must tell beside who is shown; used in training only."""

    def __init__(self, features: int, damages: int) -> None:
        super().__init__()
        self.damage = nn.Linear(features, damages)
        self.thumbnail = nn.Linear(features, 3 * THUMBNAIL_PX**2)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features [B, features] to the strengths of damage [B, damages] and the undamaged thumbnail [B, 3, 8, 8]."""
        return self.damage(features), self.thumbnail(features).unflatten(1, (3, THUMBNAIL_PX, THUMBNAIL_PX))
