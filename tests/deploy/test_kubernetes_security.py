"""No pod may do more than it needs: what the restricted profile of Kubernetes asks for, and more."""

from typing import Any

import pytest

from tests.deploy.manifests import BUILDS, each_container, manifests, pods, selected

overlays = pytest.mark.parametrize("build", BUILDS)


@overlays
def test_every_container_is_nobody_and_stays_so(build: str) -> None:
    for pod, container in each_container(build):
        of_pod = pod["spec"]["securityContext"]
        assert of_pod["runAsNonRoot"] is True
        assert of_pod["runAsUser"] == of_pod["runAsGroup"] == of_pod["fsGroup"] == 10001
        assert of_pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@overlays
def test_no_pod_has_a_token_of_the_cluster_or_hears_of_services(build: str) -> None:
    for pod in pods(build).values():
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["enableServiceLinks"] is False


@overlays
def test_every_container_has_limits(build: str) -> None:
    for _, container in each_container(build):
        assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()


@overlays
def test_every_container_writes_to_bounded_volumes_only(build: str) -> None:
    for pod, container in each_container(build):
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        for mount in container["volumeMounts"]:
            volume = volumes[mount["name"]]
            bounded = "persistentVolumeClaim" in volume or "sizeLimit" in volume.get("emptyDir", ())
            assert bounded or mount["readOnly"] is True


@overlays
def test_why_a_container_failed_is_told(build: str) -> None:
    for _, container in each_container(build):
        assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


@overlays
def test_the_namespace_takes_no_less(build: str) -> None:
    (namespace,) = manifests(build, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def ways_in(build: str, component: str) -> dict[str, Any]:
    """Who may reach the ports of the pods of a component."""
    found: dict[str, Any] = {}
    for policy in manifests(build, "NetworkPolicy"):
        pod = {"app.kubernetes.io/name": "phiz", "app.kubernetes.io/component": component}
        if policy["spec"]["podSelector"]["matchLabels"] == pod:
            for rule in policy["spec"].get("ingress", ()):
                for port in rule["ports"]:
                    assert port["port"] not in found
                    found[port["port"]] = rule.get("from", "all")
    return found


MONITORING = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]


@overlays
def test_callers_reach_grpc_and_monitoring_reaches_metrics(build: str) -> None:
    assert ways_in(build, "gateway") == {"grpc": "all", "http": MONITORING}


@pytest.mark.parametrize("build", ["triton-gpu", "triton-gpu-all"])
def test_only_gateways_reach_triton(build: str) -> None:
    (rule,) = (ways := ways_in(build, "triton")).pop("grpc")
    allowed = selected(rule["podSelector"]["matchLabels"], build)
    assert {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in allowed} == {"gateway"}
    assert ways == {"metrics": MONITORING}


@overlays
def test_who_calls_nobody_may_call_nobody(build: str) -> None:
    callers = {
        policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        for policy in manifests(build, "NetworkPolicy")
        if policy["spec"].get("egress")
    }
    assert callers == ({"gateway"} if "Deployment/triton" in pods(build) else set())
