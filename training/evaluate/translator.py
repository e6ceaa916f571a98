"""Figures of a translator on held-out people, beside those of what needs no model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from phiz_core import colour, filters, geometry
from phiz_core.geometry import ImageArray
from training.dataset import to_uint8
from training.evaluate.batches import in_batches
from training.evaluate.frechet import frechet_distance
from training.evaluate.frozen import FrozenEncoder
from training.evaluate.similarity import ab_error, psnr_db, ssim
from training.models.face_encoder import INPUT_PX
from training.models.translator import Translator
from training.synthesis.tasks import Task
from training.synthesis.translations import as_given

_GRAY: Final = 128
_LEAST_COLOURFULNESS: Final = 1e-6


@dataclass(frozen=True)
class Examples:
    """What a task leaves of photographs.

    Attributes:
        given: uint8 [N, H, W, 3].
        masks: uint8 [N, H, W], 255 where the photograph is hidden.
        photographs: uint8 [N, H, W, 3].
        landmarks: float [N, 5, 2], pixels of the photographs; None where they are not of faces.
    """

    given: ImageArray
    masks: ImageArray
    photographs: ImageArray
    landmarks: npt.NDArray[np.floating] | None


def examples(task: Task, photographs: ImageArray, landmarks: npt.NDArray[np.floating], seed: int) -> Examples:
    """What ``task`` leaves of ``photographs`` [N, H, W, 3] with its filter's default parameters.

    ``seed``: of the masks, which are other ones for each photograph.
    """
    apply = filters.FILTERS.get(task.filter, np.asarray)
    given = np.stack([apply(np.ascontiguousarray(photograph)) for photograph in photographs])
    masks = np.zeros(photographs.shape[:3], np.uint8)
    if task.hide:
        for index, mask in enumerate(masks):
            mask[:] = task.hide(np.random.default_rng((seed, index)), *mask.shape)
    return Examples(given, masks, np.asarray(photographs), landmarks)


def evaluate_translator(translator: Translator, shown: Examples, encoder: FrozenEncoder) -> dict[str, float]:
    """Figures of a translator of one task, and of :func:`trivial` answers."""
    answers = {"": answer(translator, shown)} | {f"_of_{name}": made for name, made in trivial(shown).items()}
    return {
        f"{name}{whose}": value
        for whose, made in answers.items()
        for name, value in figures(made, shown, encoder).items()
    }


def answer(translator: Translator, shown: Examples) -> ImageArray:
    """What ``translator``, of one task, makes of what is given: uint8 [N, H, W, 3]."""
    return kept(to_uint8(in_batches(translator, as_given(shown.given, shown.masks))), shown)


def kept(made: ImageArray, shown: Examples) -> ImageArray:
    """``made`` uint8 [N, H, W, 3], but where masks hide a part, all else is the photograph's own."""
    return np.where(_counted(shown)[..., None], made, shown.photographs)


def trivial(shown: Examples) -> Mapping[str, ImageArray]:
    """What needs no model: what was given, the photographs in gray, and each one's mean colour."""
    hidden = np.where(shown.masks[..., None] > 0, np.uint8(_GRAY), shown.given)
    gray = np.stack([filters.gray(photograph) for photograph in shown.photographs])
    means = shown.photographs.mean((1, 2), keepdims=True).round().astype(np.uint8)
    mean_colour = np.broadcast_to(means, shown.photographs.shape)
    return {"input": hidden, "gray": kept(gray, shown), "mean_colour": kept(mean_colour, shown)}


def figures(made: ImageArray, shown: Examples, encoder: FrozenEncoder) -> dict[str, float]:
    """How near ``made`` uint8 [N, H, W, 3] comes to the photographs.

    PSNR, SSIM and the error of a and b in CIELAB are means over pictures; of pictures of which a part is hidden, only
    that part counts. The colourfulness (Hasler and Suesstrunk 2003) is the median of the ratio to the photograph's. The
    Frechet distance is that of the aligned faces, if there are any.
    """
    triples = list(zip(made, shown.photographs, _counted(shown), strict=True))
    ratios = [colour.colourfulness(a) / max(colour.colourfulness(b), _LEAST_COLOURFULNESS) for a, b, _ in triples]
    found = {
        "psnr_db": float(np.mean([psnr_db(*triple) for triple in triples])),
        "ssim": float(np.mean([ssim(*triple) for triple in triples])),
        "ab_error": float(np.mean([ab_error(*triple) for triple in triples])),
        "colourfulness_ratio": float(np.median(ratios)),
    }
    if shown.landmarks is not None:
        ours, real = (_faces(pictures, shown.landmarks) for pictures in (made, shown.photographs))
        found["frechet_distance"] = frechet_distance(encoder.features(ours), encoder.features(real))
    return found


def _counted(shown: Examples) -> npt.NDArray[np.bool_]:
    hidden = shown.masks > 0
    return hidden if hidden.any() else np.ones_like(hidden)


def _faces(pictures: ImageArray, landmarks: npt.NDArray[np.floating]) -> ImageArray:
    return np.stack(
        [
            geometry.crop(picture, geometry.crop_to_photo(points, INPUT_PX), INPUT_PX, INPUT_PX)
            for picture, points in zip(pictures, landmarks, strict=True)
        ]
    )
