"""What the shipped configuration of Envoy has to agree on with the gateways' settings."""

from typing import Any, Final

import pytest
import yaml

from serving.metrics import SERVICE
from serving.settings import Settings
from tests.tools import ROOT

CONFIGURATION: Final = ROOT / "deploy" / "balancer" / "envoy.yaml"


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(CONFIGURATION.read_text())["static_resources"]
    return content


@pytest.fixture(scope="module")
def connections(resources: dict[str, Any]) -> dict[str, Any]:
    """How Envoy deals with callers."""
    (chain,) = resources["listeners"][0]["filter_chains"]
    settings: dict[str, Any] = chain["filters"][0]["typed_config"]
    return settings


def test_it_sends_calls_to_where_gateways_listen_and_asks_them_for_their_health(resources: dict[str, Any]) -> None:
    (cluster,) = resources["clusters"]
    (endpoint,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert endpoint["endpoint"]["address"]["socket_address"]["port_value"] == Settings().grpc_port
    assert cluster["health_checks"][0]["grpc_health_check"]["service_name"] == SERVICE.full_name


def test_it_waits_longer_than_a_request_may_take(connections: dict[str, Any]) -> None:
    assert int(connections["stream_idle_timeout"].removesuffix("s")) > Settings().max_request_seconds


def test_it_can_send_a_photograph_again(connections: dict[str, Any]) -> None:
    (route,) = connections["route_config"]["virtual_hosts"][0]["routes"]
    assert route["request_body_buffer_limit"] > Settings().max_image_bytes
