"""What tests of images share."""

import os
from collections.abc import Iterator

import pytest

from tests.images.dockerfiles import base_image
from tests.images.podman import Podman, podman, python_root
from tests.tools import ROOT


@pytest.fixture(scope="session")
def builder() -> Iterator[Podman]:
    """Podman, with a stand-in for the public image that ours are built upon."""
    if os.geteuid() != 0:
        pytest.skip("only root can build images without a daemon")
    with podman() as command:
        command.pretend(python_root(ROOT / "build" / "images" / "python.tar"), base_image("gateway.Dockerfile"))
        yield command


@pytest.fixture(scope="session")
def gateway_image(builder: Podman) -> str:
    """The gateway's image for CPUs."""
    builder.build("gateway.Dockerfile", "phiz-gateway:test")
    return "phiz-gateway:test"
