"""A face changed along directions of its latent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from serving import directions
from serving.engine.base import Model
from serving.errors import DirectionUnknown, FieldMissing, FieldsConflict
from serving.images import EncodedImage, Encoding
from serving.latents import Floats, Latent
from serving.operations import face_source
from serving.operations.checks import in_range
from serving.operations.face_source import FaceSource, read_face
from serving.operations.invert import Preset
from serving.operations.sources import Family, encode_faces
from serving.pipeline import Job

EDITOR: Final = "editor"
MAX_STEPS: Final = 16
MAX_STRENGTH: Final = 10.0


@dataclass(frozen=True)
class Step:
    """A change as a caller sent it, not yet checked.

    Attributes:
        direction: the name of a direction, or the number of a component; None if the caller said neither.
        strength: how far, in standard deviations of new faces.
    """

    direction: str | int | None
    strength: float


@dataclass(frozen=True)
class EditedFace:
    """The changed face, its latent, and the latent before."""

    image: EncodedImage
    latent: Latent
    source: Latent


async def edit(
    job: Job, *, face: FaceSource, steps: Sequence[Step], preset: Preset, paste_back: bool, output: Encoding
) -> EditedFace:
    """Changes a face by steps, which add up.

    Args:
        job: the request.
        face: the face.
        steps: the changes.
        preset: work for a face that comes as a photograph.
        paste_back: whether to change the face in the photograph that it must be, and not only the made one: what the
            steps change is added to the photograph, whose finer detail stays.
        output: how to encode the picture.
    """
    in_range("steps", len(steps), 1, MAX_STEPS)
    family = Family.of(job)
    editor = job.model(EDITOR, takes="strengths", gives="edited")
    strengths = _strengths(editor, steps)
    if paste_back and not isinstance(face.source, bytes):
        raise FieldsConflict("To be pasted back, the face must be a photograph.", field="paste_back")

    known = await read_face(job, family, face, preset, field="face")
    outputs = await job.infer(editor, {"w_plus": known.w_plus[None], "strengths": strengths[None]})
    edited = np.asarray(outputs["edited"])
    if paste_back and known.place:
        both = np.stack([known.w_plus, edited[0]])
        image = await face_source.paste_change(job, family, both, known.place, output)
    else:
        (image,) = await encode_faces(job, family, edited, output, [None])
    return EditedFace(image, family.latent(edited[0]), family.latent(known.w_plus))


def _strengths(editor: Model, steps: Sequence[Step]) -> Floats:
    """The strength of each of the editor's directions: [D] float32.

    Raises:
        FieldMissing, DirectionUnknown, OutOfRange: a step is not as it must be.
    """
    names = [direction.name for direction in directions.named(editor.metadata)]
    count = directions.components(editor)
    strengths = np.zeros(len(names) + count, np.float32)
    for i, step in enumerate(steps):
        match step.direction:
            case None:
                raise FieldMissing(
                    "A step has the name of a direction or the number of a component.", field=f"steps[{i}]"
                )
            case str() as name if name in names:
                place = names.index(name)
            case str() as name:
                message = f'There is no direction "{name}"; there are {", ".join(names)}.'
                raise DirectionUnknown(message, field=f"steps[{i}].name", directions=",".join(names))
            case int() as component:
                in_range(f"steps[{i}].component", component, 0, count - 1)
                place = len(names) + component
        in_range(f"steps[{i}].strength", step.strength, -MAX_STRENGTH, MAX_STRENGTH)
        strengths[place] += step.strength
    return strengths
