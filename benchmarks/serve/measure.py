"""What one load on one system shows."""

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.serve import processes
from benchmarks.serve.calls import Rpc
from benchmarks.serve.systems import System

WARM_SECONDS: Final = 3.0
"""Connections are made and queues fill before anything counts."""


@dataclass(frozen=True)
class Figures:
    """One load on one system.

    Attributes:
        offered: requests a second that became due.
        goodput: requests a second that were answered.
        refused: share of the requests that were not answered.
        p50_ms: median latency of what was answered.
        p99_ms: its 99th percentile.
        processor_ms: time on processors for each request answered, the refused ones' included.
        mebibytes: memory at the end, what processes share counted once.
        others: processors' worth of time that anything else on the machine took, the callers included.
        unsent: requests that became due while all callers still waited for earlier ones.
    """

    offered: float
    goodput: float
    refused: float
    p50_ms: float
    p99_ms: float
    processor_ms: float
    mebibytes: float
    others: float
    unsent: float


def measure(system: System, rpc: Rpc, requests_per_second: float, seconds: float) -> Figures:
    """Loads a system for ``WARM_SECONDS`` that do not count, and ``seconds`` that do."""
    processor, busy, began = _processor_seconds(system), processes.busy_seconds(), time.monotonic()
    calls = system.load(rpc, requests_per_second, WARM_SECONDS + seconds)
    took = time.monotonic() - began
    processor, busy = _processor_seconds(system) - processor, processes.busy_seconds() - busy
    answered = sum(call.answered for call in calls.ended)
    first = min(call.ended_at - call.seconds for call in calls.ended)
    window = [call for call in calls.ended if WARM_SECONDS <= call.ended_at - first < WARM_SECONDS + seconds]
    latencies = sorted(call.seconds for call in window if call.answered)
    return Figures(
        offered=requests_per_second,
        goodput=len(latencies) / seconds,
        refused=1 - len(latencies) / max(1, len(window)),
        p50_ms=1000 * statistics.median(latencies),
        p99_ms=1000 * _percentile(latencies, 0.99),
        processor_ms=1000 * processor / answered,
        mebibytes=sum(map(processes.memory_mebibytes, system.processes)),
        others=(busy - processor) / took,
        unsent=calls.unsent,
    )


def capacity(floor: System, rpc: Rpc, seconds: float) -> float:
    """Requests a second that the floor can do."""
    calls = floor.load(rpc, math.inf, seconds)
    return 1 / statistics.median(call.seconds for call in calls.ended)


def _percentile(ascending: Sequence[float], part: float) -> float:
    """The least of the values that so many of them do not pass."""
    return ascending[math.ceil(part * len(ascending)) - 1]


def _processor_seconds(system: System) -> float:
    return sum(map(processes.processor_seconds, system.processes))
