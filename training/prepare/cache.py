"""What was found in each photograph, on disk, so that a stopped preparation goes on where it was.

An entry is one ``.npz`` file, named by all that it depends on, and it appears whole or not at all. The packed set is
written from the entries, so that no process ever holds more than one photograph.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core.geometry import ImageArray
from training.prepare.examine import Face, Findings, Pictures
from training.prepare.quality import Measures
from training.prepare.source import Photograph

_FACTS = "facts"


class Cache:
    """Entries in a folder.

    Args:
        folder: is made when it is missing.
        fingerprint: of all options and models that the findings depend on.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder
        self._fingerprint = fingerprint

    def findings(
        self, photograph: Photograph, data: bytes, find: Callable[[], tuple[Findings, Pictures]]
    ) -> tuple[str, Findings]:
        """The entry's key and findings: read if the entry is there, else found by ``find`` and written."""
        given = b"" if photograph.landmarks is None else np.asarray(photograph.landmarks, np.float64).tobytes()
        key = hashlib.sha256(b"\0".join([self._fingerprint.encode(), given, data])).hexdigest()
        entry = self._path(key)
        try:
            with np.load(entry) as stored:
                return key, _from_json(stored[_FACTS].tobytes())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # missing, or damaged by a power cut
            findings, pictures = find()
            _write(entry, findings, pictures)
            return key, findings

    def array(self, key: str, name: str) -> npt.NDArray[Any]:
        """One array of an entry, see :data:`~training.prepare.examine.Pictures`."""
        with np.load(self._path(key)) as stored:
            return np.asarray(stored[name])

    def preview(self, key: str, name: str) -> ImageArray:
        """``unaligned`` or ``aligned_<face>``, decoded: RGB [PREVIEW_PX, PREVIEW_PX, 3]."""
        return np.asarray(cv2.imdecode(self.array(key, name), cv2.IMREAD_COLOR_RGB), np.uint8)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.npz"


def _write(entry: Path, findings: Findings, pictures: Pictures) -> None:
    facts = np.frombuffer(json.dumps(asdict(findings)).encode(), np.uint8)
    entry.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=entry.parent, suffix=".part", delete=False) as file:
        np.savez(file, allow_pickle=False, **pictures, **{_FACTS: facts})
    Path(file.name).replace(entry)


def _from_json(text: bytes) -> Findings:
    facts = json.loads(text)
    faces = [
        Face(**{**face, "landmarks_px": _tuples(face["landmarks_px"]), "measures": Measures(**face["measures"])})
        for face in facts["faces"]
    ]
    return Findings(**{**facts, "faces": tuple(faces)})


def _tuples(points: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(point) for point in points)
