"""Prometheus and its companions, from Debian's packages."""

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
MONITORING: Final = ROOT / "deploy" / "monitoring"
RULES: Final = MONITORING / "rules"
_PROGRAMS: Final = Path(os.environ.get("PHIZ_PROMETHEUS", ROOT / ".venv" / "prometheus")) / "usr" / "bin"


def program(name: str) -> str:
    """Path of a program, the packages' or the system's. Skips the test where there is none, but not in CI."""
    found = shutil.which(name, path=f"{_PROGRAMS}:{os.environ['PATH']}")
    if found is not None:
        return found
    reason = f"there is no {name} here: make .venv/prometheus/installed"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
