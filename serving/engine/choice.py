"""Which engine runs the models."""

from serving.engine.base import Engine
from serving.engine.cores import usable_cores
from serving.engine.embedded import EmbeddedEngine
from serving.engine.repository import read_repository
from serving.engine.triton import TritonEngine
from serving.metrics import Metrics
from serving.settings import Settings


async def open_engine(settings: Settings, metrics: Metrics) -> Engine:
    """Opens the engine that the settings name, and has it follow the model repository.

    Raises:
        StartupError: the repository or a model will not do.
    """
    specs = read_repository(settings.model_repository)
    engine: EmbeddedEngine | TritonEngine
    if settings.triton is None:
        threads = settings.intra_op_threads or max(1, usable_cores() // settings.workers)
        engine = await EmbeddedEngine.open(specs, metrics, threads)
    else:
        engine = await TritonEngine.open(settings.triton, specs, metrics, settings.triton_silence_seconds)
    if settings.repository_poll_seconds:
        engine.follow(settings.model_repository, settings.repository_poll_seconds)
    return engine
