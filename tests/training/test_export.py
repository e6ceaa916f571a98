"""Every exported graph agrees with torch at any batch, and no file is written that does not."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor

from phiz_core.geometry import ImageArray
from tests.training.tiny import TINY_COLORIZER, TINY_DETECTOR, TINY_GENERATOR, TINY_LANDMARKS, TINY_UPSCALER
from training.errors import TrainingError
from training.export.family import face_weights, generator_exports, inverter_exports
from training.export.lbfgs import Minimum, minimise
from training.export.models import (
    colorizer_exports,
    detector_exports,
    landmarks_exports,
    upscaler_exports,
)
from training.export.onnx_file import Export, write
from training.models.colorizer import Colorizer
from training.models.face_detector import FaceDetector
from training.models.face_landmarks import FaceLandmarks
from training.models.inverter import WPlusEncoder
from training.models.upscaler import Upscaler
from training.trainers.generator import build_encoder, build_generator

Network = TypeVar("Network", bound=torch.nn.Module)
FACTS = {"recipe": "tiny", "dataset_digest": "0" * 64, "images": 0, "metrics": {"loss": 1.0}}


def frozen(network: Network) -> Network:
    return network.eval().requires_grad_(False)


def new_upscaler(factor: int) -> Upscaler:
    """One that adds something, as a trained one does."""
    upscaler = frozen(Upscaler(factor, TINY_UPSCALER.width, TINY_UPSCALER.blocks))
    torch.nn.init.normal_(upscaler.head.weight, std=0.05)
    return upscaler


@pytest.fixture(scope="session")
def exports() -> dict[str, Export]:
    torch.manual_seed(0)
    generator, joint = frozen(build_generator(TINY_GENERATOR)), frozen(build_encoder(TINY_GENERATOR))
    encoder = WPlusEncoder(joint, generator.mapping, generator.synthesis.layers)
    torch.nn.init.normal_(encoder.offset.weight, std=0.1)
    colorizer = Colorizer(TINY_COLORIZER.widths)
    torch.nn.init.normal_(colorizer.chroma.weight, std=0.3)
    made = (
        *generator_exports(generator),
        *inverter_exports(generator, frozen(encoder)),
        *colorizer_exports(frozen(colorizer), 320),
        *detector_exports(frozen(FaceDetector(TINY_DETECTOR.widths, TINY_DETECTOR.depths, TINY_DETECTOR.head))),
        *landmarks_exports(frozen(FaceLandmarks(TINY_LANDMARKS.widths))),
        *(export for factor in (2, 4) for export in upscaler_exports(new_upscaler(factor))),
    )
    return {export.name: export for export in made}


@pytest.fixture(scope="session")
def files(exports: dict[str, Export], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All of them, written; that this succeeds is parity at batches of 1, 2 and 5."""
    folder = tmp_path_factory.mktemp("exports")
    for name, export in exports.items():
        write(export, folder / name / "model.onnx", FACTS)
    return {name: folder / name / "model.onnx" for name in exports}


MODELS = ("mapping", "generator", "inverter", "colorizer", "face_detector", "face_landmarks")
UPSCALERS = {"upscaler_x2": 2, "upscaler_x4": 4}


@pytest.mark.parametrize("name", [*MODELS, *UPSCALERS])
class TestEachGraph:
    def test_it_agrees_with_torch_at_a_batch_that_parity_did_not_see(
        self, name: str, exports: dict[str, Export], files: dict[str, Path]
    ) -> None:
        example = exports[name].example(3)
        ours = run(files[name], dict(zip(exports[name].inputs, (x.numpy() for x in example), strict=True)))
        wanted = exports[name].graph(*example)
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        for output, torch_value in zip(exports[name].outputs, wanted, strict=True):
            if output in exports[name].tolerance:
                np.testing.assert_allclose(
                    ours[output].astype(float), torch_value.numpy().astype(float), atol=exports[name].tolerance[output]
                )

    def test_it_has_no_random_operator_and_pictures_are_uint8_channels_last(
        self, name: str, files: dict[str, Path]
    ) -> None:
        model = onnx.load(files[name])
        operators = {node.op_type for node in nodes(model.graph)}
        assert not operators & {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli"}
        for tensor in (*model.graph.input, *model.graph.output):
            dims = tensor.type.tensor_type.shape.dim
            assert dims[0].dim_param, "the batch is free"
            if len(dims) == 4 and tensor.name != "landmarks":
                assert tensor.type.tensor_type.elem_type == onnx.TensorProto.UINT8
                assert dims[3].dim_value in (1, 2, 3)

    def test_it_says_what_it_is_and_not_where_it_was_made(self, name: str, files: dict[str, Path]) -> None:
        facts = {entry.key: entry.value for entry in onnx.load(files[name]).metadata_props}
        assert facts["recipe"] == "tiny"
        assert facts["metrics"] == '{"loss": 1.0}'
        assert b"/site-packages/" not in files[name].read_bytes()


@pytest.mark.parametrize("name", UPSCALERS)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (33, 2), (20, 35)])
def test_an_upscaler_takes_any_size(name: str, height: int, width: int, files: dict[str, Path]) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, height, width, 3), np.uint8)
    factor = UPSCALERS[name]
    assert run(files[name], {"image": pictures})["upscaled"].shape == (3, factor * height, factor * width, 3)


def test_a_graph_that_differs_from_torch_is_not_written(exports: dict[str, Export], tmp_path: Path) -> None:
    strict = replace(exports["mapping"], tolerance={"w_plus": -1.0})
    with pytest.raises(TrainingError, match="differs from torch"):
        write(strict, tmp_path / "model.onnx", FACTS)
    assert list(tmp_path.iterdir()) == []


def nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    inner = [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    return [*graph.node, *(node for subgraph in inner for node in nodes(subgraph))]


def run(path: Path, feeds: dict[str, Any]) -> dict[str, Any]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, feeds), strict=True))


class TestInverter:
    def invert(
        self, files: dict[str, Path], pictures: ImageArray, steps: list[int], tolerance: list[float] | None = None
    ) -> dict[str, Any]:
        feeds = {
            "image": pictures,
            "steps": np.array(steps, np.int64)[:, None],
            "tolerance": np.array(tolerance or [0.0] * len(steps), np.float32)[:, None],
        }
        return run(files["inverter"], feeds)

    @pytest.fixture
    def pictures(self, exports: dict[str, Export]) -> ImageArray:
        return np.asarray(exports["inverter"].example(4)[0].numpy(), np.uint8)

    def test_more_steps_never_end_in_a_larger_loss(self, files: dict[str, Path], pictures: ImageArray) -> None:
        losses = [self.invert(files, pictures, [steps] * 4)["loss"][:, 0] for steps in (0, 2, 8, 30)]
        assert all((after <= before).all() for before, after in pairwise(losses))
        assert (losses[-1] < 0.5 * losses[0]).all()

    def test_each_picture_has_its_own_number_of_steps(self, files: dict[str, Path], pictures: ImageArray) -> None:
        together = self.invert(files, pictures, [0, 1, 7, 20])
        assert together["evaluations"][:, 0].tolist() == [0, 1, 7, 20]
        for index, steps in enumerate([0, 1, 7]):
            alone = self.invert(files, pictures[index : index + 1], [steps])
            assert alone["loss"][0, 0] == pytest.approx(together["loss"][index, 0], rel=0.05)

    def test_a_picture_whose_loss_is_small_enough_stops_early(
        self, files: dict[str, Path], pictures: ImageArray
    ) -> None:
        start = self.invert(files, pictures, [0] * 4)["loss"][:, 0]
        wanted = (start * 0.7).tolist()
        found = self.invert(files, pictures, [200] * 4, wanted)
        assert (found["loss"][:, 0] <= wanted).all()
        assert (found["evaluations"] < 200).all()

    def test_the_reconstruction_is_what_the_generator_makes_of_the_latent(
        self, files: dict[str, Path], pictures: ImageArray
    ) -> None:
        found = self.invert(files, pictures, [5] * 4)
        made = run(files["generator"], {"w_plus": found["w_plus"]})["image"]
        assert np.abs(made.astype(int) - found["reconstruction"]).max() <= 1

    def test_the_loss_is_the_mean_squared_error_of_the_reconstruction_and_the_face_counts_more(
        self, files: dict[str, Path], pictures: ImageArray
    ) -> None:
        found = self.invert(files, pictures, [30] * 4)
        weights = face_weights(pictures.shape[1]).numpy()
        assert weights.mean() == pytest.approx(1.0)
        assert weights.max() == pytest.approx(4 * weights[0, 0])
        squares = ((found["reconstruction"].astype(float) - pictures) / 255) ** 2
        error = np.mean(squares * weights[..., None], axis=(1, 2, 3))
        np.testing.assert_allclose(error, found["loss"][:, 0], rtol=0.1, atol=1e-5)


class TestMinimise:
    """The optimizer alone, on functions whose minimum is known."""

    def minimise(self, evaluate: Callable[[Tensor], tuple[Tensor, Tensor]], start: Tensor, steps: int) -> Minimum:
        def with_picture(x: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            value, gradient = evaluate(x)
            return value, gradient, torch.zeros_like(target)

        batch = len(start)
        limit, tolerance = torch.full((batch,), steps), torch.full((batch,), 1e-9)
        return minimise(with_picture, start, torch.zeros(batch, 1, 1, 1), limit, tolerance, 10, 0.5)

    def test_it_finds_the_minimum_of_an_ill_conditioned_bowl(self) -> None:
        scale = torch.logspace(0, 3, 20)
        start = torch.randn(3, 20, generator=torch.Generator().manual_seed(0))
        found = self.minimise(lambda x: ((scale * x.square()).sum(1), 2 * scale * x), start, 300)
        assert (found.loss < 1e-6).all()

    def test_it_walks_down_the_valley_of_rosenbrock(self) -> None:
        def rosenbrock(x: Tensor) -> tuple[Tensor, Tensor]:
            a, b = x.unbind(1)
            valley = b - a * a
            gradient = torch.stack([-400 * a * valley - 2 * (1 - a), 200 * valley], 1)
            return 100 * valley * valley + (1 - a) ** 2, gradient

        found = self.minimise(rosenbrock, torch.tensor([[-1.2, 1.0], [0.0, 0.0], [2.0, -1.0]]), 200)
        torch.testing.assert_close(found.x, torch.ones(3, 2), atol=1e-3, rtol=0)
