"""Rendered deployments against the schemas of Kubernetes, and against checkov's rules."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.deploy.manifests import BUILDS, CUSTOM, manifests
from tests.tools import ops_tool

OLDEST, NEWEST = 29, 37
VERSIONS: Final = [
    pytest.param(f"1.{minor}", marks=() if minor in {OLDEST, NEWEST} else pytest.mark.ops)
    for minor in range(OLDEST, NEWEST + 1)
]

NOT_FOLLOWED: Final[Mapping[str, str]] = {
    "CKV_K8S_15": "images are pinned by version; to ask the registry at each start makes it a part of every start",
    "CKV_K8S_43": "a digest is the operator's to add: kustomize's images take one, for the images that he built",
    "CKV_K8S_8 Pod.phiz.files": "it does nothing that could hang",
    "CKV_K8S_9 Pod.phiz.files": "it gets no requests",
}
"""Rules of checkov that are not followed, anywhere or by one resource, and why."""


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_kubernetes_takes_it(version: str, tmp_path: Path) -> None:
    known = [each for build in BUILDS for each in manifests(build) if each["kind"] not in CUSTOM]
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(yaml.safe_dump_all(known))
    command = [ops_tool("kubernetes-validate"), "--strict", "--kubernetes-version", version, str(rendered)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed for resource") == len(known)


@pytest.mark.ops
def test_checkov_finds_nothing_but_what_is_not_followed(tmp_path: Path) -> None:
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(yaml.safe_dump_all([each for build in BUILDS for each in manifests(build)]))
    command = [ops_tool("checkov"), "--skip-download", "--framework=kubernetes", "--output=json", "--soft-fail"]
    done = subprocess.run([*command, f"--file={rendered}"], capture_output=True, text=True, check=True)
    results = json.loads(done.stdout)["results"]
    found = {f"{each['check_id']} {each['resource']}" for each in results["failed_checks"]}
    assert {name for name in found if not name.startswith(tuple(NOT_FOLLOWED))} == set()
    assert {rule for rule in NOT_FOLLOWED if not any(name.startswith(rule) for name in found)} == set()
    assert len(results["passed_checks"]) > len(found)
