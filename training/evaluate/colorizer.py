"""Figures of the colorizer, beside those of leaving the pictures gray."""

import cv2
import numpy as np
import torch

from phiz_core import colour
from phiz_core.geometry import ImageArray
from training.dataset import to_tensor
from training.evaluate.batches import in_batches
from training.models.colorizer import Colorizer
from training.trainers.colorizer import split


def evaluate_colorizer(colorizer: Colorizer, val: ImageArray) -> dict[str, float]:
    """Colour error in CIELAB and colourfulness on ``val`` uint8 [N, H, W, 3], against leaving the pictures gray."""
    luminance, _ = split(to_tensor(val))
    chroma = in_batches(colorizer, luminance)
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


def _ab_error(a: ImageArray, b: ImageArray) -> float:
    """Mean distance in the a and b of CIELAB of two RGB pictures uint8 [H, W, 3]."""
    lab_a, lab_b = (cv2.cvtColor(x.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[..., 1:] for x in (a, b))
    return float(np.linalg.norm(lab_a - lab_b, axis=-1).mean())
