"""What the tests of monitoring share."""

import pytest

from serving.gateway import Gateway
from tests.monitoring.known import OTHERS, TRITON, TRITON_GPU, recorded, shown_at, shown_by_training


@pytest.fixture(scope="session")
def known(gateway: Gateway) -> set[str]:
    """All metrics that there are."""
    shown = shown_at(gateway.http_port) | shown_by_training()
    return shown | recorded() | TRITON | TRITON_GPU | OTHERS
