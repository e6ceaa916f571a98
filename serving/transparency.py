"""Pictures with transparency, before they are resized."""

import numpy as np

from phiz_core.geometry import ImageArray
from serving.pull_push import pull_push


def fill_hidden(rgba: ImageArray) -> ImageArray:
    """Gives pixels that are wholly transparent the colours around them: RGBA [H, W, 4] uint8.

    What stands there is mostly black, and would bleed into what is seen when pixels are made from their neighbours.
    """
    hidden = rgba[..., 3] == 0
    if not hidden.any():
        return rgba
    weight = rgba[..., 3].astype(np.float32)
    colours = pull_push(rgba[..., :3] * weight[..., None], weight)
    filled = rgba.copy()
    filled[hidden, :3] = np.rint(colours[hidden])
    return filled
