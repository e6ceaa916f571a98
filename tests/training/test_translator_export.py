"""The graphs of translators: as torch computes them at any size, in half the bytes, and true to what they are shown."""

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as triton

from tests.training.runs import arguments
from tests.training.tiny import TINY_TRANSLATOR
from training import commands
from training.engine.loop import Budget
from training.engine.loop import run as train
from training.engine.parallel import ALONE
from training.errors import TrainingError
from training.export.card import model_card
from training.export.config import model_config
from training.export.models import translator_exports
from training.export.onnx_file import write
from training.models.translator import Translator
from training.train import job

FACTS = {"recipe": "tiny", "dataset_digest": "0" * 64, "images": 0, "metrics": {"loss": 1.0}}
INPAINT, SKETCH = "translator_inpaint", "translator_sketch"


def new_translator() -> Translator:
    """One of two tasks that differ."""
    torch.manual_seed(0)
    translator = Translator((8, 8, 8, 8), 1, (True, False)).eval().requires_grad_(False)
    for parameter in translator.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return translator


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both, written; that this succeeds is parity at batches of 1, 2 and 5, each of another size."""
    folder = tmp_path_factory.mktemp("exports")
    exports = translator_exports(new_translator(), ("inpaint", "sketch"), 256, 320)
    for export in exports:
        write(export, folder / export.name / "model.onnx", FACTS)
    return {export.name: folder / export.name / "model.onnx" for export in exports}


def run(path: Path, **feeds: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["translated"], feeds)[0])


def facts(path: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def test_each_says_what_is_given_to_it_and_for_which_size_it_is_made(files: dict[str, Path]) -> None:
    sizes = {"width_px": "256", "height_px": "320", "stride_px": "16"}
    assert facts(files[INPAINT]).items() >= ({"task": "inpaint", "filter": "", "masked": "true"} | sizes).items()
    assert facts(files[SKETCH]).items() >= ({"task": "sketch", "filter": "sketch", "masked": "false"} | sizes).items()


def test_a_task_is_that_of_the_translator_at_a_size_that_parity_did_not_see(files: dict[str, Path]) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 80, 32, 3), np.uint8)
    given = torch.zeros(3, 4, 80, 32)
    given[:, :3] = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 127.5 - 1.0
    wanted = new_translator()(given, torch.ones(3, dtype=torch.int64)).permute(0, 2, 3, 1)
    wanted = (wanted * 127.5 + 127.5).clamp(0, 255)
    difference = np.abs(run(files[SKETCH], image=pictures).astype(float) - wanted.numpy())
    assert difference.mean() < 0.5, "rounded, weights and pixels"
    assert wanted.std() > 20


def test_what_is_shown_stays_and_what_is_hidden_has_no_influence(files: dict[str, Path]) -> None:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (2, 48, 32, 3), np.uint8)
    mask = random.choice(np.array([0, 255], np.uint8), (2, 48, 32, 1))
    others = np.where(mask > 0, random.integers(0, 256, pictures.shape, np.uint8), pictures)
    one, other = (run(files[INPAINT], image=x, mask=mask) for x in (pictures, others))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(np.where(mask == 0, one, 0), np.where(mask == 0, pictures, 0))
    assert np.mean(one != pictures) > 0.3


def test_weights_take_two_bytes_each(files: dict[str, Path]) -> None:
    for path in files.values():
        weights = [weight for weight in onnx.load(path).graph.initializer if len(weight.dims) > 1]
        assert {weight.data_type for weight in weights} == {onnx.TensorProto.FLOAT16}


def test_a_weight_beyond_float16_is_refused(tmp_path: Path) -> None:
    translator = new_translator()
    torch.nn.init.constant_(translator.head.weight, 1e6)
    with pytest.raises(TrainingError, match="float16 does not hold"):
        write(translator_exports(translator, ("inpaint", "sketch"), 256, 320)[1], tmp_path / "model.onnx", FACTS)
    assert list(tmp_path.iterdir()) == []


def test_the_warm_up_has_the_size_that_it_is_made_for(files: dict[str, Path]) -> None:
    config = text_format.Parse(model_config(INPAINT, files[INPAINT]), triton.ModelConfig())
    warm_up: Any = config.model_warmup[0].inputs
    assert {name: list(warm_up[name].dims) for name in warm_up} == {"image": [320, 256, 3], "mask": [320, 256, 1]}


@pytest.mark.parametrize(("task", "about"), [("inpaint", "Fills the holes"), ("maps", "learnt from those of maps")])
def test_the_card_says_what_it_does_also_of_a_task_of_the_users_own(
    task: str, about: str, files: dict[str, Path]
) -> None:
    card = model_card(f"translator_{task}", facts(files[INPAINT]) | {"version": "1"})
    assert about in card
    assert "| loss | 1 |" in card


def test_a_trunk_is_exported_as_one_model_a_task_and_each_tells_its_own_figures(prepared: Path, tmp_path: Path) -> None:
    recipe = replace(TINY_TRANSLATOR, name="translator", tasks=("outpaint", "thresholds"), batch=2)
    trainer, feed = job(recipe, arguments(prepared, tmp_path), ALONE)
    train(trainer, recipe, feed, Budget(2), tmp_path)
    measured = {"outpaint_ssim": 0.5, "thresholds_ssim": 0.75, "face_encoder_sha256": "0" * 64}
    (tmp_path / "metrics.json").write_text(json.dumps(measured))
    commands.export(Namespace(kind="translator", run=tmp_path))
    for task in recipe.tasks:
        told = facts(tmp_path / "export" / f"translator_{task}" / "model.onnx")
        assert json.loads(told["metrics"]) == {"ssim": measured[f"{task}_ssim"]}
        assert told["face_encoder_sha256"] == "0" * 64
