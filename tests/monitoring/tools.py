"""Prometheus and its companions, from Debian's packages."""

import os
import shutil
from pathlib import Path
from typing import Final

from tests.tools import ROOT, absent

MONITORING: Final = ROOT / "deploy" / "monitoring"
RULES: Final = MONITORING / "rules"
_PACKAGES: Final = Path(os.environ.get("PROMETHEUS_ENVIRONMENT", ROOT / ".venv" / "prometheus"))
_SHARE_OF_PACKAGES: Final = 'mount --bind "$0" /usr/share && exec "$@"'


def program(name: str) -> str:
    """Path of a program, the packages' or the system's. Skips the test where there is none."""
    found = shutil.which(name, path=f"{_PACKAGES / 'usr' / 'bin'}:{os.environ['PATH']}")
    return found or absent(name, "make .venv/prometheus/installed")


def alertmanager() -> list[str]:
    """The command of Alertmanager. It reads its templates in /usr/share, so it is shown that of the packages there."""
    found = program("prometheus-alertmanager")
    if not Path(found).is_relative_to(_PACKAGES):
        return [found]
    share = str(_PACKAGES / "usr" / "share")
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", _SHARE_OF_PACKAGES, share, found]
