"""The pictures of the benchmark: photographs with annotated eyes, upright and rolled, and pictures without a face."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import skimage

from benchmarks.errors import MissingError
from phiz_core import geometry
from phiz_core.geometry import Affine, ImageArray, Points

FACE_FREE: Final = "face-free"
"""The set of all pictures without a face."""

_TABLES: Final = (
    ("landmarks", "landmarks/landmarks.csv"),
    ("portraits", "portraits/portraits.csv"),
)
_CUTS: Final = Path(__file__).with_name("face_free.csv")
_SUFFIXES: Final = {".jpg", ".jpeg", ".png", ".webp"}

# Of scikit-image's own pictures those that show no face: no person, and no coins with heads on them.
_SKIMAGE: Final = (
    *("brick.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png", "grass.png", "gravel.png"),
    *("hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg"),
    "text.png",
)


@dataclass(frozen=True)
class Picture:
    """One picture to search.

    Attributes:
        group: the set whose figures it counts in.
        path: the image file.
        name: tells it from the others of its group.
        eyes: [2, 2] float64, left and right eye as seen, pixels of the file; None where there is no face.
        cut: x, y, width and height of the part that is searched, None for all of it.
    """

    group: str
    path: Path
    name: str
    eyes: Points | None = None
    cut: tuple[int, int, int, int] | None = None

    def pixels(self) -> ImageArray:
        """Decodes the picture: RGB [H, W, 3] uint8, as stored, EXIF orientation not applied.

        Raises:
            MissingError: no file, or none that can be decoded.
        """
        try:
            data = np.frombuffer(self.path.read_bytes(), np.uint8)
        except OSError as error:
            raise MissingError(f"cannot read {self.path}: {error.strerror}") from error
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION) if data.size else None
        if decoded is None:
            raise MissingError(f"{self.path} is no image that can be read")
        rgb = np.asarray(decoded, np.uint8)
        if self.cut is not None:
            x, y, width, height = self.cut
            rgb = np.ascontiguousarray(rgb[y : y + height, x : x + width])
        return rgb


def annotated(data: Path) -> tuple[list[Picture], list[str]]:
    """The photographs below ``data`` whose eyes are annotated, and a note for each table that is not there."""
    pictures, notes = [], []
    for folder, table in _TABLES:
        if not (data / table).is_file():
            notes.append(f"{data / table} is absent: its photographs are left out")
            continue
        for row in _rows(data / table):
            if row.get("split", "val") != "val":
                continue
            eyes = np.array([[float(row[f"{eye}_{axis}"]) for axis in "xy"] for eye in ("left_eye", "right_eye")])
            group = row.get("set", f"{folder} {row.get('split')}")
            path = data / folder / row.get("split", "") / row["file"]
            pictures.append(Picture(group, path, row["file"], eyes))
    return pictures, notes


def face_free(data: Path, folder: Path | None) -> tuple[list[Picture], list[str]]:
    """Pictures without a face, and a note for what is not there.

    They are the parts of photographs below ``data`` that ``face_free.csv`` lists, each looked at, away from the face;
    pictures that come with scikit-image; and all that lie in ``folder``.
    """
    pictures, notes = [], []
    for row in _rows(_CUTS):
        cut = (int(row["x"]), int(row["y"]), int(row["width"]), int(row["height"]))
        name = f"{row['file']}[{cut[0]},{cut[1]}]"
        pictures.append(Picture(FACE_FREE, data / row["file"], name, cut=cut))
    present = [picture for picture in pictures if picture.path.is_file()]
    if len(present) < len(pictures):
        notes.append(f"{len(pictures) - len(present)} cuts without a face are left out: no such photographs in {data}")
    samples = Path(skimage.__file__).parent / "data"
    present += [Picture(FACE_FREE, samples / name, f"skimage/{name}") for name in _SKIMAGE]
    if folder is not None:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
        if not files:
            raise MissingError(f"{folder} holds no pictures")
        present += [Picture(FACE_FREE, path, str(path.relative_to(folder))) for path in files]
    return present, notes


def rolled(rgb: ImageArray, degrees: float) -> tuple[ImageArray, Affine]:
    """Turns a picture about its centre on a canvas that holds all of it, filled with its mean colour.

    Args:
        rgb: [H, W, 3] uint8.
        degrees: clockwise as seen.

    Returns:
        The rolled picture, and the map [2, 3] from the picture's points to the rolled one's.
    """
    height, width = rgb.shape[:2]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    canvas = np.ceil(np.abs(turn) @ [width, height] - 1e-6)
    shift = canvas / 2 - turn @ [width / 2, height / 2]
    # OpenCV's pixel centres are whole numbers, the project's lie at a half.
    pixels = np.concatenate([turn, (shift + turn @ [0.5, 0.5] - 0.5)[:, None]], axis=1)
    mean = rgb.reshape(-1, 3).mean(axis=0).tolist()
    size = (int(canvas[0]), int(canvas[1]))
    turned = cv2.warpAffine(rgb, pixels, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=mean)
    return np.asarray(turned, np.uint8), np.concatenate([turn, shift[:, None]], axis=1)


def rolled_eyes(eyes: Points, transform: Affine) -> Points:
    """The annotated eyes [2, 2] where :func:`rolled` took them."""
    return geometry.apply(transform, eyes)


def shrunk(rgb: ImageArray, longest_px: int) -> tuple[ImageArray, Points]:
    """A picture of at most ``longest_px``, and its size (x, y) relative to the one that was given, [2]."""
    height, width = rgb.shape[:2]
    if max(height, width) <= longest_px:
        return rgb, np.ones(2)
    return scaled(rgb, longest_px)


def scaled(rgb: ImageArray, longest_px: int) -> tuple[ImageArray, Points]:
    """A picture whose long side is ``longest_px``, and its size (x, y) relative to the one that was given, [2]."""
    height, width = rgb.shape[:2]
    scale = longest_px / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    kind = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(rgb, size, interpolation=kind), np.uint8)
    return small, np.array([size[0] / width, size[1] / height])


def _rows(table: Path) -> Sequence[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
