"""The face encoder that generators are judged by sees what people see: faults, missing people, the same face again."""

from pathlib import Path

import numpy as np
import pytest
import skimage
import torch

from training.dataset import PackedImages
from training.evaluate.face_encoder import damage_all, evaluate_face_encoder, fewer_faces
from training.evaluate.frechet import frechet_distance
from training.evaluate.frozen import FROZEN, FrozenEncoder, freeze, resized
from training.evaluate.sources import of_models
from training.models.face_encoder import FaceEncoder
from training.synthesis.damage import DAMAGES
from training.synthesis.views import ViewFeed

STRENGTHS = (0.25, 0.5, 1.0)


@pytest.fixture(scope="module")
def encoder() -> FrozenEncoder:
    return FrozenEncoder()


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """400 generated faces."""
    return of_models(Path("model_repository"))(400, 2)


def test_it_is_small_enough_to_be_kept_with_the_code() -> None:
    assert FROZEN.stat().st_size <= 4_000_000


def test_its_features_are_those_that_recorded_figures_were_taken_by(encoder: FrozenEncoder) -> None:
    """A change of the network's code would move every figure without anybody noticing."""
    portrait = skimage.data.astronaut()[None, :256, 96:352]
    assert encoder.features(portrait)[0, -4:] == pytest.approx([-1.8626, -0.0537, 0.3751, -0.3893], abs=5e-3)
    assert encoder.identities(portrait)[0, :4] == pytest.approx([0.0437, 0.0367, 0.0736, -0.1526], abs=1e-3)


@pytest.mark.parametrize("name", DAMAGES)
def test_the_distance_grows_with_every_damage(name: str, faces: np.ndarray, encoder: FrozenEncoder) -> None:
    real, others = encoder.features(faces[:200]), faces[200:]
    distances = [frechet_distance(encoder.features(others), real)]
    distances += [frechet_distance(encoder.features(damage_all(others, name, s, 0)), real) for s in STRENGTHS]
    assert distances == sorted(distances)
    assert distances[-1] > 3 * distances[0]


def test_the_distance_grows_as_people_are_missing(faces: np.ndarray, encoder: FrozenEncoder) -> None:
    real, others = encoder.features(faces[:200]), faces[200:]
    shares = (1.0, 0.25, 0.05, 0.01)
    distances = [frechet_distance(encoder.features(fewer_faces(others, share, 0)), real) for share in shares]
    assert distances == sorted(distances)


def test_a_face_is_known_again_in_another_light_and_cut(faces: np.ndarray, encoder: FrozenEncoder) -> None:
    torch.manual_seed(0)
    large = PackedImages(resized(faces[:60], 128), "")
    assert evaluate_face_encoder(encoder, large, large, 0)["found_again"] > 20 / 60


def test_faces_of_another_size_have_nearly_the_same_features(faces: np.ndarray, encoder: FrozenEncoder) -> None:
    large = np.repeat(np.repeat(faces[:8], 2, axis=1), 2, axis=2)
    assert encoder.features(large) == pytest.approx(encoder.features(faces[:8]), abs=1e-6)


def test_frozen_features_are_white_over_the_training_faces(faces: np.ndarray, tmp_path: Path) -> None:
    torch.manual_seed(0)
    path = tmp_path / "frozen.safetensors"
    freeze(FaceEncoder((8, 16, 16, 16), 12), faces, {"widths": "[8, 16, 16, 16]"}, path)
    features = FrozenEncoder(path).features(faces)
    kept = features.shape[1]
    assert 1 < kept < 12
    assert features.mean(axis=0) == pytest.approx(np.zeros(kept), abs=0.05)
    assert np.cov(features, rowvar=False) == pytest.approx(np.eye(kept), abs=0.1)


def test_identities_have_length_one(faces: np.ndarray, encoder: FrozenEncoder) -> None:
    assert np.linalg.norm(encoder.identities(faces[:9]), axis=1) == pytest.approx(np.ones(9))


def test_two_views_show_the_same_faces_and_tell_their_damage(prepared: Path) -> None:
    torch.manual_seed(1)
    batch = ViewFeed(PackedImages.open(prepared, "train", "face_128"), 16).next()
    assert batch.views.shape == (32, 3, 64, 64)
    assert batch.thumbnails.shape == (32, 3, 8, 8)
    assert batch.damage.shape == (32, len(DAMAGES))
    harmed = (batch.damage > 0).any(dim=1)
    small = torch.nn.functional.avg_pool2d(batch.views, 8)
    errors = (small - batch.thumbnails).abs().mean((1, 2, 3))
    assert harmed.any()
    assert not harmed.all()
    assert errors[~harmed].max() < 0.02 < errors[harmed].max()
