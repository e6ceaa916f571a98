"""The graphs that serve: pictures are uint8 NHWC RGB at the boundary, and every input and output has a batch.

Normalisation, clamping and layout are inside; no operator draws random numbers.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from phiz_core.detection import CROP_PX
from training.export.gradient import with_gradient
from training.export.lbfgs import minimise
from training.models.colorizer import Colorizer
from training.models.face_detector import FaceDetector
from training.models.face_landmarks import FaceLandmarks
from training.models.generator import Generator
from training.models.inverter import mean_squared_error
from training.models.translator import Translator, diffused
from training.models.upscaler import Upscaler

LBFGS_MEMORY = 20
PROPOSALS = 256
"""Places that the detector answers with, the likeliest ones."""

_FIRST_STEP = 0.5
_HIDDEN_FROM = 128


def to_picture(x: Tensor) -> Tensor:
    """Float [B, C, H, W] in -1..1 to uint8 [B, H, W, C]."""
    return ((x + 1.0) * 127.5).round().clamp(0.0, 255.0).to(torch.uint8).permute(0, 2, 3, 1)


def from_picture(x: Tensor) -> Tensor:
    """uint8 [B, H, W, C] to float [B, C, H, W] in -1..1."""
    return x.permute(0, 3, 1, 2).float() / 127.5 - 1.0


def from_mask(x: Tensor) -> Tensor:
    """bool [B, H, W, 1] to float [B, 1, H, W], 0 or 1."""
    return x.permute(0, 3, 1, 2).float()


class MappingGraph(nn.Module):
    """z [B, latent_dim], normal noise, and truncation [B, 1] to w+ [B, layers, w_dim]."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.prior, self.mapping, self.layers = generator.prior, generator.mapping, generator.synthesis.layers

    def forward(self, z: Tensor, truncation: Tensor) -> Tensor:
        """The truncation trick (StyleGAN): w is drawn towards the average w."""
        average = self.mapping.average
        w = average + truncation * (self.mapping(self.prior(z)) - average)
        return w[:, None].repeat(1, self.layers, 1)


class GeneratorGraph(nn.Module):
    """w+ [B, layers, w_dim] to pictures uint8 [B, S, S, 3]."""

    def __init__(self, synthesis: nn.Module) -> None:
        """``synthesis``: w+ to pictures [B, 3, S, S] in -1..1."""
        super().__init__()
        self.synthesis = synthesis

    def forward(self, w_plus: Tensor) -> Tensor:
        """The picture."""
        return to_picture(self.synthesis(w_plus))


class ColorizerGraph(nn.Module):
    """Luminance uint8 [B, H, W, 1] to Cb and Cr uint8 [B, H, W, 2] around 128."""

    def __init__(self, colorizer: Colorizer) -> None:
        super().__init__()
        self.colorizer = colorizer

    def forward(self, luminance: Tensor) -> Tensor:
        """128 is exactly neutral."""
        chroma = self.colorizer(from_picture(luminance))
        return (chroma * 127.5 + 128.0).round().clamp(0.0, 255.0).to(torch.uint8).permute(0, 2, 3, 1)


class TranslatorGraph(nn.Module):
    """Pictures uint8 [B, H, W, 3] to what the translator of one task makes of them, of the same size."""

    def __init__(self, translator: Translator) -> None:
        super().__init__()
        self.translator = translator

    def forward(self, image: Tensor) -> Tensor:
        """The translated picture."""
        return to_picture(self.translator(F.pad(from_picture(image), (0, 0, 0, 0, 0, 1))))


class FillingGraph(nn.Module):
    """Pictures uint8 [B, H, W, 3] to the same, filled in where a mask uint8 [B, H, W, 1] is 128 or more."""

    def __init__(self, translator: Translator) -> None:
        super().__init__()
        self.translator = translator

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """What was hidden in ``image`` has no influence, and all else stays as it is."""
        hidden = mask >= _HIDDEN_FROM
        given = diffused(from_picture(image), from_mask(hidden))
        made = to_picture(self.translator(torch.cat([given, from_mask(hidden)], 1)))
        return torch.where(hidden, made, image)


class UpscalerGraph(nn.Module):
    """Pictures uint8 [B, H, W, 3] to larger ones uint8 [B, factor * H, factor * W, 3]."""

    def __init__(self, upscaler: Upscaler) -> None:
        super().__init__()
        self.upscaler = upscaler

    def forward(self, image: Tensor) -> Tensor:
        """The large picture."""
        return to_picture(self.upscaler(from_picture(image)))


class FaceDetectorGraph(nn.Module):
    """Luminance uint8 [B, H, W, 1] to the likeliest places: scores [B, K] in 0..1 and points [B, K, 5, 2] in pixels."""

    def __init__(self, detector: FaceDetector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, luminance: Tensor) -> tuple[Tensor, Tensor]:
        """K is ``PROPOSALS``."""
        logits, points = self.detector(from_picture(luminance))
        best, places = logits.topk(PROPOSALS, dim=1)
        return torch.sigmoid(best), points.flatten(2).gather(1, places[..., None].expand(-1, -1, 10)).unflatten(
            2, (5, 2)
        )


class FaceLandmarksGraph(nn.Module):
    """Crops uint8 [B, S, S, 1] to scores [B, 1] in 0..1 and points [B, 5, 2] in pixels."""

    def __init__(self, landmarks: FaceLandmarks) -> None:
        super().__init__()
        self.landmarks = landmarks

    def forward(self, luminance: Tensor) -> tuple[Tensor, Tensor]:
        """S is ``CROP_PX``."""
        points, logits, _ = self.landmarks(from_picture(luminance))
        return torch.sigmoid(logits)[:, None], points * float(CROP_PX)


class NoiseMappingGraph(nn.Module):
    """z [B, latent_dim] and truncation [B, 1] to w+ [B, 1, latent_dim] for a generator of z: one layer, z itself."""

    def forward(self, z: Tensor, truncation: Tensor) -> Tensor:
        """Drawn towards 0, the middle of all z."""
        return (truncation * z)[:, None]


class OneLayer(nn.Module):
    """A generator of z as one of w+ with that one layer."""

    def __init__(self, generator: nn.Module) -> None:
        """``generator``: z [B, latent_dim] to pictures."""
        super().__init__()
        self.generator = generator

    def forward(self, w_plus: Tensor) -> Tensor:
        """[B, 1, latent_dim] to pictures."""
        return torch.as_tensor(self.generator(w_plus.squeeze(1)))


class Origin(nn.Module):
    """Guesses z = 0 for any picture, as w+ [B, 1, latent_dim]."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    def forward(self, x: Tensor) -> Tensor:
        """Pictures [B, 3, S, S] to [B, 1, latent_dim]."""
        return x.new_zeros(x.shape[0], 1, self.latent_dim)


class InverterGraph(nn.Module):
    """Picture to the latent of it: an encoder's guess, then L-BFGS on the mean squared error in one loop."""

    def __init__(self, encoder: nn.Module, synthesis: nn.Module, weights: Tensor) -> None:
        """What is inverted.

        Args:
            encoder: pictures [B, 3, S, S] in -1..1 to a first guess of their latents [B, ...].
            synthesis: latents [B, ...] to pictures in about -1..1.
            weights: [S, S] with mean 1, how much a pixel counts.
        """
        super().__init__()
        self.encoder = encoder
        target = torch.zeros(2, 3, *weights.shape)
        with torch.no_grad():
            example = encoder(target)

        def loss(x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
            picture = synthesis(x.unflatten(1, example.shape[1:]))
            return mean_squared_error(picture, target, weights), picture

        self.evaluate = with_gradient(loss, example.flatten(1), target)
        self.shape = example.shape[1:]

    def forward(self, image: Tensor, steps: Tensor, tolerance: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """image uint8 [B, S, S, 3], steps int64 [B, 1], tolerance float32 [B, 1] (as the loss: pixels in 0..1).

        Returns:
            latent [B, ...], loss [B, 1], reconstruction uint8 [B, S, S, 3], evaluations int64 [B, 1].
        """
        target = from_picture(image)
        start = self.encoder(target).flatten(1)
        found = minimise(self.evaluate, start, target, steps[:, 0], tolerance[:, 0], LBFGS_MEMORY, _FIRST_STEP)
        latent = found.x.unflatten(1, self.shape)
        return latent, found.loss[:, None], to_picture(found.picture), found.evaluations[:, None]
