"""The account of requests balances, though they begin and end while it is read."""

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from prometheus_client import CollectorRegistry

from serving.metrics import Metrics
from serving.shared_metrics import SharedMetrics

METHODS = ("Generate", "Mix")


def balance(registry: CollectorRegistry, between: Callable[[], None] = lambda: None) -> tuple[float, float, float]:
    """What a look finds begun, ended and in flight; ``between`` is called as it goes from metric to metric."""
    found = dict.fromkeys(("grpc_server_started_total", "grpc_server_handled_total", "phiz_requests_in_flight"), 0.0)
    for metric in registry.collect():
        between()
        for sample in metric.samples:
            if sample.name in found:
                found[sample.name] += sample.value
    begun, ended, in_flight = found.values()
    return begun, ended, in_flight


def test_what_is_begun_and_not_ended_is_in_flight() -> None:
    metrics = Metrics()
    for method in METHODS:
        metrics.rpcs[method].started.inc(3)
        metrics.rpcs[method].handled[grpc.StatusCode.CANCELLED].inc()
        metrics.rpcs[method].handled[grpc.StatusCode.OK].inc()
    assert balance(metrics.registry) == (6, 4, 2)


@pytest.mark.parametrize("step", ["begin", "end"])
def test_it_balances_though_requests_come_and_go_as_it_is_read(step: str) -> None:
    metrics = Metrics()
    counted = metrics.rpcs["Generate"]
    counted.started.inc(1000)

    def between() -> None:
        (counted.started if step == "begin" else counted.handled[grpc.StatusCode.OK]).inc()

    begun, ended, in_flight = balance(metrics.registry, between)
    assert begun == ended + in_flight


def test_a_process_that_has_not_counted_yet_is_no_trouble(tmp_path: Path) -> None:
    """Its file is empty for a moment; it may even die then."""
    shared = SharedMetrics(tmp_path)
    (tmp_path / "counter_1.db").touch()
    assert balance(shared.registry) == (0, 0, 0)
    for process in (1, 2):
        shared.bury(process)
    assert balance(shared.registry) == (0, 0, 0)
