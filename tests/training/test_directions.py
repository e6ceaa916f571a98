"""Directions: measures of faces, steps that change one of them each, and the editor that is made of them."""

import json
from argparse import ArgumentParser
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

from phiz_core.geometry import ImageArray, Points
from training.directions import command
from training.directions.attributes import ATTRIBUTES, measure
from training.directions.effect import effects, responses, seen
from training.directions.fit import Measured, fit
from training.directions.sampler import Sampler
from training.errors import TrainingError
from training.prepare.detect import FaceFinder, FaceModels

REPOSITORY = Path("model_repository")
NAMES = [attribute.name for attribute in ATTRIBUTES]
SHIPPED = ("turn", "brightness")


class TestMeasures:
    @pytest.fixture
    def landmarks(self, astronaut: ImageArray) -> Points:
        return FaceFinder(FaceModels(REPOSITORY)).find(astronaut)[0].landmarks_px

    def differences(self, before: ImageArray, after: ImageArray, *points: Points) -> dict[str, float]:
        one, other = measure(np.stack([before, after]), [points[0], points[-1]])
        return dict(zip(NAMES, (other - one).tolist(), strict=True))

    def test_a_mirrored_face_turns_the_other_way_and_is_lit_from_the_other_side(
        self, astronaut: ImageArray, landmarks: Points
    ) -> None:
        mirrored = landmarks[[1, 0, 2, 4, 3]] * [-1, 1] + [512, 0]
        one, other = measure(np.stack([astronaut, astronaut[:, ::-1]]), [landmarks, mirrored])
        for name, before, after in zip(NAMES, one, other, strict=True):
            sign = -1 if name in ("turn", "light") else 1
            assert after == pytest.approx(sign * before, rel=0.05, abs=0.05), name

    def test_a_larger_picture_of_the_same_face_measures_the_same(
        self, astronaut: ImageArray, landmarks: Points
    ) -> None:
        small = np.asarray(cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
        large, half = measure(astronaut[None], [landmarks]), measure(small[None], [landmarks / 2])
        for name, one, other in zip(NAMES, large[0], half[0], strict=True):
            assert other == pytest.approx(one, rel=0.1, abs=0.1), name

    def test_a_wider_mouth_smiles_more(self, astronaut: ImageArray, landmarks: Points) -> None:
        wider = landmarks + np.array([[0, 0], [0, 0], [0, 0], [-3, 0], [3, 0]])
        changed = self.differences(astronaut, astronaut, landmarks, wider)
        assert changed.pop("smile") > 0.05
        assert max(map(abs, changed.values())) < 1e-6

    def test_more_light_is_brighter_and_more_red_is_warmer(self, astronaut: ImageArray, landmarks: Points) -> None:
        brighter = np.clip(astronaut + 20.0, 0, 255).astype(np.uint8)
        assert self.differences(astronaut, brighter, landmarks)["brightness"] > 5
        redder = np.clip(astronaut + np.array([20, 0, -20]), 0, 255).astype(np.uint8)
        assert self.differences(astronaut, redder, landmarks)["warmth"] > 20


class TestSteps:
    """Latents of which the measures are known: correlated ones, and one that is mostly noise."""

    RANK, COUNT = 8, 2000

    @pytest.fixture
    def w(self) -> np.ndarray:
        random = np.random.default_rng(0)
        scores = random.standard_normal((self.COUNT, self.RANK)) * np.linspace(3, 1, self.RANK)
        return np.asarray(scores @ np.linalg.qr(random.standard_normal((16, self.RANK)))[0].T + 5, np.float32)

    @pytest.fixture
    def effect(self) -> np.ndarray:
        effect = np.random.default_rng(1).standard_normal((16, 3))
        effect[:, 1] += 2 * effect[:, 0]  # faces with more of the first have more of the second
        return effect

    def test_each_changes_its_measure_by_one_deviation_and_no_other(self, w: np.ndarray, effect: np.ndarray) -> None:
        values = w @ effect
        found = fit(w, values, self.RANK, 4)
        changes = found.named @ effect / values.std(axis=0)
        np.testing.assert_allclose(changes, np.eye(3), atol=0.05)
        assert found.explained.min() > 0.99

    def test_it_leads_to_no_faces_that_the_generator_does_not_make(self, w: np.ndarray, effect: np.ndarray) -> None:
        found = fit(w, w @ effect, self.RANK, 4)
        _, _, axes = np.linalg.svd(w - w.mean(0), full_matrices=False)
        np.testing.assert_allclose(found.named @ axes[self.RANK :].T, 0, atol=1e-4)

    def test_a_measure_that_is_mostly_noise_is_told_by_what_it_explains(
        self, w: np.ndarray, effect: np.ndarray
    ) -> None:
        values = w @ effect
        values[:, 2] = np.random.default_rng(2).standard_normal(len(w))
        explained = fit(w, values, self.RANK, 4).explained
        assert explained[:2].min() > 0.9
        assert explained[2] < 0.1

    def test_components_are_orthogonal_and_one_deviation_long(self, w: np.ndarray, effect: np.ndarray) -> None:
        components = fit(w, w @ effect, self.RANK, 4).components
        lengths = np.linalg.norm(components, axis=1)
        along = (w - w.mean(0)) @ (components / lengths[:, None]).T
        np.testing.assert_allclose(along.std(axis=0), lengths, rtol=1e-3)
        np.testing.assert_allclose(np.corrcoef(along.T), np.eye(4), atol=1e-3)

    def test_too_few_faces_are_refused(self, w: np.ndarray, effect: np.ndarray) -> None:
        with pytest.raises(TrainingError, match="--samples"):
            fit(w[:20], w[:20] @ effect, self.RANK, 4)


class TestEffects:
    """A generator of drawn faces whose first number is the brightness and whose second the light's direction."""

    LANDMARKS = np.array([[24.0, 30], [40, 30], [32, 39], [26, 46], [38, 46]])

    @pytest.fixture
    def sampler(self) -> Sampler:
        side = np.where(np.arange(64) < 32, -20.0, 20.0)[None, None, :, None]

        def draw(w_plus: np.ndarray) -> ImageArray:
            brightness, light = w_plus[:, 0, 0, None, None, None], w_plus[:, 0, 1, None, None, None]
            level = 128 + 20 * brightness + light * side
            return np.broadcast_to(level, (len(w_plus), 64, 64, 3)).round().clip(0, 255).astype(np.uint8)

        return Sampler(2, 3, lambda z, truncation: np.repeat((z * truncation)[:, None], 3, 1), draw, {})

    def test_what_a_unit_changes_is_told_in_deviations(self, sampler: Sampler) -> None:
        found, values = seen(sampler.faces(sampler.latents(400, 0)), lambda _: self.LANDMARKS)
        assert found.all()
        directions = np.array([[1.0, 0.0], [0.2, 1.0]])
        places = [NAMES.index("brightness"), NAMES.index("light")]
        changes = responses(sampler, lambda _: self.LANDMARKS, directions, Measured.of(values), 8, 1)
        brightness, light = effects(changes[:, places], [0, 1])
        assert [brightness.change, brightness.spill] == pytest.approx([1, 0], abs=0.1)
        assert [light.change, light.spill] == pytest.approx([1, 0.2], abs=0.1)

    def test_pictures_without_a_face_do_not_count(self, sampler: Sampler) -> None:
        pictures = sampler.faces(sampler.latents(6, 0))
        seen_before: list[int] = []

        def every_second(_: ImageArray) -> Points | None:
            seen_before.append(1)
            return self.LANDMARKS if len(seen_before) % 2 else None

        found, values = seen(pictures, every_second)
        assert found.tolist() == [True, False] * 3
        np.testing.assert_array_equal(values, measure(pictures[::2], [self.LANDMARKS] * 3))

    def test_a_generator_that_makes_no_faces_is_refused(self, sampler: Sampler) -> None:
        with pytest.raises(TrainingError, match="no face"):
            seen(sampler.faces(sampler.latents(2, 0)), lambda _: None)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("directions")
    parser = ArgumentParser()
    command.add_arguments(parser)
    others = ",".join(name for name in NAMES if name not in SHIPPED)
    told = ["--models", REPOSITORY, "--out", out, "--samples", 300, "--components", 2, "--leave-out", others]
    arguments = parser.parse_args([str(argument) for argument in told])
    arguments.command(arguments)
    return out


@pytest.fixture(scope="module")
def editor(out: Path) -> onnx.ModelProto:
    return onnx.load(out / "export" / "editor" / "model.onnx")


@pytest.fixture(scope="module")
def facts(editor: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in editor.metadata_props}


class TestTheCommand:
    """On the generator that ships, with few faces and the most certain directions."""

    def test_the_editor_says_whose_directions_it_has(self, facts: dict[str, str]) -> None:
        newest = max((REPOSITORY / "generator").glob("[0-9]*"), key=lambda folder: int(folder.name))
        generator = {entry.key: entry.value for entry in onnx.load(newest / "model.onnx").metadata_props}
        for fact in ("generator_digest", "recipe", "dataset_digest", "images"):
            assert facts[fact] == generator[fact]
        assert tuple(direction["name"] for direction in json.loads(facts["directions"])) == SHIPPED

    def test_even_so_few_faces_teach_what_the_most_certain_ones_do(self, facts: dict[str, str]) -> None:
        metrics = json.loads(facts["metrics"])
        assert metrics.keys() == {f"{name}_{figure}" for name in SHIPPED for figure in ("change", "spill")}
        assert all(metrics[f"{name}_change"] > 0.3 for name in SHIPPED)

    def test_the_editor_adds_directions_in_every_layer_alike(self, editor: onnx.ModelProto) -> None:
        session = onnxruntime.InferenceSession(editor.SerializeToString(), providers=["CPUExecutionProvider"])
        w_plus, strengths = (tensor.shape[1:] for tensor in session.get_inputs())
        assert strengths == [4]
        start = np.random.default_rng(0).standard_normal((3, *w_plus)).astype(np.float32)

        def change(*strength: float) -> np.ndarray:
            (edited,) = session.run(None, {"w_plus": start, "strengths": np.array([strength] * 3, np.float32)})
            return np.asarray(edited - start)

        assert not change(0, 0, 0, 0).any()
        one, other = change(1, 0, 0, 0), change(0, 0, 0, 1)
        np.testing.assert_allclose(change(2, 0, 0, -0.5), 2 * one - 0.5 * other, atol=1e-5)
        np.testing.assert_allclose(one, np.broadcast_to(one[:1, :1], one.shape), atol=1e-5)

    def test_sheets_show_all_of_them(self, out: Path) -> None:
        heights = [Image.open(out / name).height for name in ("directions.png", "components.png")]
        assert heights == [64 * len(NAMES), 64 * 2]

    def test_an_unknown_name_is_told_with_the_known_ones(self, capsys: pytest.CaptureFixture[str]) -> None:
        parser = ArgumentParser()
        command.add_arguments(parser)
        with pytest.raises(SystemExit):
            parser.parse_args(["--run", "run", "--out", "out", "--leave-out", "wings"])
        assert "unknown: wings; there are turn, nod" in capsys.readouterr().err
