"""Each RPC: message in, operation, message out."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc

from phiz.v1 import phiz_pb2, phiz_pb2_grpc
from serving import directions, translators, wire
from serving.engine.base import Model
from serving.logs import request_id
from serving.operations.align import align
from serving.operations.average import average
from serving.operations.colorize import colorize
from serving.operations.edit import edit
from serving.operations.generate import generate
from serving.operations.inspect import inspect
from serving.operations.invert import Preset, Progress, invert, invert_stream
from serving.operations.mix import mix
from serving.operations.morph import DEFAULT_FRAMES, Frame, morph
from serving.operations.translate import translate
from serving.operations.upscale import upscale
from serving.pipeline import Job, Pipeline
from serving.wire_inspection import inspection

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class PhizServicer(phiz_pb2_grpc.PhizServicer):
    """The service ``phiz.v1.Phiz``."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._max_px = pipeline.settings.max_output_px

    async def Generate(self, request: phiz_pb2.GenerateRequest, context: Context) -> phiz_pb2.GenerateResponse:
        with self._pipeline.job("Generate") as job:
            faces = [face async for face in self._generate(job, request, job.settings.max_count)]
            return phiz_pb2.GenerateResponse(faces=faces, metadata=_metadata(job))

    async def GenerateStream(
        self, request: phiz_pb2.GenerateStreamRequest, context: Context
    ) -> AsyncGenerator[phiz_pb2.GenerateStreamResponse, None]:
        with self._pipeline.job("GenerateStream") as job, wire.inside("request"):
            async with aclosing(self._generate(job, request.request, job.settings.max_stream_count)) as faces:
                async for face in faces:
                    yield phiz_pb2.GenerateStreamResponse(face=face)
            yield phiz_pb2.GenerateStreamResponse(metadata=_metadata(job))

    async def _generate(
        self, job: Job, request: phiz_pb2.GenerateRequest, max_count: int
    ) -> AsyncGenerator[phiz_pb2.GeneratedFace, None]:
        faces = generate(
            job,
            count=request.count,
            seed=request.seed if request.HasField("seed") else None,
            seeds=request.seeds,
            truncation=request.truncation if request.HasField("truncation") else None,
            model=request.model,
            output=wire.encoding(request.output, self._max_px),
            max_count=max_count,
        )
        async with aclosing(faces):
            async for face in faces:
                yield wire.generated_face(face)

    async def Colorize(self, request: phiz_pb2.ColorizeRequest, context: Context) -> phiz_pb2.ColorizeResponse:
        with self._pipeline.job("Colorize") as job:
            coloured = await colorize(
                job,
                image=request.image,
                strengths=wire.strengths(request),
                allow_colour=request.allow_colour,
                each_face=wire.each_face(request.faces),
                model=request.model,
                output=wire.encoding(request.output, self._max_px),
            )
            image = wire.image(coloured.image)
            return phiz_pb2.ColorizeResponse(image=image, metadata=_metadata(job), faces=coloured.faces)

    async def Translate(self, request: phiz_pb2.TranslateRequest, context: Context) -> phiz_pb2.TranslateResponse:
        with self._pipeline.job("Translate") as job:
            translated = await translate(
                job,
                task=request.task,
                source=wire.source(request),
                sent_filter=wire.sent_filter(request.filter),
                region=wire.region(request),
                include_input=request.include_input,
                output=wire.encoding(request.output, self._max_px),
            )
            return phiz_pb2.TranslateResponse(
                image=wire.image(translated.image),
                input=wire.image(translated.input) if translated.input else None,
                metadata=_metadata(job),
            )

    async def Mix(self, request: phiz_pb2.MixRequest, context: Context) -> phiz_pb2.MixResponse:
        with self._pipeline.job("Mix") as job:
            mixed = await mix(
                job,
                faces=[wire.face_source(face) for face in request.faces],
                weights=request.weights,
                method=wire.mix_method(request.method),
                style_layers=request.style_layers,
                paste_back=request.paste_back,
                preset=wire.preset(request.preset),
                output=wire.encoding(request.output, self._max_px),
            )
            return phiz_pb2.MixResponse(
                image=wire.image(mixed.image),
                latent=wire.latent(mixed.latent),
                sources=[wire.latent(source) for source in mixed.sources],
                metadata=_metadata(job),
            )

    async def Morph(
        self, request: phiz_pb2.MorphRequest, context: Context
    ) -> AsyncGenerator[phiz_pb2.MorphResponse, None]:
        with self._pipeline.job("Morph") as job:
            parts = morph(
                job,
                faces=[wire.face_source(face) for face in request.faces],
                frames=request.frames or DEFAULT_FRAMES,
                easing=wire.easing(request.easing),
                loop=request.loop,
                animated=wire.animation(request),
                preset=wire.preset(request.preset),
                output=wire.encoding(request.output, self._max_px),
            )
            async with aclosing(parts):
                async for part in parts:
                    if isinstance(part, Frame):
                        yield phiz_pb2.MorphResponse(frame=wire.morph_frame(part))
                    else:
                        yield phiz_pb2.MorphResponse(animation=wire.image(part))
            yield phiz_pb2.MorphResponse(metadata=_metadata(job))

    async def Average(self, request: phiz_pb2.AverageRequest, context: Context) -> phiz_pb2.AverageResponse:
        with self._pipeline.job("Average") as job:
            averaged = await average(
                job,
                faces=[wire.face_source(face) for face in request.faces],
                method=wire.average_method(request.method),
                preset=wire.preset(request.preset, Preset.FAST),
                output=wire.encoding(request.output, self._max_px),
            )
            return phiz_pb2.AverageResponse(
                image=wire.image(averaged.image),
                latent=wire.latent(averaged.latent) if averaged.latent else None,
                metadata=_metadata(job),
            )

    async def Edit(self, request: phiz_pb2.EditRequest, context: Context) -> phiz_pb2.EditResponse:
        with self._pipeline.job("Edit") as job:
            edited = await edit(
                job,
                face=wire.face_source(request.face),
                steps=[wire.edit_step(step) for step in request.steps],
                preset=wire.preset(request.preset),
                paste_back=request.paste_back,
                output=wire.encoding(request.output, self._max_px),
            )
            return phiz_pb2.EditResponse(
                image=wire.image(edited.image),
                latent=wire.latent(edited.latent),
                source=wire.latent(edited.source),
                metadata=_metadata(job),
            )

    async def Invert(self, request: phiz_pb2.InvertRequest, context: Context) -> phiz_pb2.InvertResponse:
        with self._pipeline.job("Invert") as job:
            inverted = await invert(job, wire.inversion(request, self._max_px))
            return wire.inverted_face(inverted, _metadata(job))

    async def InvertStream(
        self, request: phiz_pb2.InvertStreamRequest, context: Context
    ) -> AsyncGenerator[phiz_pb2.InvertStreamResponse, None]:
        with self._pipeline.job("InvertStream") as job, wire.inside("request"):
            async with aclosing(invert_stream(job, wire.inversion(request.request, self._max_px))) as parts:
                async for part in parts:
                    if isinstance(part, Progress):
                        yield phiz_pb2.InvertStreamResponse(progress=wire.progress(part))
                    else:
                        yield phiz_pb2.InvertStreamResponse(result=wire.inverted_face(part, _metadata(job)))

    async def Upscale(self, request: phiz_pb2.UpscaleRequest, context: Context) -> phiz_pb2.UpscaleResponse:
        with self._pipeline.job("Upscale") as job:
            image = await upscale(
                job,
                image=request.image,
                scale=request.scale,
                method=wire.upscaling("method", request.method),
                output=wire.encoding(request.output, self._max_px),
            )
            return phiz_pb2.UpscaleResponse(image=wire.image(image), metadata=_metadata(job))

    async def Align(self, request: phiz_pb2.AlignRequest, context: Context) -> phiz_pb2.AlignResponse:
        with self._pipeline.job("Align") as job:
            faces = await align(
                job,
                image=request.image,
                max_faces=request.max_faces,
                min_size_px=request.min_size_px,
                order=wire.order(request.order),
                include_cut_off=request.include_cut_off,
                output=wire.encoding(request.output, self._max_px),
            )
            return phiz_pb2.AlignResponse(faces=[wire.face(face) for face in faces], metadata=_metadata(job))

    async def Inspect(self, request: phiz_pb2.InspectRequest, context: Context) -> phiz_pb2.InspectResponse:
        with self._pipeline.job("Inspect") as job:
            found, credentials = await inspect(job, image=request.image)
            return inspection(found, credentials, _metadata(job))

    async def ListModels(self, request: phiz_pb2.ListModelsRequest, context: Context) -> phiz_pb2.ListModelsResponse:
        models = self._pipeline.engine.models
        task_of = {model.id: task for task, model in translators.tasks(models).items()}
        return phiz_pb2.ListModelsResponse(
            models=[_model(models[name], task_of.get(models[name].id)) for name in sorted(models)]
        )


def _metadata(job: Job) -> phiz_pb2.ResponseMetadata:
    return wire.metadata(job, request_id.get())


def _model(model: Model, task: str | None) -> phiz_pb2.Model:
    return phiz_pb2.Model(
        name=model.id.name,
        version=model.id.version,
        ready=model.ready,
        recipe=model.metadata.get("recipe", ""),
        dataset_digest=model.metadata.get("dataset_digest", ""),
        metrics=json.loads(model.metadata.get("metrics", "{}")),
        directions=[phiz_pb2.Direction(**each._asdict()) for each in directions.named(model.metadata)],
        components=directions.components(model),
        translation=_translation(model, task) if task else None,
    )


def _translation(model: Model, task: str) -> phiz_pb2.Translation:
    facts = translators.Translator.read(model.metadata)
    return phiz_pb2.Translation(
        task=task,
        filter=facts.filter,
        fills_holes=translators.fills_holes(model),
        width_px=facts.width_px,
        height_px=facts.height_px,
    )
