"""The stage that every call with a face begins with: the faces of a photograph, or why none of them will do."""

from typing import Final

import numpy as np

from phiz_core import detection
from phiz_core.colour import luminance
from phiz_core.detection import DetectedFace, Inference, Outputs, Search
from phiz_core.geometry import ImageArray
from serving.errors import FaceCutOff, FaceTooSmall, NoFaceFound, NoUsableFace, TooDark
from serving.pipeline import Job

DARK: Final = 40
"""Luminance, of 255, that 99 % of a photograph's pixels do not pass if it counts as too dark."""


async def find_faces(
    job: Job, photo: ImageArray, *, field: str, min_size_px: int | None = None, include_cut_off: bool = False
) -> list[DetectedFace]:
    """The usable faces of RGB [H, W, 3] uint8, largest first, at least one.

    Args:
        job: the request.
        photo: the photograph.
        field: the request's field that it came in.
        min_size_px: smallest side of a face's box; None for the server's setting.
        include_cut_off: whether a face is usable if an eye or a mouth corner lies beyond the edge.

    Raises:
        NoFaceFound, TooDark: none was found.
        FaceTooSmall, FaceCutOff: some were found, and this is what is wrong with the largest.
        ModelNotFound: the repository has no networks that find faces.
    """
    smallest_px = job.settings.min_face_px if min_size_px is None else min_size_px
    found = await _search(job, photo)
    job.metrics.faces_per_image.observe(len(found))
    if not found:
        raise await job.blocking("align", _nothing_found, photo, field)
    height_px, width_px = photo.shape[:2]
    whole = [face for face in found if include_cut_off or not face.is_cut_off(width_px, height_px)]
    usable = [face for face in whole if face.size_px >= smallest_px]
    if usable:
        return usable
    size_px = round(found[0].size_px, 1)
    if found[0] in whole:
        message = f"The largest face is {size_px} px wide; at least {smallest_px} px are needed."
        raise FaceTooSmall(message, field=field, size_px=size_px, min_size_px=smallest_px)
    raise FaceCutOff("The face reaches over the photograph's edge.", field=field, size_px=size_px)


async def _search(job: Job, photo: ImageArray) -> list[DetectedFace]:
    """Runs the search: what it computes in worker threads, its networks in the engine."""
    search = detection.find_faces(photo, job.settings.max_faces)
    step = await job.blocking("align", _next_step, search, None)
    while isinstance(step, Inference):
        model = job.model(step.model, takes="luminance", gives="landmarks")
        outputs = await job.infer(model, step.inputs)
        step = await job.blocking("align", _next_step, search, outputs)
    return step


def _next_step(search: Search, outputs: Outputs | None) -> Inference | list[DetectedFace]:
    try:
        return next(search) if outputs is None else search.send(outputs)
    except StopIteration as end:  # an executor cannot hand it on
        faces: list[DetectedFace] = end.value
        return faces


def _nothing_found(photo: ImageArray, field: str) -> NoUsableFace:
    brightness = int(np.quantile(luminance(photo), 0.99, method="higher"))
    if brightness <= DARK:
        return TooDark("The photograph is too dark.", field=field, brightness=brightness, max_brightness=DARK)
    return NoFaceFound("No face was found in the photograph.", field=field)
