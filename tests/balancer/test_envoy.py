"""A real Envoy before two real gateways, TLS on both sides, by the configuration of deploy/balancer."""

import json
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from phiz.client import Client
from phiz.credentials import tls
from tests.balancer.gateways import PATIENCE_SECONDS, GatewayProcess
from tests.certificates import Authority, authority
from tests.system.counters import wait_until
from tests.tools import ROOT, ops_tool

pytestmark = pytest.mark.ops

CONFIGURATION: Final = ROOT / "deploy" / "balancer" / "envoy.yaml"
LOAD: Final = Path(__file__).with_name("load.js")
LOAD_SECONDS: Final = 60
CALLS_A_SECOND: Final = 10


@dataclass
class Envoy:
    """Where it takes calls, and where it tells of itself."""

    target: str
    admin: str

    def ready_gateways(self) -> int:
        """Gateways that it sends calls to."""
        clusters = json.loads(self._read("/clusters?format=json"))["cluster_statuses"]
        return sum(host["health_status"] == {"eds_health_status": "HEALTHY"} for host in clusters[0]["host_statuses"])

    def counted(self, name: str) -> int:
        """One of the counters of the cluster of gateways."""
        return int(self._read(f"/stats?filter=^cluster.gateways.{name}$").split()[-1])

    def _read(self, path: str) -> str:
        with urllib.request.urlopen(f"http://{self.admin}{path}") as response:
            body: bytes = response.read()
        return body.decode()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture
def gateways(generating_models: Path, ours: Authority) -> Iterator[list[GatewayProcess]]:
    identity = ours.issue("gateway")
    with (
        GatewayProcess(generating_models, "127.0.0.1:0", identity) as one,
        GatewayProcess(generating_models, "127.0.0.1:0", identity) as other,
    ):
        yield [one, other]


@contextmanager
def balancing(gateways: list[GatewayProcess], ours: Authority, folder: Path) -> Iterator[Envoy]:
    """Envoy, once it knows that all gateways are ready."""
    ports = free_ports(2)
    configuration = folder / "envoy.yaml"
    configuration.write_text(yaml.safe_dump(here(yaml.safe_load(CONFIGURATION.read_text()), gateways, ours, ports)))
    options = ("--concurrency", "1", "--log-level", "error", "--disable-hot-restart")
    with running(ops_tool("envoy"), "--config-path", str(configuration), *options):
        envoy = Envoy(f"localhost:{ports[0]}", f"127.0.0.1:{ports[1]}")
        wait_until(lambda: is_open(ports[1]))
        wait_until(lambda: envoy.ready_gateways() == len(gateways))
        yield envoy


@contextmanager
def running(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """A program that is ended when the test is, whatever became of it."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def here(configuration: Any, gateways: list[GatewayProcess], ours: Authority, ports: list[int]) -> Any:
    """The shipped configuration with the addresses, names and files of this test."""
    own = ours.issue("balancer")
    text = json.dumps(configuration)
    for shipped, file in (("tls.crt", own.certificate), ("tls.key", own.key), ("ca.crt", ours.certificate)):
        assert f"/etc/envoy/tls/{shipped}" in text
        text = text.replace(f"/etc/envoy/tls/{shipped}", str(file))
    changed = json.loads(text)
    changed["static_resources"]["listeners"][0]["address"] = address("127.0.0.1", ports[0])
    changed["admin"]["address"] = address("127.0.0.1", ports[1])
    cluster = changed["static_resources"]["clusters"][0]
    endpoints = cluster["load_assignment"]["endpoints"][0]
    assert [each["endpoint"]["address"] for each in endpoints["lb_endpoints"]] == [address("gateway", 8510)]
    endpoints["lb_endpoints"] = [
        {"endpoint": {"address": address("127.0.0.1", int(each.address.rpartition(":")[2]))}} for each in gateways
    ]
    cluster["transport_socket"]["typed_config"]["sni"] = "localhost"
    names = cluster["transport_socket"]["typed_config"]["common_tls_context"]["validation_context"]
    names["match_typed_subject_alt_names"][0]["matcher"]["exact"] = "localhost"
    return changed


def address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}


def free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def is_open(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def test_both_gateways_are_asked(gateways: list[GatewayProcess], ours: Authority, tmp_path: Path) -> None:
    with (
        balancing(gateways, ours, tmp_path) as envoy,
        Client(envoy.target, credentials=tls(ours.certificate)) as client,
    ):
        for seed in range(20):
            assert client.generate(1, seed=seed).faces
        assert min(gateway.answered() for gateway in gateways) > 0


def test_a_rolling_restart_under_load_loses_no_call(
    gateways: list[GatewayProcess], ours: Authority, tmp_path: Path
) -> None:
    """k6 tries nothing again: what a gateway refuses as it stops, Envoy takes to the other one."""
    with balancing(gateways, ours, tmp_path) as envoy:
        summary = tmp_path / "summary.json"
        environment = {
            "TARGET": envoy.target,
            "AUTHORITY": ours.certificate,
            "PROTO": ROOT / "proto",
            "RATE": CALLS_A_SECOND,
            "SECONDS": LOAD_SECONDS,
        }
        variables = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        options = ("--quiet", "--no-usage-report", "--summary-export", str(summary))
        with running(ops_tool("k6"), "run", *options, *variables, str(LOAD)) as load:
            wait_until(lambda: min(gateway.answered() for gateway in gateways) > 10)
            for gateway in gateways:
                gateway.restart()
                wait_until(lambda: envoy.ready_gateways() == len(gateways))
            wait_until(lambda: min(gateway.answered() for gateway in gateways) > 10)
            assert load.poll() is None, "the load ended before the restarts did"
            output, _ = load.communicate(timeout=LOAD_SECONDS + PATIENCE_SECONDS)
        metrics = json.loads(summary.read_text())["metrics"]
        assert metrics["answered"]["count"] == metrics["iterations"]["count"], output
        assert metrics["iterations"]["count"] > CALLS_A_SECOND * LOAD_SECONDS / 2
        assert envoy.counted("upstream_rq_retry_success") > 0
