"""The landmark network: a crop to five points, each the mean of a heat map, and whether there is a face at all."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.models.face_layers import Residual, conv, standardised

POINTS = 5


class FaceLandmarks(nn.Module):
    """Looks at the crop ever more coarsely, then finely again; points are read off at a quarter of its size.

    A point is the mean of a softmax over all places (Nibali et al. 2018, numerical coordinate regression): finer than
    the heat map's grid, and drawn by what the eye itself looks like rather than by where eyes usually are.

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the crop.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.stem = conv(4, half)
        self.down4 = nn.Sequential(conv(half, quarter, stride=2), Residual(quarter))
        self.down8 = nn.Sequential(conv(quarter, eighth, stride=2), Residual(eighth), Residual(eighth))
        self.down16 = nn.Sequential(conv(eighth, sixteenth, stride=2), Residual(sixteenth), Residual(sixteenth))
        self.up8 = nn.Conv2d(sixteenth, eighth, 1)
        self.up4 = nn.Conv2d(eighth, quarter, 1)
        self.inner8 = Residual(eighth)
        self.inner4 = Residual(quarter)
        self.heat = nn.Conv2d(quarter, POINTS, 1)
        self.score = nn.Sequential(nn.Linear(2 * sixteenth, 64), nn.ReLU(inplace=True), nn.Linear(64, 1))

    def forward(self, luminance: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Luminance [B, 1, S, S], any scale.

        Returns:
            Points [B, 5, 2] in 0..1 of the crop's side, logits [B] of there being a face, and the heat maps
            [B, 5, S/4, S/4], each of sum 1.
        """
        quarter = self.down4(self.stem(F.pixel_unshuffle(standardised(luminance), 2)))
        eighth = self.down8(quarter)
        sixteenth = self.down16(eighth)
        whole = torch.cat([sixteenth.mean((2, 3)), sixteenth.amax((2, 3))], 1)
        fine8 = self.inner8(eighth + F.interpolate(self.up8(sixteenth), scale_factor=2.0, mode="nearest"))
        fine4 = self.inner4(quarter + F.interpolate(self.up4(fine8), scale_factor=2.0, mode="nearest"))
        heat = self.heat(fine4).float()
        maps = heat.flatten(2).softmax(2).unflatten(2, heat.shape[2:])
        side = maps.shape[-1]
        places = (torch.arange(side, device=maps.device, dtype=maps.dtype) + 0.5) / side
        x, y = (maps.sum(2) * places).sum(2), (maps.sum(3) * places).sum(2)
        return torch.stack([x, y], 2), self.score(whole.float())[:, 0], maps
