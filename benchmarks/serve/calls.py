"""What is asked of each system, and what became of the calls."""

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from PIL import Image
from skimage.data import astronaut


class Rpc(Enum):
    """The calls that are measured."""

    GENERATE = "Generate"
    COLORIZE = "Colorize"
    MIX = "Mix"


@dataclass(frozen=True)
class Call:
    """One call that has ended.

    Attributes:
        ended_at: seconds since 1970.
        seconds: from when it was sent, or should have been begun, to its end.
        answered: whether it was; else it was refused, or failed.
    """

    ended_at: float
    seconds: float
    answered: bool


@dataclass(frozen=True)
class Calls:
    """What became of the calls of one load.

    Attributes:
        ended: those that have ended.
        unsent: how many were due and not sent, for all who could send them were still waiting.
    """

    ended: Sequence[Call]
    unsent: int = 0


def photograph(mode: str) -> bytes:
    """NASA's portrait of Eileen Collins, 512 x 512, as JPEG: in colour ("RGB") or gray ("L")."""
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(astronaut(), np.uint8)).convert(mode).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def request(rpc: Rpc) -> str:
    """The request, as the contract's JSON: one new face, a gray photograph to be coloured, a photograph with a seed."""
    fields: dict[Rpc, dict[str, Any]] = {
        Rpc.GENERATE: {"count": 1, "seed": "0"},
        Rpc.COLORIZE: {"image": _base64(photograph("L"))},
        Rpc.MIX: {
            "faces": [{"image": _base64(photograph("RGB"))}, {"seed": "1"}],
            "preset": "INVERSION_PRESET_FAST",
        },
    }
    return json.dumps(fields[rpc])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
