"""The metrics of several processes as one view, kept by who has started them; and what becomes of those of the dead."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import grpc
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from serving.request_account import HANDLED, STARTED, RequestAccount


class SharedMetrics:
    """What the processes have counted whose PROMETHEUS_MULTIPROC_DIR is a folder.

    Attributes:
        folder: where they count.
        registry: all of it, added up.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = CollectorRegistry()
        self._lock = Lock()
        self.registry.register(RequestAccount(self._ended, self._others))

    def bury(self, process: int) -> None:
        """Counts what a dead process had in flight as ended with UNAVAILABLE, which is what its callers were told."""
        with self._lock:
            mark_process_dead(process, str(self.folder))
            file = self.folder / f"counter_{process}.db"
            if file.exists():
                _end_all(file)

    def _ended(self) -> Iterator[Metric]:
        return (metric for metric in self._read("counter_*.db") if metric.name == HANDLED)

    def _others(self) -> Iterator[Metric]:
        return (metric for metric in self._read("*.db") if metric.name != HANDLED)

    def _read(self, pattern: str) -> list[Metric]:
        with self._lock:
            # A file that a process has just made is empty for a moment.
            files = [str(file) for file in self.folder.glob(pattern) if file.stat().st_size]
            return list(MultiProcessCollector.merge(files))


def _end_all(file: Path) -> None:
    counts = MmapedDict(str(file))
    in_flight: Counter[str] = Counter()
    unavailable: dict[str, tuple[str, float]] = {}
    for key, value, _ in counts.read_all_values():
        metric, _, labels, _ = json.loads(key)
        if metric == STARTED:
            in_flight[labels["grpc_method"]] += int(value)
        elif metric == HANDLED:
            in_flight[labels["grpc_method"]] -= int(value)
            if labels["grpc_code"] == grpc.StatusCode.UNAVAILABLE.name:
                unavailable[labels["grpc_method"]] = key, value
    for method, count in (+in_flight).items():
        key, value = unavailable[method]
        counts.write_value(key, value + count, 0.0)
    counts.close()
