"""The embedded engine on the repository's own models, and on copies that were spoilt."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from serving.engine.base import Engine, ModelVersion, Tensor, Tensors
from serving.engine.embedded import EmbeddedEngine
from serving.engine.repository import read_repository
from serving.errors import ModelInvalid, ModelNotFound
from serving.latents import z_from_seed
from serving.metrics import Metrics
from serving.settings import Settings
from tests.serving.adders import publish_adder, rows


async def open_engine(folder: Path) -> EmbeddedEngine:
    return await EmbeddedEngine.open(read_repository(folder), Metrics(), intra_op_threads=0)


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    opened = await open_engine(Settings().model_repository)
    yield opened
    await opened.close()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the model repository."""
    return Path(shutil.copytree(Settings().model_repository, tmp_path / "models"))


def newest(folder: Path) -> Path:
    return max(folder.glob("*/model.onnx"), key=lambda file: int(file.parent.name))


def mapping_inputs(engine: Engine, *seeds: int) -> Tensors:
    (size,) = engine.models["mapping"].inputs["z"].shape
    z = np.stack([z_from_seed(seed, size) for seed in seeds])
    return {"z": z, "truncation": np.full((len(seeds), 1), 0.7, np.float32)}


async def test_every_model_is_ready_and_tells_its_origin(engine: Engine) -> None:
    assert {"mapping", "generator", "inverter", "colorizer"} <= engine.models.keys()
    for model in engine.models.values():
        assert model.ready
        assert {"recipe", "dataset_digest", "metrics"} <= model.metadata.keys()


async def test_an_inference_tells_its_model_and_its_time(engine: Engine) -> None:
    answer = await engine.infer(engine.models["mapping"].id, mapping_inputs(engine, 7))
    mapping = engine.models["mapping"]
    assert answer.model == mapping.id
    assert mapping.outputs["w_plus"].accepts(answer.outputs["w_plus"])
    assert answer.queue_seconds >= 0
    assert answer.infer_seconds > 0


async def test_a_row_is_the_same_whichever_rows_run_beside_it(engine: Engine) -> None:
    """The pixels; how many rows share a batch must not show."""
    count = engine.models["generator"].max_batch_size
    latents = (await engine.infer(engine.models["mapping"].id, mapping_inputs(engine, *range(count)))).outputs["w_plus"]
    together = (await engine.infer(engine.models["generator"].id, {"w_plus": latents})).outputs["image"]
    for row in range(count):
        alone = (await engine.infer(engine.models["generator"].id, {"w_plus": latents[row : row + 1]})).outputs["image"]
        assert np.array_equal(alone[0], together[row])


async def test_concurrent_calls_get_their_own_answers(engine: Engine) -> None:
    calls = [engine.infer(engine.models["mapping"].id, mapping_inputs(engine, seed)) for seed in range(20)]
    for seed, answer in enumerate(await asyncio.gather(*calls)):
        alone = await engine.infer(engine.models["mapping"].id, mapping_inputs(engine, seed))
        np.testing.assert_allclose(answer.outputs["w_plus"], alone.outputs["w_plus"], rtol=1e-4, atol=1e-5)


async def test_an_unknown_model_is_not_found(engine: Engine) -> None:
    with pytest.raises(ModelNotFound):
        await engine.infer(ModelVersion("translator", 1), {})


@pytest.mark.parametrize("wrong", [np.zeros((1, 3), np.float32), np.zeros((1, 64), np.float64)])
async def test_inputs_that_do_not_fit_are_an_error_of_the_program(engine: Engine, wrong: Tensor) -> None:
    with pytest.raises(ValueError, match="z has"):
        await engine.infer(engine.models["mapping"].id, {"z": wrong, "truncation": np.ones((1, 1), np.float32)})


async def test_a_file_that_is_no_model_stops_the_start(copied: Path) -> None:
    newest(copied / "colorizer").write_bytes(b"not a model")
    with pytest.raises(ModelInvalid, match="colorizer"):
        await open_engine(copied)


async def test_a_generator_that_its_inverter_does_not_know_stops_the_start(copied: Path) -> None:
    """Latents of one generator mean nothing to another: better no answer than a stranger's face."""
    file = newest(copied / "generator")
    model = onnx.load(file)
    (digest,) = (entry for entry in model.metadata_props if entry.key == "generator_digest")
    digest.value = "0123"
    onnx.save(model, file)
    with pytest.raises(ModelInvalid, match="0123"):
        await open_engine(copied)


async def test_a_model_that_does_not_fit_its_config_stops_the_start(copied: Path) -> None:
    config = copied / "colorizer" / "config.pbtxt"
    config.write_text(config.read_text().replace('"chroma"', '"colour"'))
    with pytest.raises(ModelInvalid, match="chroma"):
        await open_engine(copied)


async def test_a_model_for_a_gpu_runs_on_the_cpu_where_there_is_none_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish_adder(tmp_path, 1)
    config = tmp_path / "adder" / "config.pbtxt"
    config.write_text(config.read_text().replace("count: 1 } ]", "count: 1 kind: KIND_GPU } ]"))
    engine = await open_engine(tmp_path)
    assert (await engine.infer(engine.models["adder"].id, rows(10))).outputs["y"] == 11
    await engine.close()
    (warning,) = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert "adder" in warning
    assert "GPU" in warning
