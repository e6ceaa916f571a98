"""The generator whose directions are sought, from a run or from a model repository: noise to w, w to faces."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from phiz_core.geometry import ImageArray
from training.evaluate.sources import open_newest
from training.export.graphs import GeneratorGraph, MappingGraph
from training.runs import generator_digest, load_generator

Floats = npt.NDArray[np.float32]

SERVED_TRUNCATION = 0.7
"""Faces come with it unless the caller says otherwise."""

_BATCH = 16


@dataclass(frozen=True)
class Sampler:
    """A generator in two parts.

    Attributes:
        latent_dim: numbers in one z.
        layers: style layers, rows of a w+.
        mapping: z [N, latent_dim] and truncation [N, 1] to w+ [N, layers, w_dim].
        synthesis: w+ to pictures uint8 [N, S, S, 3].
        facts: recipe, dataset_digest, images and generator_digest, as its exported files tell them.
    """

    latent_dim: int
    layers: int
    mapping: Callable[[Floats, Floats], Floats]
    synthesis: Callable[[Floats], ImageArray]
    facts: Mapping[str, str]

    def latents(self, count: int, seed: int, truncation: float = 1.0) -> Floats:
        """``count`` random w [count, w_dim]; a seed gives the same ones each time."""
        z = np.random.default_rng(seed).standard_normal((count, self.latent_dim), np.float32)
        return self.mapping(z, np.full((count, 1), truncation, np.float32))[:, 0]

    def faces(self, w: Floats) -> ImageArray:
        """The pictures uint8 [N, S, S, 3] of w [N, w_dim], the same one in each layer."""
        w_plus = np.repeat(w[:, None].astype(np.float32), self.layers, axis=1)
        return np.concatenate([self.synthesis(w_plus[i : i + _BATCH]) for i in range(0, len(w_plus), _BATCH)])


def of_run(folder: Path) -> Sampler:
    """The generator of a run.

    Raises:
        TrainingError: there is no such run, or its checkpoint is damaged.
    """
    generator, run = load_generator(folder)
    mapping, synthesis = MappingGraph(generator).eval(), GeneratorGraph(generator.synthesis).eval()

    @torch.no_grad()
    def to_w_plus(z: Floats, truncation: Floats) -> Floats:
        return np.asarray(mapping(torch.from_numpy(z), torch.from_numpy(truncation)).numpy())

    @torch.no_grad()
    def to_pictures(w_plus: Floats) -> ImageArray:
        return np.asarray(synthesis(torch.from_numpy(w_plus)).numpy())

    facts = {
        "recipe": run.recipe,
        "dataset_digest": run.dataset_digest,
        "images": str(run.images),
        "generator_digest": generator_digest(generator),
    }
    return Sampler(generator.latent_dim, generator.synthesis.layers, to_w_plus, to_pictures, facts)


def of_models(repository: Path) -> Sampler:
    """The newest ``mapping`` and ``generator`` of a model repository.

    Raises:
        TrainingError: one of them is missing or damaged.
    """
    mapping, generator = open_newest(repository / "mapping"), open_newest(repository / "generator")
    metadata: dict[str, str] = generator.get_modelmeta().custom_metadata_map

    def run(session: Any, **inputs: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.asarray(session.run(None, inputs)[0])

    return Sampler(
        latent_dim=mapping.get_inputs()[0].shape[1],
        layers=generator.get_inputs()[0].shape[1],
        mapping=lambda z, truncation: run(mapping, z=z, truncation=truncation),
        synthesis=lambda w_plus: run(generator, w_plus=w_plus),
        facts={key: metadata.get(key, "") for key in ("recipe", "dataset_digest", "images", "generator_digest")},
    )
