"""Programs that only tests of ``deploy/`` call."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
OPS: Final = Path(os.environ.get("OPS_ENVIRONMENT", ROOT / ".venv" / "ops"))


def ops_tool(name: str) -> str:
    """Path of a program of ``deploy/requirements.txt``. Skips the test where that cannot be installed."""
    return str(OPS / "bin" / name) if (OPS / "bin" / name).exists() else absent(name, "make .venv/ops/installed")


def system_tool(name: str, package: str) -> str:
    """Path of a program of the system; in CI it is installed, from its Debian package. Else skips the test."""
    if os.environ.get("CI") and shutil.which(name) is None:
        subprocess.run(["apt-get", "install", "--yes", "--no-install-recommends", package], check=False)
    return shutil.which(name) or absent(name, f"apt-get install {package}")


def absent(name: str, remedy: str) -> str:
    """Skips the test for lack of a program, but fails it in CI."""
    reason = f"there is no {name} here: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
