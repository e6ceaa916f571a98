"""What a picture's file declares of where it comes from."""

from dataclasses import dataclass
from enum import Enum, auto

from serving import images
from serving.content_credentials import ContentCredentials
from serving.picture_metadata import find_metadata
from serving.pipeline import Job
from serving.provenance import Declaration, from_xmp


class Evidence(Enum):
    """How sure what is told of a picture is."""

    NOTHING_FOUND = auto()
    DECLARED = auto()
    UNREADABLE = auto()


@dataclass(frozen=True)
class Inspection:
    """What a file declares, and whether it has a C2PA manifest store."""

    evidence: Evidence
    declaration: Declaration
    content_credentials: bool


async def inspect(job: Job, *, image: bytes) -> tuple[Inspection, ContentCredentials | None]:
    """Reads the metadata of a JPEG, PNG, WebP or GIF file, and its Content Credentials if it has some; no pixel is
    decoded.

    Raises:
        ImageMissing, ImageTooLarge: there are no bytes, or too many.
        UnsupportedFormat, ImageUnreadable: another format, or no picture.
    """
    images.check_bytes(image, job.settings.max_image_bytes, "image")
    mime_type = "image/gif"  # not taken as a photograph, but made by Morph
    if not image.startswith(b"GIF8"):
        mime_type = images.recognise(image, "image").mime_type
    found = await job.blocking("decode", declared_by, image)
    if not found.content_credentials:
        return found, None
    return found, await job.blocking("decode", job.credentials.verify, image, mime_type)


def declared_by(data: bytes) -> Inspection:
    """What any file declares."""
    metadata = find_metadata(data)
    declaration = Declaration() if metadata.xmp is None else from_xmp(metadata.xmp)
    if declaration is None:
        return Inspection(Evidence.UNREADABLE, Declaration(), metadata.content_credentials)
    says = declaration.source_type_uri or declaration.models or declaration.seed is not None
    evidence = Evidence.DECLARED if says else Evidence.NOTHING_FOUND
    return Inspection(evidence, declaration, metadata.content_credentials)
