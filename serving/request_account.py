"""The account of requests, which balances whenever somebody looks: begun = ended, by code, + in flight.

A gauge of what is in flight would be read at another moment than the counters. So it is no number of its own, but what
has begun less what has ended; and what has ended is read first, so that it is never less than 0.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

STARTED: Final = "grpc_server_started"
HANDLED: Final = "grpc_server_handled"
IN_FLIGHT: Final = "phiz_requests_in_flight"

Read = Callable[[], Iterable[Metric]]


class RequestAccount(Collector):
    """Shows what is read, and by it what is in flight."""

    def __init__(self, read_ended: Read, read_others: Read) -> None:
        """``read_ended`` gives ``grpc_server_handled``, ``read_others`` all else, ``grpc_server_started`` with it."""
        self._read_ended = read_ended
        self._read_others = read_others

    def collect(self) -> Iterator[Metric]:
        """All of it, as of one moment: each has ended before it is looked at what has begun."""
        metrics = [*self._read_ended()]
        metrics += self._read_others()
        yield from metrics
        in_flight = _total(metrics, STARTED) - _total(metrics, HANDLED)
        yield GaugeMetricFamily(IN_FLIGHT, "Requests begun and not ended.", value=in_flight)


def _total(metrics: Iterable[Metric], name: str) -> float:
    samples = (sample for metric in metrics if metric.name == name for sample in metric.samples)
    return sum(sample.value for sample in samples if sample.name == f"{name}_total")
