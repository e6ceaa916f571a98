"""Figures of an upscaler, beside those of bicubic interpolation.

How it does on whole photographs, beside what needs no model, is told by ``make bench-upscale``.
"""

import numpy as np
from PIL import Image
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_tensor, to_uint8
from training.evaluate.batches import in_batches
from training.models.inverter import mean_squared_error, psnr_db
from training.models.upscaler import Upscaler
from training.synthesis.pairs import shrink


def evaluate_upscaler(upscaler: Upscaler, val: ImageArray) -> dict[str, float]:
    """PSNR of ``val`` uint8 [N, H, W, 3] made small and enlarged again, all channels together, mean over pictures.

    Bicubic is Pillow's (Keys 1981, a = -0.5), as are the small pictures.
    """
    factor = upscaler.factor
    height, width = (side - side % factor for side in val.shape[1:3])
    wanted = val[:, :height, :width]
    small = np.stack([shrink(picture, factor) for picture in wanted])
    bicubic = np.stack(
        [np.asarray(Image.fromarray(x).resize((width, height), Image.Resampling.BICUBIC), np.uint8) for x in small]
    )
    ours = _psnr_db(to_uint8(in_batches(upscaler, to_tensor(small))), wanted)
    theirs = _psnr_db(bicubic, wanted)
    return {
        "psnr_db": float(ours.mean()),
        "psnr_db_of_bicubic": float(theirs.mean()),
        "psnr_db_over_bicubic_least": float((ours - theirs).min()),
    }


def _psnr_db(made: ImageArray, wanted: ImageArray) -> Tensor:
    return psnr_db(mean_squared_error(to_tensor(made), to_tensor(wanted)))
