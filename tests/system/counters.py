"""What a gateway has counted, and waiting until it has."""

import time
from collections.abc import Callable

from serving.gateway import Gateway


def wait_until(reached: Callable[[], bool]) -> None:
    """Returns as soon as ``reached`` is true; TimeoutError after a minute."""
    give_up = time.monotonic() + 60
    while not reached():
        if time.monotonic() > give_up:
            raise TimeoutError
        time.sleep(0.05)


def faces_made(gateway: Gateway) -> float:
    """Faces that the generator has begun so far."""
    return gateway.metrics.registry.get_sample_value("phiz_batch_size_sum", {"model": "generator"}) or 0


def streams_ended(gateway: Gateway, method: str, code: str) -> float:
    """Calls of a streaming method that have ended with a code."""
    labels = {"grpc_type": "server_stream", "grpc_service": "phiz.v1.Phiz", "grpc_method": method, "grpc_code": code}
    return gateway.metrics.registry.get_sample_value("grpc_server_handled_total", labels) or 0
