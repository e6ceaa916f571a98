"""The faces of a photograph, cut out upright."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from phiz_core import geometry
from phiz_core.detection import DetectedFace
from phiz_core.geometry import Affine, ImageArray
from serving.faces import find_faces
from serving.images import EncodedImage, Encoding
from serving.operations.checks import in_range
from serving.pipeline import Job, together
from serving.provenance import Provenance, SourceType

DEFAULT_CROP_PX: Final = 256


class Order(Enum):
    """Which faces come first."""

    LARGEST_FIRST = auto()
    LEFT_TO_RIGHT = auto()
    BEST_SCORE_FIRST = auto()


_RANK: Final[Mapping[Order, Callable[[DetectedFace], float]]] = {
    Order.LARGEST_FIRST: lambda face: -face.size_px,
    Order.LEFT_TO_RIGHT: lambda face: face.box_px[0] + face.size_px / 2,
    Order.BEST_SCORE_FIRST: lambda face: -face.score,
}


@dataclass(frozen=True)
class AlignedFace:
    """A face, its cut as a picture file, and where both lie in the photograph.

    Attributes:
        found: the face.
        cut_off: whether an eye or a mouth corner lies beyond the photograph's edge.
        crop: the cut.
        crop_to_photo: the map [2, 3] from the cut's pixels to the photograph's.
    """

    found: DetectedFace
    cut_off: bool
    crop: EncodedImage
    crop_to_photo: Affine


async def align(
    job: Job,
    *,
    image: bytes,
    max_faces: int,
    min_size_px: int,
    order: Order,
    include_cut_off: bool,
    output: Encoding,
) -> list[AlignedFace]:
    """Finds faces and cuts them out: the first ``max_faces`` by ``order``; a limit of 0 is the server's own."""
    in_range("max_faces", max_faces, 0, job.settings.max_faces)
    async with job.photo(image, field="image") as photo:
        found = await find_faces(
            job, photo, field="image", min_size_px=min_size_px or None, include_cut_off=include_cut_off
        )
        chosen = sorted(found, key=_RANK[order])[: max_faces or None]
        return await together([cut(job, photo, face, output, DEFAULT_CROP_PX) for face in chosen])


async def cut(job: Job, photo: ImageArray, face: DetectedFace, output: Encoding, default_px: int) -> AlignedFace:
    """One face cut out of RGB [H, W, 3] uint8, ``default_px`` wide unless the encoding says otherwise."""
    size_px = output.size_px or default_px
    transform = geometry.crop_to_photo(face.landmarks_px, size_px)
    pixels = await job.blocking("align", geometry.crop, photo, transform, size_px, size_px)
    provenance = Provenance(SourceType.ENHANCED, tuple(job.models))
    file = await job.encode(pixels, replace(output, size_px=None), provenance)
    height_px, width_px = photo.shape[:2]
    return AlignedFace(face, face.is_cut_off(width_px, height_px), file, transform)
