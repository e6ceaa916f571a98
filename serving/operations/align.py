"""The faces of a photograph, cut out upright."""

from dataclasses import dataclass, replace
from typing import Final

from phiz_core import geometry
from phiz_core.geometry import Affine, ImageArray
from serving.faces import DetectedFace
from serving.images import EncodedImage, Encoding, Provenance, SourceType
from serving.operations.checks import in_range
from serving.pipeline import Job, together

DEFAULT_CROP_PX: Final = 256


@dataclass(frozen=True)
class AlignedFace:
    """A face, its cut as a picture file, and the map [2, 3] from the cut's pixels to the photograph's."""

    found: DetectedFace
    crop: EncodedImage
    crop_to_photo: Affine


async def align(job: Job, *, image: bytes, max_faces: int, output: Encoding) -> list[AlignedFace]:
    """Finds faces and cuts them out, largest first, at most ``max_faces`` (0: the server's limit)."""
    in_range("max_faces", max_faces, 0, job.settings.max_faces)
    async with job.photo(image, field="image") as photo:
        found = await job.find_faces(photo, field="image")
        chosen = found[: max_faces or job.settings.max_faces]
        return await together([cut(job, photo, face, output, DEFAULT_CROP_PX) for face in chosen])


async def cut(job: Job, photo: ImageArray, face: DetectedFace, output: Encoding, default_px: int) -> AlignedFace:
    """One face cut out of RGB [H, W, 3] uint8, ``default_px`` wide unless the encoding says otherwise."""
    size_px = output.size_px or default_px
    transform = geometry.crop_to_photo(face.landmarks_px, size_px)
    pixels = await job.blocking("align", geometry.crop, photo, transform, size_px, size_px)
    file = await job.encode(pixels, replace(output, size_px=None), Provenance(SourceType.ENHANCED))
    return AlignedFace(face, file, transform)
