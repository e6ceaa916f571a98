"""The plain HTTP port."""

import socket
import struct
from threading import Event

import pytest
from prometheus_client import CollectorRegistry

from serving.probes import ProbeServer


def test_a_prober_that_goes_away_leaves_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """It closes its connection while the answer is found out."""
    asked = Event()

    def why_not_ready() -> str:
        if not asked.is_set():
            prober.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset, not ended
            prober.close()
            asked.set()
        return ""

    server = ProbeServer("127.0.0.1", 0, CollectorRegistry(), why_not_ready)
    address = ("127.0.0.1", server.port)
    prober = socket.create_connection(address)
    prober.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
    assert asked.wait(10)
    with socket.create_connection(address) as other:
        other.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
        assert b"200 OK" in other.recv(1000)
    server.close()
    assert capsys.readouterr().err == ""
