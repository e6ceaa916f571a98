"""The detector: at every place of a photograph, whether a face is there, and where its five points are."""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.models.face_landmarks import POINTS
from training.models.face_layers import Separable, conv, standardised

STRIDES_PX = (8, 16, 32)
"""Pixels between two places, for small, medium and large faces."""

_REACH = 4.0
"""Points are predicted in multiples of stride x reach, so that their offsets are of the order of 1."""


class FaceDetector(nn.Module):
    """Fully convolutional, without anchors or boxes: a face's box follows from its points.

    Args:
        widths: channels at 1/4, 1/8, 1/16 and 1/32 of the photograph.
        depths: blocks at 1/8, 1/16 and 1/32.
        head: channels of the three levels' common head (a feature pyramid, Lin et al. 2017).
    """

    def __init__(self, widths: Sequence[int], depths: Sequence[int], head: int) -> None:
        super().__init__()
        self.stem = conv(4, widths[0], stride=2)
        self.stages = nn.ModuleList(
            nn.Sequential(conv(a, b, stride=2), *(Separable(b) for _ in range(depth)))
            for (a, b), depth in zip(pairwise(widths), depths, strict=True)
        )
        self.lateral = nn.ModuleList(nn.Conv2d(width, head, 1) for width in widths[1:])
        self.smooth = nn.ModuleList(Separable(head) for _ in depths)
        self.inner = Separable(head)
        self.predict = nn.Conv2d(head, 1 + 2 * POINTS, 1)
        assert self.predict.bias is not None
        nn.init.constant_(self.predict.bias[:1], -4.0)  # most places are none

    def forward(self, luminance: Tensor) -> tuple[Tensor, Tensor]:
        """Luminance [B, 1, H, W] in any scale, H and W multiples of 32.

        Returns:
            Logits [B, N] and points [B, N, 5, 2] in pixels, for all places of all levels, in the order of
            :func:`places`.
        """
        x = self.stem(F.pixel_unshuffle(standardised(luminance), 2))
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        coarse: Tensor | None = None
        logits, points = [], []
        levels = list(zip(features, self.lateral, self.smooth, STRIDES_PX, strict=True))
        for feature, lateral, smooth, stride in reversed(levels):
            level = lateral(feature)
            if coarse is not None:
                level = level + F.interpolate(coarse, scale_factor=2.0, mode="nearest")
            coarse = smooth(level)
            out = self.predict(self.inner(coarse)).float().permute(0, 2, 3, 1)
            at = places(out.shape[1], out.shape[2], stride).to(out.device)
            offsets = out[..., 1:].unflatten(3, (POINTS, 2)) * (stride * _REACH)
            logits.append(out[..., 0].flatten(1))
            points.append((offsets + at[None, :, :, None]).flatten(1, 2))
        return torch.cat(logits[::-1], 1), torch.cat(points[::-1], 1)


def places(height: int, width: int, stride: int) -> Tensor:
    """Centres (x, y) of the cells of one level in pixels: [height, width, 2]."""
    y, x = torch.arange(height) + 0.5, torch.arange(width) + 0.5
    grid = torch.stack([x.expand(height, width), y[:, None].expand(height, width)], 2)
    return grid * float(stride)
