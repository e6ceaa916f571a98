"""Brings the weights of a network into one of the same shape, or into one for pictures of twice the size.

Progressive growing (Karras et al. 2018) fades the new stage in over many steps. Here its last convolutions begin at
zero, so that the grown network computes exactly what the small one did, and takes up the new stage as it learns.
"""

import torch
from torch import Tensor, nn

from training.models.discriminator import Discriminator
from training.models.generator import Generator

Weights = dict[str, Tensor]

_LAST_OF_BLOCK = ("second.weight", "second.bias", "skip.weight")


def bring_generator(weights: Weights, generator: Generator, grown: bool) -> None:
    """Loads ``weights``; where ``grown``, the last stage adds nothing yet.

    Raises:
        RuntimeError: they are of another shape.
    """
    if grown:
        weights = _with_new(weights, generator)
        last = f"synthesis.to_rgb.{len(generator.synthesis.to_rgb) - 1}.weight"
        weights[last] = torch.zeros_like(weights[last])
    generator.load_state_dict(weights)


def bring_discriminator(weights: Weights, discriminator: Discriminator, grown: bool) -> None:
    """Loads ``weights``; where ``grown``, the first block adds nothing yet to what the halved picture's stem sees.

    Raises:
        RuntimeError: they are of another shape.
    """
    if grown:
        weights = _with_new({_moved(name): value for name, value in weights.items()}, discriminator)
        first = "features.blocks.0."
        weights |= {f"{first}{name}": torch.zeros_like(weights[f"{first}{name}"]) for name in _LAST_OF_BLOCK}
    discriminator.load_state_dict(weights)


def _moved(name: str) -> str:
    """The stem becomes that of the halved picture, and each block the next one."""
    if name.startswith("features.stem."):
        return name.replace("stem", "half_stem", 1)
    if name.startswith("features.blocks."):
        features, blocks, number, rest = name.split(".", 3)
        return f"{features}.{blocks}.{int(number) + 1}.{rest}"
    return name


def _with_new(weights: Weights, network: nn.Module) -> Weights:
    """``weights``, and what ``network`` has beyond them as it is."""
    return {name: value for name, value in network.state_dict().items() if name not in weights} | weights
