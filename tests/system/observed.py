"""What a server shows of its requests, and what its process takes."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.serve.processes import memory_mebibytes

_HELD: Final = ("phiz_requests_in_flight", "phiz_pixels_in_flight", "phiz_faces_in_flight", "phiz_queue_depth")


@dataclass(frozen=True)
class Scrape:
    """What /metrics shows at one moment.

    Attributes:
        started: requests begun.
        ended: requests ended, by code.
        held: what requests in flight hold, by metric.
    """

    started: int
    ended: Counter[str]
    held: dict[str, float]

    @classmethod
    def read(cls, text: str) -> Self:
        """Reads the Prometheus text format."""
        started, ended, held = 0.0, Counter[str](), dict.fromkeys(_HELD, 0.0)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "grpc_server_started_total":
                    started += sample.value
                elif sample.name == "grpc_server_handled_total":
                    ended[sample.labels["grpc_code"]] += int(sample.value)
                elif sample.name in held:
                    held[sample.name] += sample.value
        return cls(int(started), +ended, held)

    @property
    def in_flight(self) -> int:
        """Requests begun and not ended."""
        return int(self.held["phiz_requests_in_flight"])

    @property
    def balances(self) -> bool:
        """Whether all that was begun has ended or is in flight."""
        return self.started == self.ended.total() + self.in_flight and self.in_flight >= 0

    @property
    def is_quiet(self) -> bool:
        """Whether all that was begun has ended, and nothing is held any more."""
        return self.started == self.ended.total() and not any(self.held.values())


@dataclass(frozen=True)
class Usage:
    """What one process takes: memory in MiB, open files and sockets, threads."""

    mebibytes: float
    files: int
    threads: int

    @classmethod
    def of(cls, process: int) -> Self:
        """What it takes now. FileNotFoundError if it has ended."""
        folder = Path("/proc", str(process))
        count = {name: len(list((folder / name).iterdir())) for name in ("fd", "task")}
        return cls(memory_mebibytes(process), count["fd"], count["task"])
