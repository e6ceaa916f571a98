"""Inversion beside the published algorithm: both minimise the same function, and all of it is reported."""

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from benchmarks.__main__ import main
from benchmarks.inversion import published
from benchmarks.inversion.networks import Networks, gradient_model
from benchmarks.inversion.published import EVALUATIONS_A_CALL, Space
from benchmarks.runtime import newest
from phiz_core.geometry import ImageArray

MODELS = Path("model_repository")


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks(MODELS)


@pytest.fixture(scope="module")
def faces(networks: Networks) -> ImageArray:
    """Generated faces, which stand for photographs here; noise makes them harder to find again."""
    random = np.random.default_rng(100)
    z = random.standard_normal((4, networks.latent_dim), np.float32)
    made = np.stack([networks.make(latent) for latent in latents(networks, z)])
    return np.asarray((made + random.normal(0.0, 4.0, made.shape)).clip(0, 255), np.uint8)


def latents(networks: Networks, z: np.ndarray) -> np.ndarray:
    """w+ as the generator takes it, [N, 1, layers, width]."""
    shape = networks.invert(np.zeros((networks.size_px, networks.size_px, 3), np.uint8), 0).latent.shape
    return networks.map(z).reshape(-1, *shape)


@pytest.fixture
def prepared(faces: ImageArray, tmp_path: Path) -> Path:
    layout = f"face_{faces.shape[1]}"
    (tmp_path / "dataset.json").write_text(json.dumps({"layouts": [layout], "digest": "0"}))
    np.save(tmp_path / f"val.{layout}.npy", faces)
    return tmp_path


class TestGradient:
    def test_the_loss_is_that_which_the_inverter_tells(self, networks: Networks, faces: ImageArray) -> None:
        found = networks.invert(faces[0], 3)
        loss, _ = networks.evaluate(found.latent.reshape(-1), faces[0])
        assert loss == pytest.approx(found.loss, rel=1e-4)

    def test_it_is_the_slope_of_the_loss(self, networks: Networks, faces: ImageArray) -> None:
        w_plus = networks.map(np.random.default_rng(1).standard_normal((1, networks.latent_dim), np.float32))[0]
        _, gradient = networks.evaluate(w_plus, faces[0])
        step = gradient / np.linalg.norm(gradient) * np.float32(1e-2)
        rise = networks.evaluate(w_plus + step, faces[0])[0] - networks.evaluate(w_plus - step, faces[0])[0]
        assert rise == pytest.approx(2e-2 * np.linalg.norm(gradient), rel=0.02)

    def test_by_z_it_is_the_slope_through_the_mapping(self, networks: Networks) -> None:
        random = np.random.default_rng(2)
        z = random.standard_normal((networks.latent_dim,), np.float32)
        weights = random.standard_normal(networks.map(z[None]).shape[1:], np.float32)
        gradient = networks.pull_back(z, weights)
        step = gradient / np.linalg.norm(gradient) * np.float32(2e-2)
        above, below = networks.map(np.stack([z + step, z - step])) @ weights
        assert above - below == pytest.approx(4e-2 * np.linalg.norm(gradient), rel=0.05)

    def test_its_graph_holds_neither_the_encoder_nor_the_loop(self) -> None:
        graph = gradient_model(onnx.load(newest(MODELS, "inverter"))).graph
        assert not [weight.name for weight in graph.initializer if weight.name.startswith("encoder")]
        assert "Loop" not in {node.op_type for node in graph.node}


@pytest.mark.parametrize("space", Space)
def test_the_published_algorithm_goes_down_in_calls_of_20(networks: Networks, faces: ImageArray, space: Space) -> None:
    trace = published.invert(networks, faces[0], space, seed=5, outer_calls=3)
    assert trace.losses[-1] < 0.5 * trace.losses[0]
    assert (np.diff(trace.losses) <= 0).all()
    assert (np.diff(trace.seconds) > 0).all()
    assert len(trace.losses) == len(trace.seconds) == trace.calls[-1]
    assert (np.diff(trace.calls, prepend=0) <= EVALUATIONS_A_CALL + 20).all()  # a line search is ended
    again = published.invert(networks, faces[0], space, seed=5, outer_calls=1)
    assert again.losses[0] == trace.losses[0]


def test_what_was_measured_is_printed_written_and_drawn(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    few = ["--faces", "1", "--mixed-faces", "3", "--outer-calls", "2"]
    assert main(["inversion", "--data", str(prepared), "--out", str(out), *few]) == 0
    printed = capsys.readouterr().out
    figures = json.loads((out / "inversion.json").read_text())
    assert figures["ours"]["300"]["psnr_db"] > figures["ours"]["0"]["psnr_db"]
    for space in ("z", "w+"):
        assert list(figures["equal"][space]) == ["1", "2"]
        assert figures["equal"][space]["2"]["ratio"] > 0
        assert f"\n{space:<5}    2" in printed
    assert list(figures["mixes"]) == ["10", "60"]
    for mixed in figures["mixes"].values():
        between = [max(to_first, to_second) < parents for parents, to_first, to_second in mixed["pairs"]]
        assert len(between) == 3
        assert mixed["between"] == pytest.approx(np.mean(between))
        assert 0 < mixed["mix"] < 2
    assert printed.count("farther parent") == 2
    assert cv2.imread(str(out / "inversion.png")) is not None
    assert sorted(path.name for path in out.iterdir()) == ["inversion.json", "inversion.png"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--data", "nowhere"], "nowhere is no prepared data set"),
        (["--models", "nowhere"], "no inverter in nowhere"),
        (["--faces", "0"], "at least one face"),
        (["--mixed-faces", "1"], "two to mix"),
    ],
)
def test_what_cannot_be_measured_is_told(
    prepared: Path, options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inversion", "--data", str(prepared), *options]) == 1
    assert complaint in capsys.readouterr().err
