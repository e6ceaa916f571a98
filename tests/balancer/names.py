"""A name server of one name, whose addresses change as a headless Service's do."""

import socket
import struct
from collections.abc import Sequence
from threading import Thread
from typing import Self

_ANSWER = 0x8400  # a response, with authority
_A, _IN = 1, 1


class NameServer:
    """Answers every question for addresses (type A) by ``addresses``, and all others by nothing."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = list(addresses)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = Thread(target=self._serve, daemon=True)

    @property
    def authority(self) -> str:
        """Where it can be asked, "host:port"."""
        return "{}:{}".format(*self._socket.getsockname())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            end = query.index(b"\0", 12) + 5  # of the question: a name, its type and its class
            addresses = self.addresses if struct.unpack(">H", query[end - 4 : end - 2])[0] == _A else []
            header = query[:2] + struct.pack(">HHHHH", _ANSWER, 1, len(addresses), 0, 0)
            named = struct.pack(">HHHIH", 0xC00C, _A, _IN, 0, 4)  # the name of the question, for 0 s, 4 bytes
            records = b"".join(named + socket.inet_aton(address) for address in addresses)
            self._socket.sendto(header + query[12:end] + records, client)
