"""What a training on a cluster does: deploy/kubernetes/training/train.sh, with a recorder in the place of Python."""

import os
import shlex
import signal
import subprocess
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.deploy.manifests import KUBERNETES, manifests, pods
from tests.system.counters import wait_until
from training.__main__ import _parser

PYTHON: Final = """#!/bin/sh
echo "$@" >> "$LOG"
case "$*" in
    *"$FAILS"*) exit 1;;
    *"$WAITS"*) trap 'echo saved >> "$LOG"; exit 0' TERM; while :; do sleep 0.02; done;;
esac
"""
NEVER: Final = "-"

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A line for each run of Python."""
    return tmp_path / "log"


@pytest.fixture
def start(tmp_path: Path, log: Path) -> Start:
    """Starts the script; ``fails`` and ``waits`` are words of the step that fails, or waits until it is stopped; other
    words are told by the environment."""
    script = tmp_path / "train.sh"
    script.write_text((KUBERNETES / "training" / "train.sh").read_text().replace("/srv/", f"{tmp_path}/srv/"))
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(PYTHON)
    python.chmod(0o755)
    served = tmp_path / "srv" / "models" / "repository" / "generator" / "2" / "model.onnx"
    served.parent.mkdir(parents=True)
    served.write_text("served")
    path = {"PATH": f"{python.parent}:{os.environ['PATH']}", "LOG": str(log)}

    def started(fails: str = NEVER, waits: str = NEVER, job: str = "training-29", **more: str) -> Any:
        told = {"FAILS": f"{fails} ", "WAITS": f"{waits} ", "JOB": job, **more}
        return subprocess.Popen(["/bin/sh", script], env=path | told)

    return started


def steps(log: Path) -> list[str]:
    """The commands of the training package that were run, whose arguments it takes."""
    return [arguments.command.__name__ for arguments in parsed(log)]


def parsed(log: Path) -> list[Namespace]:
    lines = [line for line in log.read_text().splitlines() if line != "saved"]
    assert all(line.startswith("-m training ") for line in lines)
    return [_parser().parse_args(shlex.split(line)[2:]) for line in lines]


def test_it_publishes_the_whole_family_once_all_of_it_is_made(start: Start, log: Path) -> None:
    assert start().wait() == 0
    done = steps(log)
    assert done[0] == "prepare"
    assert done[-4:] == ["publish"] * 4
    assert "publish" not in done[:-4]
    assert [str(each.run.name) for each in parsed(log)[-4:]] == [
        "generator",
        "generator-128",
        "encoder",
        "directions",
    ]


@pytest.mark.parametrize(("deployment", "told"), [("gateway", {}), ("gateway-canary", {"INTO": "canary"})])
def test_it_publishes_to_where_the_gateways_look(
    deployment: str, told: dict[str, str], start: Start, log: Path, tmp_path: Path
) -> None:
    container = pods("triton-gpu-all")[f"Deployment/{deployment}"]["spec"]["containers"][0]
    name = container["envFrom"][0]["configMapRef"]["name"]
    (data,) = (each["data"] for each in manifests("triton-gpu-all", "ConfigMap") if each["metadata"]["name"] == name)
    assert start(**told).wait() == 0
    assert {each.repository for each in parsed(log)[-4:]} == {tmp_path / data["PHIZ_MODEL_REPOSITORY"][1:]}
    mounts = pods("triton-gpu-all")["Job/training"]["spec"]["containers"][0]["volumeMounts"]
    assert [each["mountPath"] for each in mounts if each["name"] == "models"] == ["/srv/models"]


def test_a_candidate_stands_beside_a_copy_of_the_models_that_are_served(start: Start, tmp_path: Path) -> None:
    candidate, older = tmp_path / "srv/models/canary", tmp_path / "srv/models/canary/colorizer/1"
    older.mkdir(parents=True)
    assert start(job="candidate", INTO="canary").wait() == 0
    assert [file.read_text() for file in candidate.rglob("model.onnx")] == ["served"]
    assert not older.exists()


def test_what_is_published_is_not_trained_again(start: Start, log: Path) -> None:
    start().wait()
    done = steps(log)
    assert start().wait() == 0
    assert steps(log) == done


def test_a_job_may_publish_an_earlier_ones_models_again(start: Start, log: Path) -> None:
    start().wait()
    done = steps(log)
    assert start(job="back", RUN="training-29").wait() == 0
    assert steps(log)[len(done) :] == ["publish"] * 4
    assert {each.run.parent.name for each in parsed(log)[-4:]} == {"training-29"}


@pytest.mark.parametrize("step", ["training prepare", "train encoder", "evaluate generator", "export encoder"])
def test_a_step_that_fails_ends_it_unpublished(start: Start, log: Path, step: str) -> None:
    assert start(fails=step).wait() != 0
    failed = steps(log)
    assert "publish" not in failed
    assert start().wait() == 0
    assert steps(log)[len(failed)] == failed[-1]
    assert len(set(log.read_text().splitlines())) == len(steps(log)) - 1, "nothing but the failed step is done twice"


def test_a_pod_that_is_stopped_has_its_training_saved(start: Start, log: Path) -> None:
    job = start(waits="train encoder")
    wait_until(lambda: log.exists() and "train encoder" in log.read_text())
    job.send_signal(signal.SIGTERM)
    assert job.wait() == 128 + signal.SIGTERM
    assert log.read_text().splitlines()[-1] == "saved"
    assert steps(log)[-1] == "train"


def test_the_cron_job_does_what_the_job_does() -> None:
    (job,) = manifests("triton-gpu-all", "Job")
    (cron_job,) = manifests("triton-gpu-all", "CronJob")
    assert cron_job["spec"]["jobTemplate"]["spec"] == job["spec"]
    assert cron_job["spec"]["concurrencyPolicy"] == "Forbid"


@pytest.mark.parametrize("workload", ["Job/training", "CronJob/training", "Deployment/triton"])
def test_what_needs_a_gpu_gets_one(workload: str) -> None:
    spec = pods("triton-gpu-all")[workload]["spec"]
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert spec["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in spec["tolerations"]
