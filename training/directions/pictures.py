"""Sheets that show what directions do: a row a direction, some faces changed step by step."""

from collections.abc import Sequence

import cv2
import numpy as np

from phiz_core.geometry import ImageArray
from training.directions.fit import Floats
from training.directions.sampler import SERVED_TRUNCATION, Sampler
from training.engine.pictures import grid

STRENGTHS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)

_FACES = 2
_LABEL_PX = 128


def sheet(sampler: Sampler, directions: Floats, names: Sequence[str], seed: int) -> ImageArray:
    """New faces changed along each of ``directions`` [D, w_dim] by :data:`STRENGTHS`, beside its name: RGB."""
    w = sampler.latents(_FACES, seed, SERVED_TRUNCATION)
    rows = []
    for direction, name in zip(directions, names, strict=True):
        steps = np.concatenate([face + np.outer(STRENGTHS, direction) for face in w])
        row = grid(sampler.faces(steps), len(steps))
        rows.append(np.hstack([_label(name, len(row)), row]))
    return np.vstack(rows)


def _label(text: str, height_px: int) -> ImageArray:
    label = np.zeros((height_px, _LABEL_PX, 3), np.uint8)
    cv2.putText(label, text, (4, height_px // 2 + 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    return label
