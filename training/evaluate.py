"""Figures of trained networks on the people that were held out, each beside its floor or its baseline."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core import colour
from phiz_core.geometry import ImageArray
from training.dataset import to_tensor, to_uint8
from training.models.colorizer import Colorizer
from training.models.generator import Generator
from training.models.inverter import WPlusEncoder, mean_squared_error, psnr_db
from training.trainers.colorizer import split

_BATCH = 25
_PATCH_PX = 7
_PATCHES = 64
_DIRECTIONS = 256
_SMALLEST_LEVEL_PX = 16


def evaluate_generator(generator: Generator, train: ImageArray, val: ImageArray, seed: int) -> dict[str, float]:
    """Sliced Wasserstein distance of made faces to the training faces, beside that of the held-out faces.

    Args:
        generator: makes as many faces as are held out, without truncation.
        train: uint8 [N, S, S, 3].
        val: uint8 [M, S, S, 3], M at most N.
        seed: of latents, of the choice of training faces and of patches.
    """
    latents = torch.randn(len(val), generator.latent_dim, generator=torch.Generator().manual_seed(seed))
    made = _in_batches(generator, latents)
    chosen = np.sort(np.random.default_rng(seed).choice(len(train), len(val), replace=False))
    reference = to_tensor(train[chosen])
    return {
        "sliced_wasserstein": sliced_wasserstein(to_tensor(to_uint8(made)), reference, seed),
        "sliced_wasserstein_of_held_out_photographs": sliced_wasserstein(to_tensor(val), reference, seed),
    }


def evaluate_encoder(encoder: WPlusEncoder, generator: Generator, val: ImageArray) -> dict[str, float]:
    """Mean PSNR in decibels of the encoder alone on ``val`` uint8 [N, S, S, 3]."""
    images = to_tensor(val)
    made = _in_batches(lambda x: generator.synthesis(encoder(x)), images)
    return {"encoder_psnr_db": psnr_db(mean_squared_error(made.clamp(-1, 1), images)).mean().item()}


def evaluate_colorizer(colorizer: Colorizer, val: ImageArray) -> dict[str, float]:
    """Colour error in CIELAB and colourfulness on ``val`` uint8 [N, H, W, 3], against leaving the pictures gray."""
    luminance, _ = split(to_tensor(val))
    chroma = _in_batches(colorizer, luminance)
    cb_cr = (chroma * 127.5 + 128).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    errors, gray_errors, ratios = [], [], []
    for real, predicted in zip(val, cb_cr, strict=True):
        luma = colour.luminance(real)
        made = colour.join(luma, predicted)
        errors.append(_ab_error(made, real))
        gray_errors.append(_ab_error(np.repeat(luma[..., None], 3, axis=2), real))
        ratios.append(colour.colourfulness(made) / max(colour.colourfulness(real), 1e-6))
    return {
        "ab_error": float(np.mean(errors)),
        "ab_error_of_gray": float(np.mean(gray_errors)),
        "colourfulness_ratio_median": float(np.median(ratios)),
    }


def sliced_wasserstein(a: Tensor, b: Tensor, seed: int) -> float:
    """Sliced Wasserstein distance x 1000 of two sets of pictures [N, 3, S, S] in -1..1, the mean of all levels.

    Patches of 7x7 pixels from each level of a Laplacian pyramid down to 16 px, normalised by colour channel, projected
    on random directions (Karras et al. 2018, progressive growing). Both sets have the same size.
    """
    distances = []
    while a.shape[-1] >= _SMALLEST_LEVEL_PX:
        small_a, small_b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        last = a.shape[-1] // 2 < _SMALLEST_LEVEL_PX
        detail_a, detail_b = (x if last else x - _doubled(y) for x, y in ((a, small_a), (b, small_b)))
        generator = torch.Generator().manual_seed(seed)
        distances.append(_sliced(_patches(detail_a, generator), _patches(detail_b, generator), generator))
        a, b = small_a, small_b
    return float(np.mean(distances)) * 1000.0


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _patches(images: Tensor, generator: torch.Generator) -> Tensor:
    """[N * patches, 147], each colour channel of zero mean and unit deviation over the whole set."""
    side = images.shape[-1] - _PATCH_PX + 1
    windows = images.unfold(2, _PATCH_PX, 1).unfold(3, _PATCH_PX, 1)
    top, left = torch.randint(0, side, (2, len(images), _PATCHES), generator=generator)
    chosen = windows[torch.arange(len(images))[:, None], :, top, left]
    flat = chosen.flatten(0, 1)
    mean, deviation = flat.mean((0, 2, 3), keepdim=True), flat.std((0, 2, 3), keepdim=True)
    return ((flat - mean) / deviation).flatten(1)


def _sliced(a: Tensor, b: Tensor, generator: torch.Generator) -> float:
    directions = F.normalize(torch.randn(a.shape[1], _DIRECTIONS, generator=generator), dim=0)
    ordered_a, ordered_b = (a @ directions).sort(dim=0).values, (b @ directions).sort(dim=0).values
    return (ordered_a - ordered_b).abs().mean().item()


def _ab_error(a: ImageArray, b: ImageArray) -> float:
    """Mean distance in the a and b of CIELAB of two RGB pictures uint8 [H, W, 3]."""
    lab_a, lab_b = (cv2.cvtColor(x.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[..., 1:] for x in (a, b))
    return float(np.linalg.norm(lab_a - lab_b, axis=-1).mean())


@torch.no_grad()
def _in_batches(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return torch.cat([network(part) for part in x.split(_BATCH)])
