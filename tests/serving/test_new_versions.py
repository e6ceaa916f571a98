"""Versions that are published while an embedded engine runs."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from serving.engine.base import ModelVersion
from serving.engine.embedded import EmbeddedEngine
from serving.engine.repository import read_repository
from serving.errors import ModelNotFound
from serving.metrics import Metrics
from tests.serving.adders import publish_adder, rows
from tests.serving.waiting import until

OFTEN_SECONDS = 0.01


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def engine(tmp_path: Path, metrics: Metrics) -> AsyncIterator[EmbeddedEngine]:
    """Has version 1 of the adder and follows the repository."""
    publish_adder(tmp_path, 1)
    opened = await EmbeddedEngine.open(read_repository(tmp_path), metrics, intra_op_threads=1)
    opened.follow(tmp_path, OFTEN_SECONDS)
    yield opened
    await opened.close()


async def until_version(engine: EmbeddedEngine, version: int) -> None:
    await until(lambda: engine.models["adder"].id.version == version)


async def ask(engine: EmbeddedEngine, model: ModelVersion) -> float:
    return float((await engine.infer(model, rows(10))).outputs["y"][0, 0])


async def test_requests_go_on_with_what_they_have_and_new_ones_get_the_new_version(
    engine: EmbeddedEngine, tmp_path: Path, metrics: Metrics
) -> None:
    def ready(version: int) -> float | None:
        return metrics.registry.get_sample_value("phiz_model_ready", {"model": "adder", "version": str(version)})

    with engine.hold() as held:
        publish_adder(tmp_path, 2)
        await until_version(engine, 2)
        assert await ask(engine, held["adder"].id) == 11
        assert await ask(engine, engine.models["adder"].id) == 12
        assert (ready(1), ready(2)) == (1, 1)
    assert (ready(1), ready(2)) == (0, 1)
    with pytest.raises(ModelNotFound):
        await ask(engine, held["adder"].id)


async def test_no_request_fails_while_versions_come_and_go(engine: EmbeddedEngine, tmp_path: Path) -> None:
    versions_seen = set()

    async def request() -> None:
        with engine.hold() as models:
            model = models["adder"].id
            answers = await asyncio.gather(*(ask(engine, model) for _ in range(3)))
        assert answers == [10 + model.version] * 3
        versions_seen.add(model.version)

    async def keep_asking() -> None:
        while True:
            await request()

    callers = [asyncio.create_task(keep_asking()) for _ in range(4)]
    for version in (2, 3, 4):
        publish_adder(tmp_path, version)
        await until_version(engine, version)
        await request()
    for caller in callers:
        assert not caller.done()
        caller.cancel()
    assert versions_seen >= {1, 4}


async def test_without_the_newest_version_the_one_before_serves_again(engine: EmbeddedEngine, tmp_path: Path) -> None:
    publish_adder(tmp_path, 2)
    await until_version(engine, 2)
    shutil.rmtree(tmp_path / "adder" / "2")
    await until_version(engine, 1)
    assert await ask(engine, engine.models["adder"].id) == 11


async def test_a_damaged_version_is_told_once_and_the_old_one_serves(
    engine: EmbeddedEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unfinished = tmp_path / "adder" / ".2"
    unfinished.mkdir()
    (unfinished / "model.onnx").write_bytes(b"not a model")
    with caplog.at_level(logging.WARNING):
        unfinished.rename(tmp_path / "adder" / "2")
        await until(lambda: bool(caplog.records))
        await asyncio.sleep(10 * OFTEN_SECONDS)
    assert ["adder/2/model.onnx" in record.message for record in caplog.records] == [True]
    assert await ask(engine, engine.models["adder"].id) == 11
    publish_adder(tmp_path, 3)
    await until_version(engine, 3)


async def test_a_generator_waits_for_its_mapping(tmp_path: Path) -> None:
    """Families are published one model after the other; until the last has come, the old ones serve together."""
    for name in ("mapping", "generator"):
        publish_adder(tmp_path, 1, name, {"generator_digest": "aa"})
    engine = await EmbeddedEngine.open(read_repository(tmp_path), Metrics(), intra_op_threads=1)
    engine.follow(tmp_path, OFTEN_SECONDS)

    def versions() -> set[int]:
        return {model.id.version for model in engine.models.values()}

    publish_adder(tmp_path, 2, "mapping", {"generator_digest": "bb"})
    await asyncio.sleep(10 * OFTEN_SECONDS)
    assert versions() == {1}
    publish_adder(tmp_path, 2, "generator", {"generator_digest": "bb"})
    await until(lambda: versions() == {2})
    await engine.close()
