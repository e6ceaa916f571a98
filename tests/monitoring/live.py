"""A real Prometheus with a real Alertmanager and node exporter, whose clock goes thirty times as fast."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.monitoring.tools import MONITORING, RULES, alertmanager, program
from tests.system.tritonserver import free_port

SPEED: Final = 30
PATIENCE_SECONDS: Final = 240
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def quickened(text: str) -> str:
    """Rules, or an expression, in which all that lasts is ``SPEED`` times as short. Names keep theirs."""

    def shorter(found: re.Match[str]) -> str:
        milliseconds = int(found["number"]) * _SECONDS[found["unit"]] * 1000 // SPEED
        return f"{found['before']}{milliseconds}ms"

    return re.sub(
        r"(?P<before>\[|\b(?:for|group_wait|group_interval): )(?P<number>\d+)(?P<unit>[smhd])\b", shorter, text
    )


def until(reached: Callable[[], bool], what: str) -> None:
    """Returns as soon as ``reached`` is true; AssertionError after four minutes."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < give_up, what
        time.sleep(0.2)


@dataclass
class Inbox:
    """What came to the webhook: alerts with their labels and status, the oldest first."""

    alerts: list[dict[str, Any]] = field(default_factory=list)

    def has(self, alert: str, status: str = "firing", **labels: str) -> bool:
        """Whether such an alert has come."""
        wanted = {"alertname": alert, **labels}.items()
        return any(wanted <= each["labels"].items() and each["status"] == status for each in self.alerts)


@dataclass(frozen=True)
class Monitoring:
    """Where they answer, and what has come to the webhook."""

    prometheus: str
    alertmanager: str
    inbox: Inbox

    def ask(self, expr: str) -> list[dict[str, Any]]:
        """The series of an expression at this moment."""
        return self._get("query", query=expr)

    def ask_range(self, expr: str, begin: float, end: float, step_seconds: float) -> list[dict[str, Any]]:
        """The series of an expression from ``begin`` to ``end``, seconds since 1970."""
        return self._get("query_range", query=expr, start=begin, end=end, step=step_seconds)

    def firing(self) -> set[str]:
        """Names of the alerts that fire."""
        return {series["metric"]["alertname"] for series in self.ask('ALERTS{alertstate="firing"}')}

    def inhibited(self) -> set[str]:
        """Names of the alerts that Alertmanager keeps to itself because of others."""
        with urlopen(f"{self.alertmanager}/api/v2/alerts") as answer:
            alerts = json.load(answer)
        return {alert["labels"]["alertname"] for alert in alerts if alert["status"]["inhibitedBy"]}

    def _get(self, verb: str, **arguments: object) -> list[dict[str, Any]]:
        with urlopen(f"{self.prometheus}/api/v1/{verb}?{urlencode(arguments)}") as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return found


@contextmanager
def monitoring(folder: Path, targets: Sequence[tuple[str, int]], textfiles: str) -> Iterator[Monitoring]:
    """Runs them.

    Args:
        folder: for their files and logs.
        targets: what to scrape: the namespace that the series shall have, and the port on this machine.
        textfiles: folders, as a glob, whose files the node exporter shows.
    """
    rules = folder / "rules"
    rules.mkdir()
    for file in RULES.glob("*.yaml"):
        (rules / file.name).write_text(quickened(file.read_text("utf-8")))
    exporter, teller, prometheus = (f"127.0.0.1:{free_port()}" for _ in range(3))
    with ExitStack() as stack:
        inbox = Inbox()
        webhook = stack.enter_context(_webhook(inbox))
        said = quickened((MONITORING / "alertmanager.yaml").read_text("utf-8"))
        (folder / "alertmanager.yaml").write_text(re.sub(r"http://(pager|tickets)\.example/", webhook, said))
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(_configuration(targets, exporter, teller)))
        commands = [
            [
                program("prometheus-node-exporter"),
                "--collector.disable-defaults",
                "--collector.textfile",
                f"--collector.textfile.directory={textfiles}",
                f"--web.listen-address={exporter}",
            ],
            [
                *alertmanager(),
                f"--config.file={folder / 'alertmanager.yaml'}",
                f"--storage.path={folder / 'alertmanager'}",
                f"--web.listen-address={teller}",
                "--cluster.listen-address=",
            ],
            [
                program("prometheus"),
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                f"--web.listen-address={prometheus}",
            ],
        ]
        for number, command in enumerate(commands):
            stack.enter_context(_running(command, folder / f"{number}.log"))
        until(lambda: _is_ready(f"http://{teller}") and _is_ready(f"http://{prometheus}"), "they do not start")
        yield Monitoring(f"http://{prometheus}", f"http://{teller}", inbox)


def _configuration(targets: Sequence[tuple[str, int]], exporter: str, teller: str) -> dict[str, Any]:
    scraped: list[dict[str, Any]] = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"namespace": name}} for name, port in targets
    ]
    return {
        "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
        "rule_files": ["rules/*.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [teller]}]}]},
        "scrape_configs": [
            {"job_name": "phiz", "static_configs": scraped},
            {"job_name": "files", "static_configs": [{"targets": [exporter]}]},
        ],
    }


@contextmanager
def _running(command: list[str], log_file: Path) -> Iterator[None]:
    with log_file.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/-/ready") as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


@contextmanager
def _webhook(inbox: Inbox) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            inbox.alerts += said["alerts"]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
