"""Figures of the colorizer, beside those of leaving the pictures gray."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch

from phiz_core import colour
from phiz_core.geometry import ImageArray
from training.dataset import to_tensor
from training.evaluate.batches import in_batches
from training.models.colorizer import Colorizer
from training.synthesis.ageing import age


def evaluate_colorizer(colorizer: Colorizer, val: ImageArray, seed: int) -> dict[str, float]:
    """How near the colours come to those of ``val`` uint8 [N, H, W, 3].

    ``ab_error`` is the mean distance in the a and b of CIELAB, ``chroma_psnr_db`` is of Cb and Cr, and the
    ``colourfulness_ratio_median`` is to the colourfulness of the photographs. ``_aged`` are the same figures where the
    luminance was made to look old, as ``seed`` says; that colour is joined to the photographs' own luminance, too.
    """
    random = np.random.default_rng(seed)
    own = np.stack([colour.luminance(real) for real in val])
    old = np.stack([age(random, real) for real in val])
    gray = np.full((*own.shape, 2), colour.NEUTRAL_CHROMA, np.uint8)
    return {
        **_figures(val, own, _colours(colorizer, own)),
        **{f"{name}_aged": value for name, value in _figures(val, own, _colours(colorizer, old)).items()},
        **{
            f"{name}_of_gray": value
            for name, value in _figures(val, own, gray).items()
            if name != "colourfulness_ratio_median"
        },
    }


def _colours(colorizer: Colorizer, luma: ImageArray) -> ImageArray:
    """Cb and Cr uint8 [N, H, W, 2] that the colorizer gives luminance uint8 [N, H, W]."""
    chroma = in_batches(colorizer, to_tensor(luma[..., None]))
    return (chroma * 127.5 + 128).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def _figures(val: ImageArray, luma: ImageArray, cb_cr: ImageArray) -> dict[str, float]:
    made = [colour.join(*pair) for pair in zip(luma, cb_cr, strict=True)]
    return {
        "ab_error": _mean([_ab_error(a, b) for a, b in zip(made, val, strict=True)]),
        "chroma_psnr_db": _mean([_psnr_db(a, colour.chroma(b)) for a, b in zip(cb_cr, val, strict=True)]),
        "colourfulness_ratio_median": float(
            np.median(
                [colour.colourfulness(a) / max(colour.colourfulness(b), 1e-6) for a, b in zip(made, val, strict=True)]
            )
        ),
    }


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _ab_error(a: ImageArray, b: ImageArray) -> float:
    lab_a, lab_b = (cv2.cvtColor(x.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[..., 1:] for x in (a, b))
    return float(np.linalg.norm(lab_a - lab_b, axis=-1).mean())


def _psnr_db(a: ImageArray, b: ImageArray) -> float:
    error = np.square(a.astype(np.float64) - b).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-6)))
