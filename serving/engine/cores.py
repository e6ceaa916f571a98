"""How many CPU cores this process may use."""

import math
import os
from pathlib import Path
from typing import Final

_CGROUPS: Final = Path("/sys/fs/cgroup")
_VERSION_1: Final = ("cpu.cfs_quota_us", "cpu.cfs_period_us")


def usable_cores(cgroups: Path = _CGROUPS) -> int:
    """At least 1: the cores that the process may run on, or fewer if its control group is allowed less time.

    ONNX Runtime by itself would take all of the machine's cores, even those that the process was kept away from.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota_cores(cgroups)
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def _quota_cores(cgroups: Path) -> float | None:
    """Cores' worth of time that the control group has, as version 2 or else version 1 tells it; None for no limit."""
    try:
        quota, period = (cgroups / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:
            quota, period = (
                (cgroups / "cpu" / f"cpu.cfs_{name}_us").read_text("ascii") for name in ("quota", "period")
            )
        except OSError:
            return None
    return float(quota) / float(period) if quota.strip() not in ("max", "-1") else None
