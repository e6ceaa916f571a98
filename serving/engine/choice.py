"""Which engine runs the models."""

import grpc

from phiz.credentials import tls
from serving.engine.base import Engine
from serving.engine.cores import usable_cores
from serving.engine.embedded import EmbeddedEngine
from serving.engine.repository import read_repository
from serving.engine.triton import TritonEngine
from serving.errors import CredentialsInvalid
from serving.metrics import Metrics
from serving.settings import Settings


async def open_engine(settings: Settings, metrics: Metrics) -> Engine:
    """Opens the engine that the settings name, and has it follow the model repository.

    Raises:
        StartupError: the repository, a model or a file of credentials will not do.
    """
    specs = read_repository(settings.model_repository)
    engine: EmbeddedEngine | TritonEngine
    if settings.triton is None:
        threads = settings.intra_op_threads or max(1, usable_cores() // settings.workers)
        engine = await EmbeddedEngine.open(specs, metrics, threads)
    else:
        credentials = _triton_credentials(settings)
        engine = await TritonEngine.open(settings.triton, specs, metrics, settings.triton_silence_seconds, credentials)
    if settings.repository_poll_seconds:
        engine.follow(settings.model_repository, settings.repository_poll_seconds)
    return engine


def _triton_credentials(settings: Settings) -> grpc.ChannelCredentials | None:
    """Raises:
    CredentialsInvalid: a file cannot be read or is not what it must be.
    """
    if settings.triton_tls_ca is None:
        return None
    try:
        return tls(settings.triton_tls_ca, settings.triton_tls_cert, settings.triton_tls_key)
    except ValueError as error:
        raise CredentialsInvalid(f"For Triton, {error}.") from error
