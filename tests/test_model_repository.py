"""What ships in model_repository/ is complete, small, and says where it comes from."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from phiz_core.filters import FILTERS
from phiz_core.geometry import ImageArray

REPOSITORY = Path(__file__).parent.parent / "model_repository"
UPSCALERS = {"upscaler_x2": 2, "upscaler_x4": 4}
TRANSLATORS = tuple(
    f"translator_{task}" for task in ("autoencode", "thresholds", "contours", "canny", "sketch", "inpaint", "outpaint")
)
MODELS = ("mapping", "generator", "inverter", "colorizer", *UPSCALERS, *TRANSLATORS)


def newest(name: str) -> Path:
    versions = [entry for entry in (REPOSITORY / name).iterdir() if entry.name.isdecimal()]
    return max(versions, key=lambda entry: int(entry.name)) / "model.onnx"


def facts(name: str) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(newest(name)).metadata_props}


def test_it_stays_under_60_megabytes_and_holds_nothing_but_models() -> None:
    files = [path for path in REPOSITORY.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 60e6
    assert {path.name for path in files} == {"config.pbtxt", "MODEL_CARD.md", "model.onnx"}


@pytest.mark.parametrize("name", MODELS)
class TestEachModel:
    def test_its_file_says_recipe_data_and_figures(self, name: str) -> None:
        told = facts(name)
        assert told["version"] == newest(name).parent.name
        assert told["recipe"]
        assert len(told["dataset_digest"]) == 64
        assert int(told["images"]) > 0
        assert all(isinstance(value, int | float) for value in json.loads(told["metrics"]).values())

    def test_its_card_tells_the_same_figures(self, name: str) -> None:
        card = (REPOSITORY / name / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert f"Version: {facts(name)['version']}\n" in card
        for metric, value in json.loads(facts(name)["metrics"]).items():
            assert f"| {metric} | {value:.4g} |" in card

    def test_its_config_declares_the_tensors_of_its_graph(self, name: str) -> None:
        config = text_format.Parse((REPOSITORY / name / "config.pbtxt").read_text(encoding="utf-8"), ModelConfig())
        assert (config.name, config.backend) == (name, "onnxruntime")
        session = onnxruntime.InferenceSession(newest(name), providers=["CPUExecutionProvider"])
        for declared, real in ((config.input, session.get_inputs()), (config.output, session.get_outputs())):
            assert [tensor.name for tensor in declared] == [tensor.name for tensor in real]
            for ours, theirs in zip(declared, real, strict=True):
                assert isinstance(theirs.shape[0], str), "the batch is free"
                assert [dim if dim > 0 else None for dim in ours.dims] == [
                    dim if isinstance(dim, int) else None for dim in theirs.shape[1:]
                ]

    def test_its_file_names_no_path_of_the_machine_that_made_it(self, name: str) -> None:
        data = newest(name).read_bytes()
        assert b"site-packages" not in data
        assert b".py" not in data


def test_the_generators_four_models_belong_together() -> None:
    assert len({facts(name)["generator_digest"] for name in ("mapping", "generator", "inverter", "editor")}) == 1


def test_all_models_learnt_from_the_same_data() -> None:
    assert len({facts(name)["dataset_digest"] for name in MODELS}) == 1


def test_the_generator_makes_different_faces_of_different_latents() -> None:
    mapping, generator = (
        onnxruntime.InferenceSession(newest(name), providers=["CPUExecutionProvider"])
        for name in ("mapping", "generator")
    )
    z = np.random.default_rng(0).standard_normal((8, *mapping.get_inputs()[0].shape[1:])).astype(np.float32)
    (w_plus,) = mapping.run(None, {"z": z, "truncation": np.ones((8, 1), np.float32)})
    (faces,) = generator.run(None, {"w_plus": w_plus})
    assert faces.std(axis=0).mean() > 20


@pytest.mark.parametrize(("name", "factor"), UPSCALERS.items())
class TestUpscalers:
    @pytest.fixture
    def enlarge(self, name: str) -> Callable[[ImageArray], ImageArray]:
        session = onnxruntime.InferenceSession(newest(name), providers=["CPUExecutionProvider"])
        return lambda pictures: np.asarray(session.run(None, {"image": pictures})[0], np.uint8)

    @pytest.mark.parametrize(("channels", "levels"), [(1, 1), (3, 6)])
    def test_a_plain_picture_stays_plain(
        self, enlarge: Callable[[ImageArray], ImageArray], factor: int, channels: int, levels: int
    ) -> None:
        """Phases of different brightness would show as a grid. Grays stay; colours that no portrait has may move."""
        colours = np.random.default_rng(0).integers(0, 256, (64, 1, 1, channels), np.uint8)
        plain = np.broadcast_to(colours, (64, 40, 40, 3))
        inner = slice(12 * factor, 28 * factor)
        differences = enlarge(plain)[:, inner, inner].astype(int) - colours
        assert np.abs(differences).max() <= levels
        assert differences.std(axis=(1, 2)).max() <= 1

    def test_it_comes_nearer_to_a_portrait_than_bicubic(
        self, enlarge: Callable[[ImageArray], ImageArray], factor: int, astronaut: ImageArray
    ) -> None:
        resized = cv2.resize(astronaut, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        small = np.asarray(resized, np.uint8)
        bicubic = cv2.resize(small, astronaut.shape[:2], interpolation=cv2.INTER_CUBIC)
        made = enlarge(small[None])[0]
        errors = [np.square(astronaut - picture.astype(float)).mean() for picture in (made, bicubic)]
        assert errors[0] < errors[1]


@pytest.mark.parametrize("name", TRANSLATORS)
def test_a_translator_comes_nearer_to_a_portrait_than_what_it_was_given(name: str, astronaut: ImageArray) -> None:
    told, portrait = facts(name), np.ascontiguousarray(astronaut[:320, 97:353])
    assert (told["width_px"], told["height_px"]) == ("256", "320")
    given = FILTERS[told["filter"]](portrait) if told["filter"] else portrait.copy()
    feeds = {"image": given[None]}
    if told["masked"] == "true":
        hidden = np.zeros((320, 256, 1), np.uint8)
        hidden[80:144, 96:160] = hidden[-40:] = 255
        given[hidden[..., 0] > 0] = 128
        feeds["mask"] = hidden[None]
    session = onnxruntime.InferenceSession(newest(name), providers=["CPUExecutionProvider"])
    made = session.run(["translated"], feeds)[0][0]
    errors = [np.square(portrait - picture.astype(float)).mean() for picture in (made, given)]
    if name == "translator_autoencode":  # what it was given is the portrait
        assert 10 * np.log10(255**2 / errors[0]) > 24
    else:
        assert errors[0] < 0.7 * errors[1]
