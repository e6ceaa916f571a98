"""The floor: the work of three RPCs in a loop, with no server around it.

The same ONNX files in the same ONNX Runtime, one thread, and the same pixel functions of Pillow, OpenCV and phiz_core;
no gRPC, no queue, no limits, no metadata in the files. The pictures are those of the service to the pixel.
"""

import io
import itertools
import math
import os
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image

from benchmarks.runtime import newest, open_session
from benchmarks.serve.calls import Call, Calls, Rpc, photograph
from phiz.pictures import as_rgb
from phiz_core import colour, detection, geometry
from phiz_core.detection import Inference, Outputs
from phiz_core.geometry import ImageArray
from serving.images import fit_longest, mirror_to
from serving.latents import Floats, z_from_seed
from serving.operations.invert import Preset
from serving.operations.sources import DEFAULT_TRUNCATION

_MODELS: Final = ("mapping", "generator", "colorizer", "face_detector", "face_landmarks", "inverter")
_COLORIZER_MULTIPLE_PX: Final = 16
_PNG_LEVEL: Final = 3


class Floor:
    """The work itself."""

    def __init__(self, repository: Path) -> None:
        """Loads the newest version of each model.

        Raises:
            MissingError: one is not there.
        """
        self._sessions = {name: open_session(newest(repository, name)) for name in _MODELS}
        metadata = self._sessions["colorizer"].get_modelmeta().custom_metadata_map
        self._working_px = int(metadata["working_px"])

    def generate(self, seed: int) -> bytes:
        """The face of a seed, as PNG."""
        return _png(self._picture(self._latent(seed)))

    def colorize(self, photo: bytes) -> bytes:
        """A gray photograph in colour, as PNG."""
        luma = colour.luminance(_decode(photo))
        width_px, height_px = fit_longest(luma.shape[1], luma.shape[0], min(self._working_px, max(luma.shape)))
        small = np.asarray(cv2.resize(luma, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)
        padded = mirror_to(small[..., None], _COLORIZER_MULTIPLE_PX)
        chroma = self._run("colorizer", {"luminance": padded[None]})["chroma"][0, :height_px, :width_px]
        return _png(colour.join(luma, np.asarray(chroma)))

    def mix(self, photo: bytes, seed: int) -> bytes:
        """The face of a photograph, inverted with 10 evaluations, half and half with that of a seed, as PNG."""
        pixels = _decode(photo)
        face = detection.drive(detection.find_faces(pixels), self._network)[0]
        size_px = next(each.shape[1] for each in self._sessions["inverter"].get_inputs() if each.name == "image")
        inputs = {
            "image": geometry.align(pixels, face.landmarks_px, size_px)[None],
            "steps": np.array([[Preset.FAST.value]], np.int64),
            "tolerance": np.zeros((1, 1), np.float32),
        }
        w_plus = self._run("inverter", inputs)["w_plus"][0]
        halves = np.full(2, 0.5, np.float32)
        return _png(self._picture(np.einsum("n,nlw->lw", halves, np.stack([w_plus, self._latent(seed)]))))

    def _latent(self, seed: int) -> Floats:
        z_size = next(each.shape[1] for each in self._sessions["mapping"].get_inputs() if each.name == "z")
        inputs = {"z": z_from_seed(seed, z_size)[None], "truncation": np.full((1, 1), DEFAULT_TRUNCATION, np.float32)}
        return np.asarray(self._run("mapping", inputs)["w_plus"][0])

    def _picture(self, w_plus: Floats) -> ImageArray:
        return np.asarray(self._run("generator", {"w_plus": w_plus[None]})["image"][0])

    def _network(self, wanted: Inference) -> Outputs:
        return self._run(wanted.model, wanted.inputs)

    def _run(self, model: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        session = self._sessions[model]
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, dict(inputs)), strict=True))


def serve(commands: Connection, repository: Path, core: int) -> None:
    """The process of the floor, on one core: works on (rpc, requests a second, seconds) until it is given None.

    Requests become due at a steady rate and are worked on one after the other; a rate of infinity has them all due at
    once, as long as there is time.
    """
    os.sched_setaffinity(0, {core})
    cv2.setNumThreads(1)
    floor = Floor(repository)
    gray, coloured = photograph("L"), photograph("RGB")
    work = {
        Rpc.GENERATE: floor.generate,
        Rpc.COLORIZE: lambda _: floor.colorize(gray),
        Rpc.MIX: lambda _: floor.mix(coloured, 1),
    }
    while (command := commands.recv()) is not None:
        rpc, requests_per_second, seconds = command
        commands.send(_loop(work[rpc], requests_per_second, seconds))


def _loop(work: Callable[[int], bytes], requests_per_second: float, seconds: float) -> Calls:
    ended: list[Call] = []
    began = time.time()
    for number in itertools.count():
        begins = max(began + number / requests_per_second, time.time())
        if begins >= began + seconds:
            break
        time.sleep(max(0.0, begins - time.time()))
        due = begins if math.isinf(requests_per_second) else began + number / requests_per_second
        work(number)
        ended.append(Call(time.time(), time.time() - due, answered=True))
    return Calls(ended)


def _decode(data: bytes) -> ImageArray:
    with Image.open(io.BytesIO(data)) as image:
        return np.array(as_rgb(image), np.uint8)


def _png(rgb: ImageArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return buffer.getvalue()
