"""`evaluate generator` takes all figures of a run or of exported models, and says clearly what it cannot measure."""

import json
from argparse import Namespace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from tests.training.test_command import training
from tests.training.tiny import TINY_GENERATOR
from training.errors import TrainingError
from training.evaluate import report
from training.evaluate.command import evaluate as evaluate_command
from training.evaluate.frozen import FROZEN, FrozenEncoder
from training.evaluate.generator import Evaluation, evaluate_generator
from training.evaluate.inception import Inception
from training.evaluate.sources import Make, of_generator, of_models
from training.export.family import generator_exports
from training.export.onnx_file import write
from training.trainers.generator import build_generator

MODELS = Path("model_repository")
FIGURES = {
    "frechet_distance",
    "kernel_distance",
    "precision",
    "recall",
    "ms_ssim",
    "sliced_wasserstein",
    "nearest_training_distance",
    "share_near_training",
    "near_copies",
}


@pytest.fixture(scope="module")
def encoder() -> FrozenEncoder:
    return FrozenEncoder()


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """250 generated faces, which stand for photographs here."""
    return of_models(MODELS)(250, 1)


def evaluate(make: Make, faces: np.ndarray, encoder: FrozenEncoder, inception: Inception | None = None) -> Evaluation:
    return evaluate_generator(make, faces[:125], faces[125:], encoder, inception, samples=120, seed=0)


def test_a_generator_as_good_as_a_camera_reaches_what_photographs_reach(
    faces: np.ndarray, encoder: FrozenEncoder
) -> None:
    """Made faces and "photographs" come from one source here, so that every figure must be near that of photographs."""
    figures = evaluate(of_models(MODELS), faces, encoder).figures
    for name in ("frechet_distance", "precision", "recall", "ms_ssim", "nearest_training_distance"):
        made, photographs = figures[name]
        assert made == pytest.approx(photographs, rel=0.35), name
    assert figures["near_copies"] == (0.0, 0.0)


def test_a_generator_of_one_face_has_no_recall_and_no_diversity(faces: np.ndarray, encoder: FrozenEncoder) -> None:
    def one_face(count: int, seed: int) -> np.ndarray:
        noise = np.random.default_rng(seed).integers(0, 3, (count, 64, 64, 3), np.uint8)
        return np.asarray(of_models(MODELS)(1, 3) // 2 + noise)

    figures = evaluate(one_face, faces, encoder).figures
    assert figures["recall"][0] < 0.1 < figures["recall"][1]
    assert figures["ms_ssim"][0] > 0.9 > figures["ms_ssim"][1]
    assert figures["frechet_distance"][0] > 5 * figures["frechet_distance"][1]


def test_a_generator_that_repeats_its_training_data_is_found_out(faces: np.ndarray, encoder: FrozenEncoder) -> None:
    """Its other figures are those of photographs: only the nearest training faces tell."""
    found = evaluate(lambda count, _: faces[np.arange(count)], faces, encoder)
    assert found.figures["near_copies"] == (120.0, 0.0)
    assert found.by_identity.nearest.tolist() == list(range(120))


def test_an_exported_generator_makes_the_faces_of_its_run(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = build_generator(TINY_GENERATOR).eval().requires_grad_(False)
    for export in generator_exports(generator):
        write(export, tmp_path / export.name / "1" / "model.onnx", {})
    run, exported = of_generator(generator)(20, 5), of_models(tmp_path)(20, 5)
    assert np.abs(run.astype(int) - exported).max() <= 1
    assert (run != of_generator(generator)(20, 6)).any()


def test_the_same_arguments_give_the_same_figures(faces: np.ndarray, encoder: FrozenEncoder) -> None:
    first, second = (report.metrics(evaluate(of_models(MODELS), faces, encoder)) for _ in range(2))
    assert first == second


def test_with_few_held_out_faces_two_halves_of_the_training_faces_are_compared(
    faces: np.ndarray, encoder: FrozenEncoder
) -> None:
    found = evaluate_generator(of_models(MODELS), faces[:240], faces[240:], encoder, None, samples=5000, seed=0)
    assert (found.facts["samples"], found.facts["compared_with"]) == (120, 120)


def test_a_command_leaves_figures_a_table_and_pictures(prepared: Path, tmp_path: Path) -> None:
    out = tmp_path / "evaluation"
    done = training("evaluate", "generator", "--models", MODELS, "--data", prepared, "--out", out)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "metrics.json").read_text())
    for name in FIGURES:
        assert isinstance(metrics[name], float)
        assert isinstance(metrics[name + "_of_held_out_photographs"], float)
        assert f"\n{name} " in done.stdout
    assert metrics["face_encoder_sha256"] == FrozenEncoder().digest
    for picture in ("evaluation.png", "neighbours.png"):
        image = cv2.imread(str(out / picture))
        assert image is not None
        assert image.std() > 0


def stand_in(path: Path, kind: int, side: int | str) -> Path:
    """An ONNX model whose features are the mean of each colour, in 0..1."""
    nodes = [helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT)]
    nodes += [helper.make_node("Div", ["floats", "scale"], ["scaled"])]
    nodes += [helper.make_node("ReduceMean", ["scaled", "axes"], ["features"], keepdims=0)]
    graph = helper.make_graph(
        nodes,
        "stand_in",
        [helper.make_tensor_value_info("images", kind, ["N", 3, side, side])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", 3])],
        [
            helper.make_tensor("scale", TensorProto.FLOAT, [], [255.0 if kind == TensorProto.UINT8 else 1.0]),
            helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3]),
        ],
    )
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)]), path)
    return path


@pytest.mark.parametrize(("kind", "side"), [(TensorProto.UINT8, "S"), (TensorProto.FLOAT, 96)])
def test_inceptions_distance_is_taken_by_the_users_own_file(
    kind: int, side: int | str, faces: np.ndarray, encoder: FrozenEncoder, tmp_path: Path
) -> None:
    inception = Inception(stand_in(tmp_path / "inception.onnx", kind, side))
    assert inception(faces) == pytest.approx(faces.mean((1, 2)) / 255.0, abs=2e-3)
    found = evaluate(of_models(MODELS), faces, encoder, inception)
    assert found.facts["inception_sha256"] == inception.digest
    made, photographs = found.figures["inception_fid"]
    assert 0.0 < made < 0.05
    assert 0.0 < photographs < 0.05


def test_what_cannot_be_measured_is_told(prepared: Path, faces: np.ndarray, tmp_path: Path) -> None:
    def command(**changes: object) -> None:
        arguments = {"kind": "generator", "run": None, "models": MODELS, "data": prepared, "out": tmp_path}
        options = {"samples": 50, "inception": None, "layout": None}
        evaluate_command(Namespace(**(arguments | options | changes)))

    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no model")
    no_pictures = stand_in(tmp_path / "numbers.onnx", TensorProto.DOUBLE, 8)
    for changes, complaint in (
        ({"models": tmp_path}, "holds no version of a model"),
        ({"out": None}, "name a folder for the figures with --out"),
        ({"samples": 3}, "3 faces are too few to compare"),
        ({"samples": -1}, "0 faces are too few to compare"),
        ({"layout": "face_7"}, "has no layout face_7"),
        ({"layout": "face_128"}, "makes pictures of"),
        ({"kind": "colorizer"}, "only a generator can be measured as exported"),
        ({"inception": tmp_path / "none.onnx"}, "cannot be read"),
        ({"inception": damaged}, "cannot be read"),
        ({"inception": no_pictures}, "not pictures"),
        ({"data": tmp_path}, "no prepared data set"),
        ({"models": None, "run": tmp_path / "none"}, "holds no checkpoint"),
    ):
        with pytest.raises(TrainingError, match=complaint):
            command(**changes)
    assert not (tmp_path / "metrics.json").exists()


def test_a_generator_of_another_size_than_the_data_is_refused(faces: np.ndarray, encoder: FrozenEncoder) -> None:
    with pytest.raises(TrainingError, match="makes pictures of"):
        evaluate(lambda count, _: np.zeros((count, 32, 32, 3), np.uint8), faces, encoder)


@pytest.mark.parametrize("damage", ["cut off", "other weights", "missing"])
def test_a_damaged_face_encoder_is_told(damage: str, tmp_path: Path) -> None:
    path = tmp_path / FROZEN.name
    data = FROZEN.read_bytes()
    if damage != "missing":
        path.write_bytes(data[:-100] if damage == "cut off" else data.replace(b'"widths":"[32', b'"widths":"[16'))
    with pytest.raises(TrainingError, match="cannot be read"):
        FrozenEncoder(path)
