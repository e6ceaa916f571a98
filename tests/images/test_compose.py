"""deploy/compose: what it names is there, and what listens at a port is what is expected there."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import yaml

from serving.settings import Settings
from tests.images.dockerfiles import environment, instructions
from tests.tools import ROOT, system_tool

COMPOSE: Final = ROOT / "deploy" / "compose"
MONITORING: Final = ROOT / "deploy" / "monitoring"
WELL_KNOWN: Final = {"prometheus": {9090}, "alertmanager": {9093}, "grafana": {3000}}
"""Where the public images listen."""

File = Mapping[str, Any]


def read(path: Path) -> File:
    content: File = yaml.safe_load(path.read_text())
    return content


@pytest.fixture(scope="module")
def services() -> Mapping[str, File]:
    content: Mapping[str, File] = read(COMPOSE / "compose.yaml")["services"]
    return content


def listening(service: str, services: Mapping[str, File]) -> set[int]:
    """The ports of a service: what its Dockerfile exposes, where it has one."""
    if service in WELL_KNOWN:
        return WELL_KNOWN[service]
    dockerfile = Path(services[service]["build"]["dockerfile"]).name
    return {int(port) for name, ports in instructions(dockerfile) if name == "EXPOSE" for port in ports.split()}


def mounts(services: Mapping[str, File]) -> list[tuple[str, list[str]]]:
    return [(name, volume.split(":")) for name, service in services.items() for volume in service.get("volumes", [])]


def test_what_is_mounted_is_there_and_not_written_to(services: Mapping[str, File]) -> None:
    for name, (source, target, *mode) in mounts(services):
        if source.startswith("."):
            assert (COMPOSE / source).exists(), f"{name} mounts {source}"
            assert mode == ["ro"]
        else:
            assert source in read(COMPOSE / "compose.yaml")["volumes"]
        assert target.startswith("/")


def test_what_is_mounted_is_where_its_readers_look(services: Mapping[str, File]) -> None:
    targets = [(name, target) for name, (_, target, *_) in mounts(services)]
    (provider,) = read(MONITORING / "grafana" / "provisioning" / "dashboards" / "phiz.yaml")["providers"]
    assert ("grafana", provider["options"]["path"]) in targets
    for rules in read(MONITORING / "prometheus.yaml")["rule_files"]:
        assert ("prometheus", f"/etc/prometheus/{Path(rules).parent}") in targets
    models = environment("gateway.Dockerfile")["PHIZ_MODEL_REPOSITORY"]
    assert ("gateway", models) in targets
    assert ("triton", models) in targets
    (command,) = [arguments for name, arguments in instructions("triton.Dockerfile") if name == "CMD"]
    assert f"--model-repository={models}" in json.loads(command)


def test_every_setting_is_one(services: Mapping[str, File]) -> None:
    names = [name for name in services["gateway"]["environment"] if name.startswith("PHIZ_")]
    assert names
    assert {name.removeprefix("PHIZ_").lower() for name in names} <= set(Settings.model_fields)


def test_the_gateway_listens_where_its_settings_say(services: Mapping[str, File]) -> None:
    defaults = Settings()
    assert listening("gateway", services) == {defaults.grpc_port, defaults.http_port}


def test_ports_are_published_to_this_machine_only(services: Mapping[str, File]) -> None:
    published = {name: [port.split(":") for port in service.get("ports", [])] for name, service in services.items()}
    assert set(published) == {"gateway", "triton", "prometheus", "alertmanager", "grafana"}
    assert published["triton"] == []
    for name, ports in published.items():
        for address, outside, inside in ports:
            assert address == "127.0.0.1"
            assert int(inside) in listening(name, services)
            assert outside == inside


def test_services_find_each_other(services: Mapping[str, File]) -> None:
    prometheus = read(MONITORING / "prometheus.yaml")
    (source,) = read(MONITORING / "grafana" / "provisioning" / "datasources" / "prometheus.yaml")["datasources"]
    alertmanagers = prometheus["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    scraped = [
        f"{found['names'][0]}:{found['port']}"
        for job in prometheus["scrape_configs"]
        for found in job["dns_sd_configs"]
    ]
    named = [services["gateway"]["environment"]["PHIZ_TRITON"], urlsplit(source["url"]).netloc, *alertmanagers]
    for host, _, port in (each.partition(":") for each in [*named, *scraped]):
        if host in services:
            assert int(port) in listening(host, services)
        else:
            assert host == "training-metrics"  # of whoever trains


def test_nothing_may_do_more_than_it_needs(services: Mapping[str, File]) -> None:
    for service in services.values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_image_is_pinned(services: Mapping[str, File]) -> None:
    assert all(re.search(r":v?\d+\.\d+\.\d+$", service["image"]) for service in services.values())


def test_the_gateway_has_time_to_drain(services: Mapping[str, File]) -> None:
    assert int(services["gateway"]["stop_grace_period"].removesuffix("s")) > Settings().drain_seconds


def test_the_override_adds_a_gpu_to_what_is_there(services: Mapping[str, File]) -> None:
    overridden = read(COMPOSE / "compose.gpu.yaml")["services"]
    assert set(overridden) == {"triton"} <= set(services)
    (device,) = overridden["triton"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]


@pytest.mark.ops
def test_compose_takes_the_files(tmp_path: Path, services: Mapping[str, File]) -> None:
    """Docker's plugin where there is one, else Debian's older program, which knows no name of a project."""
    content = dict(read(COMPOSE / "compose.yaml"))
    program = ["docker", "compose"]
    if subprocess.run([*program, "version"], capture_output=True, check=False).returncode != 0:
        program = [system_tool("docker-compose", "docker-compose")]
        del content["name"]
    file = tmp_path / "compose.yaml"
    file.write_text(json.dumps(content))
    command = [*program, "--project-directory", str(COMPOSE), "--file", str(file)]
    command += ["--file", str(COMPOSE / "compose.gpu.yaml"), "config"]
    shown = yaml.safe_load(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert set(shown["services"]) == set(services)
    assert shown["services"]["triton"]["deploy"]["resources"]["reservations"]["devices"]
