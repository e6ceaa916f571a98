"""Events for TensorBoard, in one file that a resumed run goes on writing.

tensorboardX has the format; its writer is not used, because that starts another file each time, and writes it from a
thread whose failure (no room on the disk) would leave the training waiting for ever.
"""

import os
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import masked_crc32c

from training.engine.files import told

_HEADER_BYTES = 12
_CRC_BYTES = 4


class Events:
    """Appends to the events of a run; images seen are TensorBoard's steps.

    Args:
        folder: for TensorBoard's ``--logdir``.
        images_done: images seen before; what comes later in the file is dropped, as it is done again.
    """

    def __init__(self, folder: Path, images_done: int) -> None:
        self._path = folder / "events.out.tfevents.phiz"
        with told(self._path):
            folder.mkdir(exist_ok=True)
            self._path.touch()
            kept_bytes = max((end for end, event in read(self._path) if event.step <= images_done), default=0)
            os.truncate(self._path, kept_bytes)
        if not kept_bytes:
            self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def scalars(self, images: int, values: Mapping[str, float]) -> None:
        """Adds ``values`` by name after so many ``images``."""
        self._add(images, [Summary.Value(tag=name, simple_value=value) for name, value in values.items()])

    def picture(self, images: int, name: str, png: bytes, width_px: int, height_px: int) -> None:
        """Adds a picture, a PNG file's bytes."""
        picture = Summary.Image(height=height_px, width=width_px, colorspace=3, encoded_image_string=png)
        self._add(images, [Summary.Value(tag=name, image=picture)])

    def _add(self, images: int, values: list[Summary.Value]) -> None:
        self._write(Event(wall_time=time.time(), step=images, summary=Summary(value=values)))

    def _write(self, event: Event) -> None:
        content = event.SerializeToString()
        length = struct.pack("<Q", len(content))
        parts = (length, struct.pack("<I", masked_crc32c(length)), content, struct.pack("<I", masked_crc32c(content)))
        with told(self._path), self._path.open("ab") as file:
            file.write(b"".join(parts))


def read(path: Path) -> Iterator[tuple[int, Event]]:
    """Every whole event of a file with the position after it, in bytes; a half-written last one is passed over."""
    with path.open("rb") as file:
        while len(header := file.read(_HEADER_BYTES)) == _HEADER_BYTES:
            length, crc = struct.unpack("<QI", header)
            if masked_crc32c(header[:8]) != crc or len(content := file.read(length + _CRC_BYTES)) < length + _CRC_BYTES:
                return
            yield file.tell(), Event.FromString(content[:-_CRC_BYTES])
