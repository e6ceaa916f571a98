"""Figures of the encoder that starts the inversion."""

from phiz_core.geometry import ImageArray
from training.dataset import to_tensor
from training.evaluate.batches import in_batches
from training.models.generator import Generator
from training.models.inverter import WPlusEncoder, mean_squared_error, psnr_db


def evaluate_encoder(encoder: WPlusEncoder, generator: Generator, val: ImageArray) -> dict[str, float]:
    """Mean PSNR in decibels of the encoder alone on ``val`` uint8 [N, S, S, 3]."""
    images = to_tensor(val)
    made = in_batches(lambda x: generator.synthesis(encoder(x)), images)
    return {"encoder_psnr_db": psnr_db(mean_squared_error(made.clamp(-1, 1), images)).mean().item()}
