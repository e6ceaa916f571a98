"""A name of several addresses, as of a headless Service: the client itself spreads its calls over the gateways."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from phiz.client import Client
from serving.gateway import Gateway
from serving.local import gateway_thread
from serving.settings import Settings
from tests.balancer.names import NameServer

ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")


@contextmanager
def serving(models: Path, host: str, port: int = 0) -> Iterator[Gateway]:
    with gateway_thread(Settings(model_repository=models, host=host, grpc_port=port, http_port=0)) as gateway:
        yield gateway


@pytest.fixture
def port(one_model: Path) -> int:
    """One that is free at all addresses, most probably: all gateways of a name have the same."""
    with serving(one_model, ADDRESSES[0]) as gateway:
        return int(gateway.target.rpartition(":")[2])


def answered(gateway: Gateway) -> float:
    labels = {"grpc_type": "unary", "grpc_service": "phiz.v1.Phiz", "grpc_method": "ListModels", "grpc_code": "OK"}
    return gateway.metrics.registry.get_sample_value("grpc_server_handled_total", labels) or 0


def test_a_client_asks_all_gateways_of_a_name(one_model: Path, port: int) -> None:
    with ExitStack() as stack:
        gateways = [stack.enter_context(serving(one_model, address, port)) for address in ADDRESSES[:2]]
        names = stack.enter_context(NameServer(ADDRESSES[:2]))
        client = stack.enter_context(Client(f"dns://{names.authority}/phiz.test:{port}"))
        while min(map(answered, gateways)) == 0:
            client.list_models()
        before = [answered(gateway) for gateway in gateways]
        for _ in range(20):
            client.list_models()
        assert [answered(gateway) - was for gateway, was in zip(gateways, before, strict=True)] == [10, 10]


def test_a_client_follows_gateways_that_are_all_replaced_at_other_addresses(one_model: Path, port: int) -> None:
    """One right after the other, as in a rolling update of Kubernetes, whose pods get new addresses."""
    with ExitStack() as stack:
        old = [stack.enter_context(ExitStack()) for _ in range(2)]
        for pod, address in zip(old, ADDRESSES[:2], strict=True):
            pod.enter_context(serving(one_model, address, port))
        names = stack.enter_context(NameServer(ADDRESSES[:2]))
        client = stack.enter_context(Client(f"dns://{names.authority}/phiz.test:{port}"))
        assert client.list_models().models
        new = []
        for pod, address in zip(old, ADDRESSES[2:], strict=True):
            new.append(stack.enter_context(serving(one_model, address, port)))
            names.addresses = [*names.addresses[1:], address]
            pod.close()
            assert client.list_models().models
        while min(map(answered, new)) == 0:
            client.list_models()
