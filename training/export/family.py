"""What is exported of a generator and its inversion, and how closely it must agree with torch."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from phiz_core import compose
from training.export.folding import FoldedDcgan
from training.export.graphs import (
    GeneratorGraph,
    InverterGraph,
    MappingGraph,
    NoiseMappingGraph,
    OneLayer,
    Origin,
    to_picture,
)
from training.export.models import ONE_LEVEL
from training.export.onnx_file import Export
from training.models.dcgan import DcganGenerator
from training.models.generator import Generator
from training.models.inverter import WPlusEncoder
from training.runs import generator_digest

_Example = Callable[[int], tuple[Tensor, ...]]

_AROUND = 0.25
"""Weight of what is around a face in its inversion, beside 1 in its middle: of two errors of one size, people see that
in the face."""


def generator_exports(generator: Generator) -> Sequence[Export]:
    """``mapping`` and ``generator``; of a grown one ``generator_<px>``, beside those that it grew from.

    The weights of a grown one are of float16: most of them are in the other generator's file, too.
    """
    digest = {"generator_digest": generator_digest(generator)}
    if generator.synthesis.grown:
        synthesis = copy.deepcopy(generator.synthesis).half().float()
        export = _generator_export(synthesis, _w_plus_of(generator), digest)
        return (replace(export, name=f"generator_{synthesis.size_px}", half_weights=True),)
    return (
        _mapping_export(MappingGraph(generator), generator.latent_dim, digest),
        _generator_export(generator.synthesis, _w_plus_of(generator), digest),
    )


def inverter_exports(generator: Generator, encoder: WPlusEncoder) -> Sequence[Export]:
    """``inverter``."""
    digest = {"generator_digest": generator_digest(generator)}
    weights = face_weights(generator.synthesis.size_px)
    return (_inverter_export(encoder, generator.synthesis, weights, _w_plus_of(generator), digest),)


def dcgan_exports(generator: DcganGenerator) -> Sequence[Export]:
    """``mapping``, ``generator`` and ``inverter`` of a generator of z, which is served as a w+ of one layer.

    The inversion minimises plain squares, as it was published.
    """
    network = OneLayer(FoldedDcgan(generator))
    digest = {"generator_digest": generator_digest(generator)}

    def w_plus(batch: int) -> tuple[Tensor, ...]:
        return (_normal(batch, generator.latent_dim)[:, None],)

    return (
        _mapping_export(NoiseMappingGraph(), generator.latent_dim, digest),
        _generator_export(network, w_plus, digest),
        _inverter_export(Origin(generator.latent_dim), network, torch.ones(2 * (generator.size_px,)), w_plus, digest),
    )


def face_weights(size_px: int) -> Tensor:
    """How much each pixel of an aligned face counts in its inversion: [size_px, size_px] with mean 1."""
    weights = _AROUND + (1.0 - _AROUND) * torch.from_numpy(compose.cover(compose.FACE, size_px, size_px))
    return weights / weights.mean()


def _mapping_export(graph: nn.Module, latent_dim: int, metadata: Mapping[str, str]) -> Export:
    return Export(
        name="mapping",
        graph=graph,
        inputs=("z", "truncation"),
        outputs=("w_plus",),
        example=lambda batch: (_normal(batch, latent_dim), torch.linspace(0.5, 1.0, batch)[:, None]),
        tolerance={"w_plus": 1e-4},
        free={},
        metadata=metadata,
    )


def _generator_export(synthesis: nn.Module, w_plus: _Example, metadata: Mapping[str, str]) -> Export:
    return Export(
        name="generator",
        graph=GeneratorGraph(synthesis),
        inputs=("w_plus",),
        outputs=("image",),
        example=w_plus,
        tolerance={"image": ONE_LEVEL},
        free={},
        metadata=metadata,
    )


def _inverter_export(
    encoder: nn.Module, synthesis: nn.Module, weights: Tensor, w_plus: _Example, metadata: Mapping[str, str]
) -> Export:
    """Compared after few steps only: later the two paths part in the last digits, and then in all."""

    def example(batch: int) -> tuple[Tensor, ...]:
        return to_picture(synthesis(*w_plus(batch))), torch.arange(batch)[:, None] % 4, torch.zeros(batch, 1)

    return Export(
        name="inverter",
        graph=InverterGraph(encoder, synthesis, weights),
        inputs=("image", "steps", "tolerance"),
        outputs=("w_plus", "loss", "reconstruction", "evaluations"),
        example=example,
        tolerance={"loss": 1e-4, "evaluations": 0},
        free={},
        metadata=metadata,
    )


def _w_plus_of(generator: Generator) -> _Example:
    return lambda batch: (generator.w_plus(_normal(batch, generator.latent_dim)).clone(),)


def _normal(batch: int, size: int) -> Tensor:
    return torch.randn(batch, size, generator=torch.Generator().manual_seed(batch))
