"""What stands in the Dockerfiles."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from tests.tools import ROOT

DOCKER: Final = ROOT / "deploy" / "docker"
DOCKERFILES: Final = sorted(path.name for path in DOCKER.glob("*.Dockerfile"))


def instructions(dockerfile: str) -> Sequence[tuple[str, str]]:
    """Each instruction and its arguments, those of several lines joined."""
    text = re.sub(r"^#.*\n", "", (DOCKER / dockerfile).read_text(), flags=re.MULTILINE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def environment(dockerfile: str) -> Mapping[str, str]:
    """The variables that an image sets."""
    pairs = [pair for name, arguments in instructions(dockerfile) if name == "ENV" for pair in arguments.split()]
    return dict(pair.split("=", maxsplit=1) for pair in pairs)


def base_image(dockerfile: str) -> str:
    """The public image that the last stage is built upon."""
    return [arguments.split()[0] for name, arguments in instructions(dockerfile) if name == "FROM"][-1]
