"""What is told of a server that starts, and how long connections last."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.gateway import Gateway
from serving.local import gateway_thread
from serving.settings import Settings
from tests.system.counters import wait_until


def probe(port: int, path: str, host: str = "127.0.0.1") -> int:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}{path}") as response:
            status: int = response.status
    except urllib.error.HTTPError as error:
        return error.code
    return status


async def test_it_lives_at_once_and_is_ready_when_its_models_are(one_model: Path) -> None:
    gateway = Gateway(Settings(model_repository=one_model, grpc_port=0, http_port=0))
    starting = asyncio.create_task(gateway.start())
    await asyncio.sleep(0)
    # Asked without leaving the event loop: the start cannot go on meanwhile.
    assert [probe(gateway.http_port, path) for path in ("/livez", "/readyz")] == [200, 503]
    await starting
    assert [probe(gateway.http_port, path) for path in ("/livez", "/readyz")] == [200, 200]
    await gateway.stop()


def test_probes_and_metrics_may_have_an_address_of_their_own(one_model: Path) -> None:
    settings = Settings(model_repository=one_model, grpc_port=0, http_port=0, http_host="127.0.0.2")
    with gateway_thread(settings) as gateway:
        assert gateway.target.startswith("127.0.0.1:")
        assert probe(gateway.http_port, "/metrics", settings.probes_host) == 200
        with pytest.raises(urllib.error.URLError):
            probe(gateway.http_port, "/metrics")


def test_the_contract_can_be_kept_from_who_asks_for_it(one_model: Path) -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    settings = Settings(model_repository=one_model, grpc_port=0, http_port=0, reflection=False)
    with gateway_thread(settings) as gateway, grpc.insecure_channel(gateway.target) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            list(stub.ServerReflectionInfo(iter([request])))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_connection_that_is_too_old_is_ended_and_the_next_call_makes_another(one_model: Path) -> None:
    settings = Settings(model_repository=one_model, grpc_port=0, http_port=0, max_connection_age_seconds=1.0)
    states: list[grpc.ChannelConnectivity] = []
    with gateway_thread(settings) as gateway, grpc.insecure_channel(gateway.target) as channel:
        channel.subscribe(states.append)
        for connections in (1, 2):
            PhizStub(channel).ListModels(phiz_pb2.ListModelsRequest(), timeout=60)
            # The states are told by a thread of their own, which may be later than the answer.
            wait_until(partial(_connected_and_left, states, connections))


def _connected_and_left(states: Sequence[grpc.ChannelConnectivity], times: int) -> bool:
    ready = grpc.ChannelConnectivity.READY
    return states.count(ready) == times and states[-1] is not ready
