"""k6 as the caller of a server: calls at a steady rate, whether or not earlier ones have been answered."""

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.errors import MissingError
from benchmarks.serve.calls import Call, Calls, Rpc, request

ROOT: Final = Path(__file__).resolve().parents[2]
_BINARY: Final = ROOT / ".venv" / "ops" / "bin" / "k6"
_SCRIPT: Final = Path(__file__).with_name("load.js")
_OK: Final = "0"


def call(target: str, rpc: Rpc, *, requests_per_second: float, seconds: float, callers: int) -> Calls:
    """Calls a server without TLS, "host:port", from the cores that this process may use.

    Args:
        target: the server.
        rpc: what it is asked.
        requests_per_second: so many calls become due.
        seconds: for so long; calls that have been sent by then are waited for.
        callers: each has a connection of its own, and one call at a time.

    Raises:
        MissingError: there is no k6.
    """
    if not _BINARY.exists():
        raise MissingError(f"no k6 at {_BINARY}: make .venv/ops/installed")
    with tempfile.TemporaryDirectory() as folder:
        asked, rows = Path(folder, "request.json"), Path(folder, "calls.csv")
        asked.write_text(request(rpc), encoding="utf-8")
        environment = {
            "K6_CSV_TIME_FORMAT": "unix_micro",
            "REQUEST_FILE": str(asked),
            "PROTO_FOLDER": str(ROOT / "proto"),
            "REQUESTS_PER_SECOND": str(requests_per_second),
            "SECONDS": str(seconds),
            "CALLERS": str(callers),
            "TARGET": target,
            "RPC": rpc.value,
        }
        options = ("--quiet", "--no-usage-report", "--no-summary", f"--out=csv={rows}")
        subprocess.run(  # noqa: S603 - ours
            [str(_BINARY), "run", *options, str(_SCRIPT)], env=os.environ | environment, stdout=sys.stderr, check=True
        )
        with rows.open(newline="", encoding="utf-8") as file:
            return _read(csv.DictReader(file))


def _read(rows: "csv.DictReader[str]") -> Calls:
    ended: list[Call] = []
    unsent = 0
    for row in rows:
        if row["metric_name"] == "grpc_req_duration":
            seconds = float(row["metric_value"]) / 1e3
            ended.append(Call(int(row["timestamp"]) / 1e6, seconds, row["status"] == _OK))
        elif row["metric_name"] == "dropped_iterations":
            unsent += int(float(row["metric_value"]))
    return Calls(ended, unsent)
