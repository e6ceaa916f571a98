"""What resources of a deployment say of each other is so: an API server takes them even if it is not."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.deploy.manifests import (
    BUILDS,
    KUBERNETES,
    SECRETS,
    WORKLOADS,
    Manifest,
    containers,
    manifests,
    pod_of,
    pods,
    ports,
    selected,
)

overlays = pytest.mark.parametrize("build", BUILDS)


def by_name(build: str, kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in manifests(build, kind)}


def lasting(build: str) -> list[Manifest]:
    """The deployments, without the canary: that is one pod, for a while."""
    return [each for each in manifests(build, "Deployment") if each["metadata"]["name"] != "gateway-canary"]


@overlays
def test_all_is_in_one_namespace(build: str) -> None:
    (namespace,) = by_name(build, "Namespace")
    apart = {each["metadata"].get("namespace") for each in manifests(build) if each["kind"] != "Namespace"}
    assert apart == {namespace}


@overlays
def test_a_deployment_selects_the_pods_that_it_makes(build: str) -> None:
    for each in manifests(build, "Deployment"):
        assert selected(each["spec"]["selector"]["matchLabels"], build) == [pod_of(each)]


@overlays
def test_a_budget_selects_the_pods_of_one_deployment(build: str) -> None:
    for each in manifests(build, "PodDisruptionBudget"):
        assert len(selected(each["spec"]["selector"]["matchLabels"], build)) == 1


@overlays
def test_each_deployment_has_a_budget_and_a_service(build: str) -> None:
    for each in lasting(build):
        name = each["metadata"]["name"]
        assert name in by_name(build, "Service")
        assert name in by_name(build, "PodDisruptionBudget")


@overlays
def test_a_service_leads_to_ports_of_its_pods_by_name(build: str) -> None:
    for each in manifests(build, "Service"):
        chosen = selected(each["spec"]["selector"], build)
        assert chosen
        for pod in chosen:
            for port in each["spec"]["ports"]:
                assert port["port"] == ports(pod)[port["targetPort"]]


@overlays
def test_probes_ask_ports_that_are_there(build: str) -> None:
    for each in manifests(build, "Deployment"):
        for container in pod_of(each)["spec"]["containers"]:
            own = {port["name"]: port["containerPort"] for port in container["ports"]}
            for name in ("startupProbe", "livenessProbe", "readinessProbe"):
                probe = container[name]
                if "grpc" in probe:
                    assert probe["grpc"]["port"] == own["grpc"]
                else:
                    assert probe["httpGet"]["port"] in own


@overlays
def test_network_policies_name_ports_of_the_pods_that_they_are_about(build: str) -> None:
    for each in manifests(build, "NetworkPolicy"):
        spec = each["spec"]
        chosen = selected(spec["podSelector"]["matchLabels"], build)
        assert chosen
        for rule in spec.get("ingress", ()):
            assert {port["port"] for port in rule["ports"]} <= ports(chosen[0]).keys()
        for rule in spec.get("egress", ()):
            for peer in rule["to"]:
                if "namespaceSelector" not in peer:
                    (other,) = selected(peer["podSelector"]["matchLabels"], build)
                    assert {port["port"] for port in rule["ports"]} <= ports(other).keys()


@overlays
def test_what_scales_has_no_number_of_replicas_of_its_own(build: str) -> None:
    scalers = manifests(build, "HorizontalPodAutoscaler", "ScaledObject")
    assert len(scalers) == (0 if build == "dev" else 1)
    for each in scalers:
        target = by_name(build, each["spec"]["scaleTargetRef"]["kind"])[each["spec"]["scaleTargetRef"]["name"]]
        assert "replicas" not in target["spec"]
        names = {container["name"] for container in containers(pod_of(target))}
        for metric in each["spec"].get("metrics", ()):
            assert metric.get("containerResource", {"container": "gateway"})["container"] in names
        for trigger in each["spec"].get("triggers", ()):
            assert trigger["metadata"].get("containerName", "gateway") in names


@overlays
def test_scraped_services_and_their_ports_are_there(build: str) -> None:
    monitors = by_name(build, "ServiceMonitor")
    for name in monitors.keys() & by_name(build, "Deployment").keys():
        spec = monitors[name]["spec"]
        labels = spec["selector"]["matchLabels"].items()
        (service,) = (each for each in manifests(build, "Service") if labels <= each["metadata"]["labels"].items())
        offered = {port["name"] for port in service["spec"]["ports"]}
        assert {endpoint["port"] for endpoint in spec["endpoints"]} <= offered


@overlays
def test_scraped_pods_have_the_port_that_is_named(build: str) -> None:
    for name, monitor in by_name(build, "PodMonitor").items():
        chosen = selected(monitor["spec"]["selector"]["matchLabels"], build)
        assert chosen or name == "training", "trainings are there or not"
        for pod in chosen:
            assert {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]} <= ports(pod).keys()


def test_the_progress_of_trainings_is_read_where_they_write_it() -> None:
    (job,) = manifests("triton-gpu-all", "Job")
    told = {each["name"]: each for each in containers(pod_of(job))}
    (folder,) = (arg.partition("=")[2] for arg in told["progress"]["args"] if "textfile.directory" in arg)
    script = (KUBERNETES / "training" / "train.sh").read_text()
    assert folder == "/srv/training/runs/*/*"
    assert "run=/srv/training/runs/" in script
    assert '--out "$run/generator"' in script


def source(volume: Mapping[str, Any]) -> tuple[str, str]:
    """The kind and the name of what a volume is made of."""
    for key, kind, field in (
        ("configMap", "ConfigMap", "name"),
        ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
        ("secret", "Secret", "secretName"),
    ):
        if key in volume:
            return kind, volume[key][field]
    assert volume.keys() == {"name", "emptyDir"}
    return "emptyDir", ""


@overlays
def test_volumes_accounts_and_settings_are_there(build: str) -> None:
    there = {(each["kind"], each["metadata"]["name"]) for each in manifests(build)}
    there |= {("Secret", name) for name in SECRETS} | {("emptyDir", "")}
    for pod in pods(build).values():
        wanted = {source(volume) for volume in pod["spec"]["volumes"]}
        wanted.add(("ServiceAccount", pod["spec"]["serviceAccountName"]))
        for container in containers(pod):
            wanted |= {("ConfigMap", each["configMapRef"]["name"]) for each in container.get("envFrom", ())}
            assert {mount["name"] for mount in container["volumeMounts"]} <= {
                volume["name"] for volume in pod["spec"]["volumes"]
            }
        assert wanted <= there


@overlays
def test_pods_of_one_deployment_are_spread_over_nodes(build: str) -> None:
    for each in lasting(build):
        spread = pod_of(each)["spec"]["topologySpreadConstraints"]
        assert "kubernetes.io/hostname" in {constraint["topologyKey"] for constraint in spread}
        for constraint in spread:
            assert constraint["labelSelector"] == each["spec"]["selector"]


@overlays
def test_every_pod_has_labels_that_the_policies_know(build: str) -> None:
    """A pod that no policy selects may be reached from everywhere, and reach everything."""
    (deny,) = (each for each in manifests(build, "NetworkPolicy") if each["metadata"]["name"] == "deny-all")
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not deny["spec"].keys() & {"ingress", "egress"}
    assert selected(deny["spec"]["podSelector"]["matchLabels"], build) == list(pods(build).values())
    assert len(pods(build)) == len(manifests(build, *WORKLOADS))


def test_a_canary_gets_its_part_of_the_requests() -> None:
    (service,) = (each for each in manifests("triton-gpu-all", "Service") if each["metadata"]["name"] == "gateway")
    tracks = {pod["metadata"]["labels"]["track"] for pod in selected(service["spec"]["selector"], "triton-gpu-all")}
    assert tracks == {"stable", "canary"}
