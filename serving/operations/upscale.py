"""A picture made larger."""

from dataclasses import replace
from typing import Final

from serving import images, upscaling
from serving.errors import ImageTooLarge, ScaleUnsupported
from serving.images import EncodedImage, Encoding, Upscaling, fit_longest
from serving.operations.inspect import declared_by
from serving.pipeline import Job
from serving.provenance import Provenance, SourceType
from serving.transparency import fill_hidden

SCALES: Final = (2, 4)


async def upscale(job: Job, *, image: bytes, scale: int, method: Upscaling | None, output: Encoding) -> EncodedImage:
    """Makes a picture larger; its transparency stays.

    Args:
        job: the request.
        image: the picture's file.
        scale: 2 or 4; 0 for 2, or for what the output's size takes.
        method: how; None for the trained upscalers where they are loaded, else Lanczos.
        output: how to encode the picture; its size is reached after the scale.
    """
    if scale not in (0, *SCALES):
        raise ScaleUnsupported(f"scale is {scale}; it must be 2 or 4.", field="scale", scale=scale)
    scale = scale or (0 if output.size_px else SCALES[0])
    header = await job.header(image, field="image")
    pixels = _check_size(job, header, scale, output)

    async with job.room(max(header.pixels, pixels)):
        picture = await job.blocking("decode", images.decode, image, header, field="image", keep_alpha=True)
        if picture.shape[-1] == 4:
            picture = await job.blocking("compose", fill_hidden, picture)
        pictures = picture[None]
        if scale:
            chosen = upscaling.choose(job, method, [scale])
            pictures = await upscaling.enlarge(job, pictures, scale, chosen, field="method")
        if output.size_px:
            pictures, _ = await upscaling.resize(job, pictures, output.size_px, method, field="method")
        source_type = (await job.blocking("decode", declared_by, image)).declaration.source_type
        if source_type is None:
            source_type = SourceType.COMPOSITE if job.models else SourceType.ENHANCED
        return await job.encode(pictures[0], replace(output, size_px=None), Provenance(source_type, tuple(job.models)))


def _check_size(job: Job, header: images.Header, scale: int, output: Encoding) -> int:
    """The pixels of the largest picture on the way.

    Raises:
        ImageTooLarge: they are more than the server makes.
        UnsupportedFormat: the output's format does not hold the picture.
    """
    width_px, height_px = (scale or 1) * header.width_px, (scale or 1) * header.height_px
    pixels, limit = width_px * height_px, job.settings.max_image_pixels
    if pixels > limit:
        message = f"The picture would have {width_px} x {height_px} pixels; at most {limit} are made."
        raise ImageTooLarge(message, field="scale", width_px=width_px, height_px=height_px, max_pixels=limit)
    if output.size_px:
        width_px, height_px = fit_longest(width_px, height_px, output.size_px)
    images.check_side(max(width_px, height_px), output.format)
    return max(pixels, width_px * height_px)
