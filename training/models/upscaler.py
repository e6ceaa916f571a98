"""The upscaler: a small picture to one whose sides are a whole factor longer."""

import torch.nn.functional as F
from torch import Tensor, nn

from training.models.layers import lrelu


class Upscaler(nn.Module):
    """Adds to the bilinearly enlarged picture what it lacks.

    All convolutions work at the small size; the last one makes all pixels of the large size that lie in a small one,
    which are then shuffled into place (Shi et al. 2016, ESPCN). The blocks are those of EDSR (Lim et al. 2017), which
    normalise nothing: enlarging must not change the brightness. A network that has learnt nothing enlarges bilinearly;
    were there nothing to add to, each of the phases that are shuffled would begin with a brightness of its own, which
    shows as a grid.

    Args:
        factor: how many times longer the sides become.
        width: channels between the first and the last convolution.
        blocks: residual blocks of two 3x3 convolutions each.
    """

    def __init__(self, factor: int, width: int, blocks: int) -> None:
        super().__init__()
        self.factor = factor
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.body = nn.Sequential(*(UpscalerBlock(width) for _ in range(blocks)))
        self.head = nn.Conv2d(width, 3 * factor**2, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.2)
                assert module.bias is not None
                nn.init.zeros_(module.bias)
        for block in self.body:
            assert isinstance(block, UpscalerBlock)
            nn.init.normal_(block.second.weight, std=0.02)
        nn.init.normal_(self.head.weight, std=1e-3)

    def forward(self, images: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 3, factor * H, factor * W], whose values may leave -1..1; any H and W."""
        added = F.pixel_shuffle(self.head(self.body(lrelu(self.stem(images)))), self.factor)
        return added + F.interpolate(images, scale_factor=self.factor, mode="bilinear", align_corners=False)


class UpscalerBlock(nn.Module):
    """Two 3x3 convolutions beside the identity, and nothing after the sum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same shape."""
        return x + self.second(lrelu(self.first(x)))
