"""What ``kubectl kustomize`` makes of deploy/kubernetes, and how its parts refer to each other."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.tools import ROOT, system_tool

Manifest = Mapping[str, Any]

KUBERNETES: Final = ROOT / "deploy" / "kubernetes"
BUILDS: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "embedded-cpu": [["overlays/embedded-cpu"]],
    "triton-gpu": [["overlays/triton-gpu"]],
    "dev": [["overlays/dev"]],
    "embedded-cpu-keda": [["overlays/embedded-cpu", "components/keda", "components/monitoring"]],
    "triton-gpu-all": [
        [
            "overlays/triton-gpu",
            "training",
            "components/model-volume",
            "components/tls",
            "components/api-keys",
            "components/monitoring",
            "components/scale-on-load",
        ],
        ["canary", "components/tls", "components/api-keys"],
        ["files"],
    ],
}
"""What is rendered: overlays as they are, or with components, as in somebody's own, applied one after the other."""

SECRETS: Final = {"phiz-tls": {"tls.crt", "tls.key"}, "phiz-api-keys": {"keys"}}
"""Secrets that docs/deploy.md has the reader make, and their keys."""

WORKLOADS: Final = ("Deployment", "Job", "CronJob", "Pod")
CUSTOM: Final = ("PodMonitor", "ServiceMonitor", "PrometheusRule", "ScaledObject")
"""Kinds of operators, for which Kubernetes itself has no schema."""


def kustomize(folder: Path) -> str:
    """What ``kubectl apply -k`` sends."""
    command = [system_tool("kubectl", "kubectl"), "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def text(build: str) -> str:
    """The YAML of one of ``BUILDS``."""
    return "---\n".join(_rendered(parts, "phiz-dev" if build == "dev" else "phiz") for parts in BUILDS[build])


def _rendered(parts: Sequence[str], namespace: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder).resolve()
        paths = [os.path.relpath(KUBERNETES / part, here) for part in parts]
        overlay = {
            "namespace": namespace,
            "resources": [path for path in paths if "components/" not in path],
            "components": [path for path in paths if "components/" in path],
        }
        (here / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
        return kustomize(here)


@cache
def _resources(build: str) -> Sequence[Manifest]:
    return tuple(yaml.load_all(text(build), yaml.CSafeLoader))


def manifests(build: str, *kinds: str) -> list[Manifest]:
    """The resources of one of ``BUILDS``, of some kinds or of all."""
    return [each for each in _resources(build) if not kinds or each["kind"] in kinds]


def pod_of(workload: Manifest) -> Manifest:
    """The template of a workload's pods; a pod is its own."""
    if workload["kind"] == "Pod":
        return workload
    spec = workload["spec"]
    template: Manifest = (spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec)["template"]
    return template


def pods(build: str) -> dict[str, Manifest]:
    """The templates of all pods, by kind and name of their workload."""
    return {f"{each['kind']}/{each['metadata']['name']}": pod_of(each) for each in manifests(build, *WORKLOADS)}


def containers(pod: Manifest) -> list[Manifest]:
    """All containers of a pod, those that come before the others included."""
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def ports(pod: Manifest) -> dict[str, int]:
    """The ports of a pod's containers, by name."""
    return {port["name"]: port["containerPort"] for each in containers(pod) for port in each.get("ports", ())}


def selected(labels: Mapping[str, str], build: str) -> list[Manifest]:
    """The templates of pods that have all these labels."""
    return [pod for pod in pods(build).values() if labels.items() <= pod["metadata"]["labels"].items()]


def each_container(build: str) -> Iterator[tuple[Manifest, Manifest]]:
    """Every container, after its pod."""
    for pod in pods(build).values():
        for container in containers(pod):
            yield pod, container
