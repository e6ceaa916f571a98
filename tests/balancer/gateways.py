"""Gateways as processes of their own, that are stopped and started anew while they are called."""

import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.certificates import Certificate

PATIENCE_SECONDS = 60


@dataclass
class GatewayProcess:
    """``phiz serve`` at one address, with TLS where there is a certificate."""

    models: Path
    address: str
    identity: Certificate | None = None
    _process: "subprocess.Popen[str]" = field(init=False)
    http: str = field(init=False, default="")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def start(self) -> None:
        """Returns once it answers. A port 0 becomes the one that it got, which it keeps from then on."""
        host, _, port = self.address.rpartition(":")
        flags = [f"--host={host}", f"--grpc-port={port}", "--http-port=0", f"--model-repository={self.models}"]
        if self.identity is not None:
            flags += [f"--tls-cert={self.identity.certificate}", f"--tls-key={self.identity.key}"]
        command = [sys.executable, "-m", "serving", "--log-level=error", "--worker-threads=1", *flags]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = re.fullmatch(r"phiz: gRPC on (\S+), HTTP on (\S+)\n", self._process.stdout.readline())
        assert said
        self.address, self.http = said.groups()

    def stop(self) -> None:
        """As an orchestrator does: SIGTERM, and time to drain. It has to end well."""
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(PATIENCE_SECONDS) == 0

    def restart(self) -> None:
        """Stops it, and starts another one at its address."""
        self.stop()
        self.start()

    def answered(self) -> int:
        """Generate calls that this process has answered with OK."""
        with urllib.request.urlopen(f"http://{self.http}/metrics") as response:
            metrics = response.read().decode()
        labels = 'grpc_code="OK",grpc_method="Generate",grpc_service="phiz.v1.Phiz",grpc_type="unary"'
        found = re.search(rf"^grpc_server_handled_total{{{labels}}} (\S+)$", metrics, re.MULTILINE)
        return int(float(found[1])) if found else 0
