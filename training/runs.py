"""Opens the networks that a run left in its newest checkpoint."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from training.engine import checkpoint
from training.errors import TrainingError
from training.models.colorizer import Colorizer
from training.models.dcgan import DcganGenerator
from training.models.discriminator import Encoder
from training.models.face_detector import FaceDetector
from training.models.face_encoder import FaceEncoder
from training.models.face_landmarks import FaceLandmarks
from training.models.generator import Generator
from training.models.inverter import WPlusEncoder
from training.models.translator import Translator
from training.models.upscaler import Upscaler
from training.recipes import (
    GENERATORS,
    Recipe,
    colorizer,
    encoder_64,
    face_detector,
    face_encoder,
    face_landmarks,
    neural_identities,
    pairs,
    translator,
    unpaired,
)
from training.recipes.pairs import PairsRecipe
from training.recipes.settings import AnyRecipe, restored
from training.recipes.translator import TranslatorRecipe
from training.recipes.unpaired import UnpairedRecipe
from training.recipes.upscaler import UpscalerRecipe
from training.trainers.dcgan import build_dcgan
from training.trainers.generator import build_encoder, build_generator
from training.trainers.translator import build_translator

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Run:
    """What a run's newest checkpoint says of itself.

    Attributes:
        recipe: the recipe's name.
        layout: the packed cut that it learnt.
        dataset_digest: SHA-256 of the data's source files, hexadecimal.
        images: images seen.
        state: the trainer's state.
    """

    recipe: str
    layout: str
    dataset_digest: str
    images: int
    state: dict[str, Any]


def open_run(folder: Path, *recipes: AnyRecipe) -> tuple[Run, AnyRecipe]:
    """Opens ``folder``, a run of one of ``recipes``, and says of which, and with which settings of it.

    Raises:
        TrainingError: no checkpoint there, a damaged one, or one of another recipe.
    """
    newest = checkpoint.latest(folder / "checkpoints")
    if newest is None:
        raise TrainingError(f"{folder} holds no checkpoint; train first")
    state = checkpoint.load(newest)
    named = {recipe.name: recipe for recipe in recipes}
    if state["recipe"] not in named:
        raise TrainingError(f"{folder} is a run of {state['recipe']}, not of {' or '.join(named)}")
    own = restored(named[state["recipe"]], state.get("settings", {}))
    images = int(state["step"]) * own.batch
    return Run(own.name, own.layout, state["dataset_digest"], images, state["trainer"]), own


def load_generator(folder: Path) -> tuple[Generator, Run]:
    """The averaged generator of a generator's run, frozen, and the run."""
    run, recipe = open_run(folder, *GENERATORS.values())
    return _loaded(build_generator(recipe), run, "generator_ema"), run


def load_autoencoder(folder: Path) -> tuple[Generator, Encoder]:
    """The averaged generator and joint encoder of a generator's run, frozen.

    Raises:
        TrainingError: it has grown from another, to which its latents belong, and with them all that is trained on
            latents.
    """
    run, recipe = open_run(folder, *GENERATORS.values())
    if recipe.grown:
        raise TrainingError(f"{folder} has grown from another generator, and takes its latents: name that one's run")
    return _loaded(build_generator(recipe), run, "generator_ema"), _loaded(build_encoder(recipe), run, "encoder_ema")


def load_dcgan(folder: Path) -> tuple[DcganGenerator, Run]:
    """The generator of a DCGAN's run, frozen, and the run."""
    run, recipe = open_run(folder, neural_identities.RECIPE)
    return _loaded(build_dcgan(recipe), run, "generator"), run


def load_encoder(folder: Path, generator: Generator, joint: Encoder) -> tuple[WPlusEncoder, Run]:
    """The averaged w+ encoder of an encoder's run, frozen, and the run.

    Raises:
        TrainingError: it was trained for another generator.
    """
    run, _ = open_run(folder, encoder_64.RECIPE)
    if run.state["generator_digest"] != generator_digest(generator):
        raise TrainingError(f"the encoder of {folder} was trained for another generator")
    return _loaded(WPlusEncoder(joint, generator.mapping, generator.synthesis.layers), run, "encoder_ema"), run


def load_colorizer(folder: Path) -> tuple[Colorizer, Run]:
    """The averaged colorizer of a colorizer's run, frozen, and the run."""
    run, recipe = open_run(folder, colorizer.RECIPE)
    return _loaded(Colorizer(recipe.widths), run, "colorizer_ema"), run


def load_landmarks(folder: Path) -> tuple[FaceLandmarks, Run]:
    """The averaged landmark network of its run, frozen, and the run."""
    run, recipe = open_run(folder, face_landmarks.RECIPE)
    return _loaded(FaceLandmarks(recipe.widths), run, "network_ema"), run


def load_detector(folder: Path) -> tuple[FaceDetector, Run]:
    """The averaged detector of its run, frozen, and the run."""
    run, recipe = open_run(folder, face_detector.RECIPE)
    return _loaded(FaceDetector(recipe.widths, recipe.depths, recipe.head), run, "network_ema"), run


def load_face_encoder(folder: Path) -> tuple[FaceEncoder, Run]:
    """The averaged face encoder of its run, frozen, and the run."""
    run, recipe = open_run(folder, face_encoder.RECIPE)
    return _loaded(FaceEncoder(recipe.widths, recipe.features), run, "encoder_ema"), run


def load_upscaler(folder: Path, *recipes: UpscalerRecipe) -> tuple[Upscaler, Run]:
    """The averaged upscaler of a run of one of ``recipes``, frozen, and the run."""
    run, recipe = open_run(folder, *recipes)
    return _loaded(Upscaler(recipe.factor, recipe.width, recipe.blocks), run, "upscaler_ema"), run


def load_translator(folder: Path, *recipes: TranslatorRecipe) -> tuple[Translator, TranslatorRecipe, Run]:
    """The averaged translator of a run of one of ``recipes``, frozen, what it was trained by, and the run."""
    run, recipe = open_run(folder, *recipes)
    return _loaded(build_translator(recipe), run, "translator_ema"), recipe, run


def load_unpaired(folder: Path) -> tuple[Translator, Translator, UnpairedRecipe, Run]:
    """The averaged translators to B and to A of a run without pairs, frozen, what they were trained by, and the run."""
    run, recipe = open_run(folder, unpaired.RECIPE)
    to_b, to_a = (_loaded(Translator(recipe.widths, recipe.blocks), run, name) for name in ("to_b_ema", "to_a_ema"))
    return to_b, to_a, recipe, run


def own_recipe_of(folder: Path, kind: str) -> PairsRecipe | UnpairedRecipe | None:
    """What a run of the kind "translator" was trained by, if that is the user's own pictures."""
    if kind != translator.TRUNK.name:
        return None
    known: tuple[Recipe, ...] = (translator.TRUNK, pairs.RECIPE, unpaired.RECIPE)
    _, recipe = open_run(folder, *known)
    return recipe if isinstance(recipe, PairsRecipe | UnpairedRecipe) else None


def generator_digest(generator: nn.Module) -> str:
    """SHA-256 of the weights that latents belong to, hexadecimal: all but those of a grown stage."""
    state = generator.state_dict()
    if isinstance(generator, Generator) and generator.synthesis.grown:
        new = tuple(f"synthesis.{name}." for name in generator.synthesis.grown_stage())
        state = {name: value for name, value in state.items() if not name.startswith(new)}
    digest = hashlib.sha256()
    for name, value in sorted(state.items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _loaded(network: Network, run: Run, name: str) -> Network:
    """``network`` with the weights ``name`` of ``run``, frozen."""
    try:
        network.load_state_dict(run.state[name])
    except (KeyError, RuntimeError) as error:
        raise TrainingError(
            f"the run of {run.recipe} holds another network than this version has; train it anew"
        ) from error
    return network.eval().requires_grad_(False)
