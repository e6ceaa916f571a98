"""What a deployment tells the programs in its pods is what these understand."""

import os
import re
import tomllib
from typing import Final

import pytest

from serving.settings import Settings
from tests.deploy.manifests import BUILDS, SECRETS, Manifest, each_container, manifests, pod_of, ports
from tests.tools import ROOT

LAST_SECONDS: Final = 10
"""What docs/serving.md says is enough beyond the drain."""

OTHERS: Final = {"triton": {"HOME"}, "training": {"HOME", "JOB"}}
"""Variables of containers that are no gateway."""

overlays = pytest.mark.parametrize("build", BUILDS)
gateways = pytest.mark.parametrize(
    ("build", "name"), [*((build, "gateway") for build in BUILDS), ("triton-gpu-all", "gateway-canary")]
)


def gateway(build: str, name: str) -> tuple[Manifest, Manifest]:
    """The pod of a Deployment of gateways, and the container in it."""
    (deployment,) = (each for each in manifests(build, "Deployment") if each["metadata"]["name"] == name)
    pod = pod_of(deployment)
    (container,) = pod["spec"]["containers"]
    return pod, container


@pytest.fixture
def settings(build: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What ``phiz serve`` reads in that container."""
    for variable in [variable for variable in os.environ if variable.startswith("PHIZ_")]:
        monkeypatch.delenv(variable)
    _, container = gateway(build, name)
    (source,) = (each["configMapRef"]["name"] for each in container["envFrom"])
    (data,) = (each["data"] for each in manifests(build, "ConfigMap") if each["metadata"]["name"] == source)
    for variable, value in data.items():
        monkeypatch.setenv(variable, value)
    command, *flags = container["args"]
    assert command == "serve"
    return Settings.read(flags)


@gateways
def test_the_gateway_listens_where_it_is_looked_for(build: str, name: str, settings: Settings) -> None:
    pod, _ = gateway(build, name)
    assert ports(pod) == {"grpc": settings.grpc_port, "http": settings.http_port}
    assert settings.host == "0.0.0.0"
    assert settings.http_host is None


@gateways
def test_the_models_lie_on_the_volume_that_is_filled_before(build: str, name: str, settings: Settings) -> None:
    pod, container = gateway(build, name)
    (mount,) = (each for each in container["volumeMounts"] if each["name"] == "models")
    assert mount["readOnly"] is True
    assert mount["mountPath"] == str(settings.model_repository.parent)
    for seed in pod["spec"].get("initContainers", ()):
        assert seed["volumeMounts"] == [{"name": "models", "mountPath": mount["mountPath"]}]
        assert f"cd {mount['mountPath']}\n" in seed["command"][-1]
    assert settings.model_repository.name == {"gateway": "repository", "gateway-canary": "canary"}[name]


@gateways
def test_triton_is_asked_for_where_it_answers_and_serves_the_same_models(
    build: str, name: str, settings: Settings
) -> None:
    services = {each["metadata"]["name"]: each for each in manifests(build, "Service")}
    assert (settings.triton is not None) is ("triton" in services and name == "gateway")
    if settings.triton is not None:
        host, port = settings.triton.split(":")
        assert int(port) in {each["port"] for each in services[host]["spec"]["ports"] if each["name"] == "grpc"}
        (triton,) = (each for each in manifests(build, "Deployment") if each["metadata"]["name"] == host)
        (container,) = pod_of(triton)["spec"]["containers"]
        assert f"--model-repository={settings.model_repository}" in container["args"]


@gateways
def test_files_that_settings_name_are_in_mounted_secrets(build: str, name: str, settings: Settings) -> None:
    pod, container = gateway(build, name)
    secrets = {each["name"]: each["secret"]["secretName"] for each in pod["spec"]["volumes"] if "secret" in each}
    mounted = {
        f"{mount['mountPath']}/{key}"
        for mount in container["volumeMounts"]
        for key in SECRETS.get(secrets.get(mount["name"], ""), ())
    }
    named = (settings.tls_cert, settings.tls_key, settings.tls_client_ca, settings.api_keys)
    assert {str(file) for file in named if file is not None} == mounted


@gateways
def test_the_kubelet_is_not_asked_to_speak_tls(build: str, name: str, settings: Settings) -> None:
    _, container = gateway(build, name)
    assert ("grpc" in container["readinessProbe"]) is (settings.tls_cert is None)


@gateways
def test_a_pod_has_time_to_drain(build: str, name: str, settings: Settings) -> None:
    pod, container = gateway(build, name)
    program, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "sleep"
    needed = int(seconds) + settings.drain_seconds + LAST_SECONDS
    assert pod["spec"]["terminationGracePeriodSeconds"] >= needed


@overlays
def test_triton_has_time_to_end_what_it_runs(build: str) -> None:
    for each in manifests(build, "Deployment"):
        if each["metadata"]["name"] == "triton":
            spec = pod_of(each)["spec"]
            (container,) = spec["containers"]
            (last,) = re.findall(r"--exit-timeout-secs=(\d+)", " ".join(container["args"]))
            wait = container["lifecycle"]["preStop"]["exec"]["command"][1]
            assert spec["terminationGracePeriodSeconds"] > int(wait) + int(last)


@gateways
def test_it_is_killed_only_where_it_hangs(build: str, name: str) -> None:
    """Readiness, which Triton's absence takes away, never restarts anything."""
    _, container = gateway(build, name)
    for probe in ("startupProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"] == "/livez"


@overlays
def test_every_variable_is_known(build: str) -> None:
    for _, container in each_container(build):
        known = OTHERS.get(container["name"], set())
        assert {variable["name"] for variable in container.get("env", ())} == known


@overlays
def test_every_image_is_pinned_and_ours_are_of_this_version(build: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for _, container in each_container(build):
        image, _, tag = container["image"].rpartition(":")
        assert image
        assert re.fullmatch(r"v?\d[\w.-]*", tag)
        assert not image.startswith("phiz-") or tag == version


def test_triton_is_the_one_of_the_other_deployments() -> None:
    image = re.compile(r"nvcr\.io/nvidia/tritonserver:[\w.-]+")
    files = (file for file in (ROOT / "deploy").rglob("*") if file.suffix in {".yaml", ".Dockerfile"})
    assert len({found for file in files for found in image.findall(file.read_text())}) == 1
