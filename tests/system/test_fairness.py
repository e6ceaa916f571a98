"""A flood of one caller's at a real server: another caller is served as ever."""

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from phiz.client import Client
from phiz.errors import PhizError
from phiz.v1.face_pb2 import INVERSION_PRESET_FAST
from serving.local import gateway_thread
from serving.settings import Settings
from tests.system.counters import wait_until


def test_another_caller_is_never_refused(tmp_path: Path, astronaut_jpeg: bytes) -> None:
    keys = tmp_path / "keys"
    keys.write_text("".join(f"{name} {hashlib.sha256(name.encode()).hexdigest()}\n" for name in ("flood", "ann")))
    settings = Settings(grpc_port=0, http_port=0, max_requests_in_flight=8, api_keys=keys)
    told: Counter[str] = Counter()
    enough = Event()

    def flood(client: Client) -> None:
        while not enough.is_set():
            try:
                client.invert(astronaut_jpeg, preset=INVERSION_PRESET_FAST)
            except PhizError as error:
                told[error.reason if error.retry_after_seconds else "without a time to come again"] += 1
                enough.wait(0.02)

    with (
        gateway_thread(settings) as gateway,
        Client(gateway.target, api_key="flood") as flooding,
        Client(gateway.target, api_key="ann") as ann,
        ThreadPoolExecutor(12) as callers,
    ):
        floods = [callers.submit(flood, flooding) for _ in range(12)]
        try:
            wait_until(lambda: told["CALLER_OVER_SHARE"] > 0)
            for seed in range(10):
                assert ann.generate(1, seed=seed).faces[0].seed == seed
        finally:
            enough.set()
        for each in floods:
            each.result()
    assert set(told) == {"CALLER_OVER_SHARE"}
