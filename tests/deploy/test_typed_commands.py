"""What README.md and docs/deploy.md have the reader type: done as it stands there, with recorders for what is away."""

import os
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.deploy.manifests import containers, kustomize, pod_of
from tests.tools import ROOT, system_tool

RECORDER: Final = """#!/bin/sh
echo "$(basename "$0") $*" >> "$LOG"
"""

KUBECTL: Final = """#!/bin/sh
echo "kubectl $*" >> "$LOG"
case "$1" in
    kustomize) exec "$KUBECTL" "$@";;
    apply) cat > "$LOG.applied";;
esac
"""

FENCED: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def fenced(file: str, heading: str, language: str = "") -> list[str]:
    """The blocks of a section."""
    section = re.split(rf"^## {heading}$", (ROOT / file).read_text(), flags=re.MULTILINE)[1]
    return [text for kind, text in FENCED.findall(section.partition("\n## ")[0]) if kind == language]


@pytest.mark.parametrize(
    ("file", "heading"), [("README.md", "Deploy it"), ("docs/deploy.md", "From nothing to serving")]
)
def test_the_first_commands_apply_images_that_they_have_pushed(file: str, heading: str, tmp_path: Path) -> None:
    programs, log = tmp_path / "bin", tmp_path / "log"
    programs.mkdir()
    for name, text in {"docker": RECORDER, "phiz": RECORDER, "kubectl": KUBECTL}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    environment = os.environ | {"LOG": str(log), "KUBECTL": system_tool("kubectl", "kubectl")}
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    script = "\n".join(fenced(file, heading))
    subprocess.run(["bash", "-euc", script], cwd=ROOT, env=environment, check=True)
    recorded = log.read_text().splitlines()
    pushed = {line.split()[-1] for line in recorded if line.startswith("docker push")}
    built = {line.split("--tag ")[1].split()[0] for line in recorded if line.startswith("docker build")}
    applied = list(yaml.safe_load_all(log.with_name("log.applied").read_text()))
    ours = {
        container["image"]
        for each in applied
        if each["kind"] == "Deployment"
        for container in containers(pod_of(each))
        if "phiz-" in container["image"]
    }
    assert ours == pushed == built
    for line in recorded:
        for dockerfile in re.findall(r"--file (\S+)", line):
            assert (ROOT / dockerfile).is_file()
    asked = {name for line in recorded for name in re.findall(r"(?:service|deployment)/([\w-]+)", line)}
    assert asked <= {each["metadata"]["name"] for each in applied}


@pytest.mark.parametrize(
    ("heading", "name"), [("Your own overlay", "my-phiz"), ("New versions of models", "my-canary")]
)
def test_the_overlays_of_the_text_render(heading: str, name: str, tmp_path: Path) -> None:
    (text,) = fenced("docs/deploy.md", heading, "yaml")
    assert text.startswith(f"# {name}/kustomization.yaml, beside deploy/\n")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    (tmp_path / name).mkdir()
    (tmp_path / name / "kustomization.yaml").write_text(text)
    rendered = list(yaml.safe_load_all(kustomize(tmp_path / name)))
    images = {each["image"] for one in rendered if one["kind"] == "Deployment" for each in containers(pod_of(one))}
    assert all("/" in image for image in images), "an image is still nobody's"
