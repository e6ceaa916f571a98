"""A picture translated into another by a model of the caller's choice, or filtered without one."""

from dataclasses import dataclass, replace

import numpy as np

from phiz_core.geometry import ImageArray
from serving import holes, images, translators
from serving.engine.base import Model, Tensors
from serving.errors import FieldMissing, FieldsConflict, TaskNotFound
from serving.filtering import Filter, SentFilter, read_filter
from serving.images import EncodedImage, Encoding
from serving.operations import region as regions
from serving.operations.inspect import declared_by
from serving.operations.region import Region
from serving.pipeline import Job
from serving.provenance import Provenance, SourceType
from serving.translators import Translator


@dataclass(frozen=True)
class Source:
    """A picture as a caller sent it: a photograph, or a task's input as it is."""

    file: bytes
    is_photo: bool

    @property
    def field(self) -> str:
        """The request's field that it came in."""
        return "photo" if self.is_photo else "input"


@dataclass(frozen=True)
class TranslatedPicture:
    """A translated or filtered picture, and the input that the translator saw if that was asked for."""

    image: EncodedImage
    input: EncodedImage | None = None


async def translate(
    job: Job,
    *,
    task: str,
    source: Source | None,
    sent_filter: SentFilter,
    region: Region | None,
    include_input: bool,
    output: Encoding,
) -> TranslatedPicture:
    """Translates a picture.

    Args:
        job: the request.
        task: of a translator; "" for the filter alone.
        source: the picture.
        sent_filter: what makes the task's input of a photograph.
        region: what is to be made anew, where the task fills holes.
        include_input: whether to answer with the input that the translator saw, too.
        output: how to encode the pictures.
    """
    if source is None:
        raise FieldMissing("A photo is required, or an input.", field="photo")
    if not source.is_photo and not sent_filter.is_empty:
        raise FieldsConflict("Only a photo is filtered; an input is taken as it is.", field="filter")
    if not task:
        return TranslatedPicture(await _filter_alone(job, source, sent_filter, region, output))
    model = _translator(job, task)
    facts = Translator.read(model.metadata)
    if translators.fills_holes(model):
        if region is None:
            raise FieldMissing(f"The task {task} needs a mask, a rectangle or margins.", field="mask")
        if not sent_filter.is_empty:
            raise FieldsConflict(f"The task {task} takes no filter.", field="filter")
        made, given = await _fill(job, model, facts, source, region)
        kind = SourceType.COMPOSITE
    else:
        if region is not None:
            message = f"The task {task} translates whole pictures."
            raise FieldsConflict(message, field=regions.field_of(region))
        made, given = await _translate_whole(job, model, facts, source, _filter_of(facts, source, sent_filter))
        kind = SourceType.GENERATED
    image = await job.encode(made, output, Provenance(kind, tuple(job.models)))
    if not include_input:
        return TranslatedPicture(image)
    own_size = replace(output, size_px=None)
    return TranslatedPicture(image, await job.encode(given, own_size, Provenance(SourceType.ENHANCED)))


async def _filter_alone(
    job: Job, source: Source, sent_filter: SentFilter, region: Region | None, output: Encoding
) -> EncodedImage:
    """The photograph through a filter, at its own size."""
    if not sent_filter.name:
        raise FieldMissing("A task is required, or the name of a filter.", field="task")
    if region is not None:
        raise FieldsConflict("Without a task nothing is made anew.", field=regions.field_of(region))
    chosen = read_filter(sent_filter, "")
    async with job.photo(source.file, field=source.field) as photo:
        filtered = await job.blocking("compose", chosen, photo)
        declared = (await job.blocking("decode", declared_by, source.file)).declaration
        return await job.encode(filtered, output, Provenance(declared.source_type or SourceType.ENHANCED))


def _translator(job: Job, task: str) -> Model:
    known = translators.tasks(job.loaded)
    if task not in known:
        there = f"there are {', '.join(known)}" if known else "there are none"
        raise TaskNotFound(f'There is no task "{task}"; {there}.', field="task", task=task, tasks=",".join(known))
    return known[task]


def _filter_of(facts: Translator, source: Source, sent: SentFilter) -> Filter | None:
    """What makes the translator's input of the source; None if the source is the input."""
    if not source.is_photo or (sent.is_empty and not facts.filter):
        return None
    return read_filter(sent, facts.filter)


async def _translate_whole(
    job: Job, model: Model, facts: Translator, source: Source, chosen: Filter | None
) -> tuple[ImageArray, ImageArray]:
    """The translation at the translator's size, and the input at the same size."""
    async with job.photo(source.file, field=source.field) as photo:
        given = await job.blocking("compose", images.resize_longest, photo, facts.working_px)
    if chosen:
        given = await job.blocking("compose", chosen, given)
    return await _infer(job, model, facts, {"image": given}), given


async def _fill(
    job: Job, model: Model, facts: Translator, source: Source, region: Region
) -> tuple[ImageArray, ImageArray]:
    """The picture with its hole filled, at its own size, and what the translator saw of it."""
    mask = await regions.read_mask(job, region)
    header = await job.header(source.file, field=source.field)
    pixels = regions.pixels_with(region, header, job.settings.max_image_pixels)
    async with job.room(pixels):
        photo = await job.blocking("decode", images.decode, source.file, header, field=source.field)
        picture, hole = await job.blocking("compose", regions.with_hole, photo, region, mask)
        window = await job.blocking("compose", holes.around, hole, facts.working_px)
        part = window.slices
        seen, hidden = await job.blocking("compose", holes.see, picture[part], hole[part], facts.working_px)
        made = await _infer(job, model, facts, {"image": seen, "mask": hidden})
        softened = await job.blocking("compose", holes.soften, made, hidden)
        await job.blocking("compose", holes.fill, picture, hole, window, softened)
    return picture, seen


async def _infer(job: Job, model: Model, facts: Translator, inputs: Tensors) -> ImageArray:
    """What the translator makes of inputs [H, W, C] uint8: RGB [H, W, 3] uint8."""
    height_px, width_px = inputs["image"].shape[:2]
    padded = {name: images.mirror_to(pixels, facts.stride_px)[None] for name, pixels in inputs.items()}
    translated = (await job.infer(model, padded))["translated"][0]
    return np.asarray(translated[:height_px, :width_px])
