"""What is exported of each kind of run, and how closely it must agree with torch."""

from collections.abc import Sequence

import torch
from torch import Tensor

from phiz_core.detection import CROP_PX, SMALLEST_INPUT_PX
from phiz_core.detection import STRIDE_PX as DETECTOR_STRIDE_PX
from training.export.graphs import (
    ColorizerGraph,
    FaceDetectorGraph,
    FaceLandmarksGraph,
    FillingGraph,
    TranslatorGraph,
    UpscalerGraph,
)
from training.export.onnx_file import Export
from training.models import translator as translators
from training.models.colorizer import STRIDE_PX, Colorizer
from training.models.face_detector import FaceDetector
from training.models.face_landmarks import FaceLandmarks
from training.models.translator import Translator
from training.models.upscaler import Upscaler
from training.synthesis.tasks import TASKS

ONE_LEVEL = 1.0
"""A picture may round differently, by one level of 255."""


def colorizer_exports(colorizer: Colorizer, working_px: int) -> Sequence[Export]:
    """``colorizer``, for any height and width that its stride divides. The weights are of float16."""

    def example(batch: int) -> tuple[Tensor, ...]:
        return (_bytes(batch, STRIDE_PX * (4 + batch), STRIDE_PX * 7),)

    return (
        Export(
            name="colorizer",
            graph=ColorizerGraph(colorizer.half().float()),
            inputs=("luminance",),
            outputs=("chroma",),
            example=example,
            tolerance={"chroma": ONE_LEVEL},
            free={"luminance": {1: STRIDE_PX, 2: STRIDE_PX}},
            metadata={"working_px": str(working_px)},
            half_weights=True,
        ),
    )


def translator_exports(translator: Translator, tasks: Sequence[str], width_px: int, height_px: int) -> Sequence[Export]:
    """``translator_<task>`` for each of the ``tasks`` of ``translator``, for any size that its stride divides.

    ``width_px`` and ``height_px`` are of the pictures that it learnt, which it does best. The weights are of float16.
    """
    return [
        _translator_export(translator.of_task(index), task, width_px, height_px) for index, task in enumerate(tasks)
    ]


def _translator_export(translator: Translator, task: str, width_px: int, height_px: int) -> Export:
    known = TASKS.get(task)
    masked = known is not None and known.hide is not None
    inputs = {"image": 3, "mask": 1} if masked else {"image": 3}
    stride = translators.STRIDE_PX
    rounded = translator.half().float()

    def example(batch: int) -> tuple[Tensor, ...]:
        size = stride * (2 + batch), stride * 5
        return tuple(_bytes(batch, *size, channels=channels) for channels in inputs.values())

    return Export(
        name=f"translator_{task}",
        graph=FillingGraph(rounded) if masked else TranslatorGraph(rounded),
        inputs=tuple(inputs),
        outputs=("translated",),
        example=example,
        tolerance={"translated": ONE_LEVEL},
        free={name: {1: stride, 2: stride} for name in inputs},
        metadata={
            "task": task,
            "filter": known.filter if known else "",
            "masked": "true" if masked else "false",
            "width_px": str(width_px),
            "height_px": str(height_px),
            "stride_px": str(stride),
        },
        half_weights=True,
    )


def upscaler_exports(upscaler: Upscaler) -> Sequence[Export]:
    """``upscaler_x<factor>``, for any height and width."""
    return (
        Export(
            name=f"upscaler_x{upscaler.factor}",
            graph=UpscalerGraph(upscaler),
            inputs=("image",),
            outputs=("upscaled",),
            example=lambda batch: (_bytes(batch, 16 + batch, 23, channels=3),),
            tolerance={"upscaled": ONE_LEVEL},
            free={"image": {1: 1, 2: 1}},
            metadata={"factor": str(upscaler.factor)},
        ),
    )


def detector_exports(detector: FaceDetector) -> Sequence[Export]:
    """``face_detector``, for any height and width that its stride divides. Only scores are compared: of places that
    are equally likely either may come first."""

    def example(batch: int) -> tuple[Tensor, ...]:
        height, width = SMALLEST_INPUT_PX + DETECTOR_STRIDE_PX * batch, SMALLEST_INPUT_PX + 2 * DETECTOR_STRIDE_PX
        return (_bytes(batch, height, width),)

    return (
        Export(
            name="face_detector",
            graph=FaceDetectorGraph(detector),
            inputs=("luminance",),
            outputs=("score", "landmarks"),
            example=example,
            tolerance={"score": 1e-4},
            free={"luminance": {1: DETECTOR_STRIDE_PX, 2: DETECTOR_STRIDE_PX}},
            metadata={},
        ),
    )


def landmarks_exports(landmarks: FaceLandmarks) -> Sequence[Export]:
    """``face_landmarks``."""
    return (
        Export(
            name="face_landmarks",
            graph=FaceLandmarksGraph(landmarks),
            inputs=("luminance",),
            outputs=("score", "landmarks"),
            example=lambda batch: (_bytes(batch, CROP_PX, CROP_PX),),
            tolerance={"score": 1e-4, "landmarks": 1e-2},
            free={},
            metadata={},
        ),
    )


def _bytes(batch: int, height: int, width: int, channels: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(batch)
    return torch.randint(0, 256, (batch, height, width, channels), generator=generator, dtype=torch.uint8)
