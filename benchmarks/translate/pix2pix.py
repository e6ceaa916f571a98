"""pix2pix (Isola et al., Image-to-Image Translation with Conditional Adversarial Networks, 2017), as it was published.

A U-Net of eight levels at 256 x 256 with batch norm and dropout, which both stay as they are in training when it
answers; a discriminator of patches of 70 x 70; cross-entropy, and 100 times the absolute error; Adam at 2e-4, one
picture a step. Pictures of another size are brought to 256 x 256, and answers back.
"""

import math
import time
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from phiz_core.geometry import ImageArray
from training.dataset import to_tensor, to_uint8
from training.evaluate.translator import Examples, kept
from training.models.translator import CHANNELS_IN
from training.synthesis.tasks import Task
from training.synthesis.translations import as_given, given

SIDE_PX: Final = 256
_JITTERED_PX: Final = 286
_ABSOLUTE: Final = 100.0
_RATE: Final = 2e-4
_DROPOUT: Final = 0.5
_LEAK: Final = 0.2
_CONSTANT: Final = 0.5
"""Part of the training for which the learning rate stays; then it falls to zero on a line."""


class UNet(nn.Module):
    """Given [B, 4, 256, 256] to a picture [B, 3, 256, 256] in -1..1.

    Args:
        width: channels of the first level; 64 as published.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width * factor for factor in (1, 2, 4, 8, 8, 8, 8, 8)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, (before, after) in enumerate(zip([CHANNELS_IN, *widths], widths, strict=False)):
            normed = 0 < level < len(widths) - 1
            convolution = nn.Conv2d(before, after, 4, 2, 1, bias=not normed)
            self.down.append(nn.Sequential(convolution, nn.BatchNorm2d(after) if normed else nn.Identity()))
        for level in reversed(range(len(widths))):
            before = widths[level] * (1 if level == len(widths) - 1 else 2)
            after = widths[level - 1] if level else 3
            layers: list[nn.Module] = [nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1, bias=level == 0)]
            layers += [nn.BatchNorm2d(after)] if level else [nn.Tanh()]
            layers += [nn.Dropout(_DROPOUT)] if level in (4, 5, 6) else []
            self.up.append(nn.Sequential(*layers))

    def forward(self, x: Tensor) -> Tensor:
        """The picture."""
        levels = []
        for level, down in enumerate(self.down):
            x = down(functional.leaky_relu(x, _LEAK) if level else x)
            levels.append(x)
        x = self.up[0](levels.pop())
        for up in list(self.up)[1:]:
            x = up(torch.cat([x, levels.pop()], 1))
        return x


def patch_discriminator(width: int) -> nn.Sequential:
    """Given and picture [B, 7, 256, 256] to logits of patches of 70 x 70."""
    layers: list[nn.Module] = [nn.Conv2d(CHANNELS_IN + 3, width, 4, 2, 1), nn.LeakyReLU(_LEAK)]
    for before, after, stride in ((1, 2, 2), (2, 4, 2), (4, 8, 1)):
        layers += [nn.Conv2d(width * before, width * after, 4, stride, 1, bias=False), nn.BatchNorm2d(width * after)]
        layers += [nn.LeakyReLU(_LEAK)]
    return nn.Sequential(*layers, nn.Conv2d(width * 8, 1, 4, 1, 1))


def train(task: Task, photographs: ImageArray, seconds: float, width: int) -> UNet:
    """A generator trained for ``seconds`` of processor time in one thread on what ``task`` leaves of ``photographs``.

    ``photographs``: uint8 [N, H, W, 3].
    """
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    generator, discriminator = UNet(width), patch_discriminator(width)
    for network in (generator, discriminator):
        network.apply(_begin).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizers = [torch.optim.Adam(x.parameters(), _RATE, betas=(0.5, 0.999)) for x in (generator, discriminator)]
    started, done = time.process_time(), 0.0
    with tqdm(desc=f"pix2pix, {task.name}", unit="img") as bar:
        while done < 1.0:
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = _RATE * min(1.0, (1.0 - done) / (1.0 - _CONSTANT))
            photograph = _jittered(random, photographs[random.integers(len(photographs))])
            image, mask = given(random, photograph, task)
            _step(generator, discriminator, optimizers, as_given(image[None], mask[None]), to_tensor(photograph[None]))
            done = (time.process_time() - started) / seconds if seconds else math.inf
            bar.update()
    return generator


@torch.no_grad()
def answer(generator: UNet, shown: Examples) -> ImageArray:
    """What ``generator`` makes of what is given: uint8 [N, H, W, 3]."""
    torch.manual_seed(0)
    height, width = shown.photographs.shape[1:3]
    made = []
    for image, mask in zip(shown.given, shown.masks, strict=True):
        small = cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        hidden = cv2.resize(mask, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_NEAREST)
        (picture,) = to_uint8(generator(as_given(np.asarray(small)[None], np.asarray(hidden)[None])))
        made.append(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC))
    return kept(np.stack(made), shown)


def _step(
    generator: nn.Module,
    discriminator: Callable[[Tensor], Tensor],
    optimizers: list[torch.optim.Adam],
    shown: Tensor,
    wanted: Tensor,
) -> None:
    of_generator, of_discriminator = optimizers
    with torch.autocast("cpu", torch.bfloat16):
        made = generator(shown)
        fake = discriminator(torch.cat([shown, made.detach()], 1)).float()
        real = discriminator(torch.cat([shown, wanted], 1)).float()
    loss = (functional.softplus(fake).mean() + functional.softplus(-real).mean()) / 2.0
    of_discriminator.zero_grad()
    loss.backward()
    of_discriminator.step()
    with torch.autocast("cpu", torch.bfloat16):
        judged = discriminator(torch.cat([shown, made], 1)).float()
    of_generator.zero_grad()
    (functional.softplus(-judged).mean() + _ABSOLUTE * functional.l1_loss(made.float(), wanted)).backward()
    of_generator.step()


def _jittered(random: np.random.Generator, photograph: ImageArray) -> ImageArray:
    """The published augmentation: a part of 256 x 256 of the picture at 286 x 286, mirrored or not."""
    large = cv2.resize(photograph, (_JITTERED_PX, _JITTERED_PX), interpolation=cv2.INTER_CUBIC)
    top, left = random.integers(0, _JITTERED_PX - SIDE_PX + 1, 2)
    part = np.asarray(large[top : top + SIDE_PX, left : left + SIDE_PX], np.uint8)
    return np.ascontiguousarray(part[:, ::-1] if random.random() < 0.5 else part)


def _begin(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
