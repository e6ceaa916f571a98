"""Packs cuts of photographs into one array a layout and split, so that an epoch is never bound by decoding.

A packed set is a folder: ``<split>.<layout>.npy`` (uint8 [N, H, W, 3], read memory-mapped),
``<split>.<layout>.landmarks.npy`` (float32 [N, 5, 2], pixels of the cut), ``manifest.csv`` (one row a photograph, in
the arrays' order) and ``dataset.json`` (counts, digest, layouts). It appears whole or not at all.
"""

import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from phiz_core.geometry import ImageArray, Points
from training.errors import TrainingError
from training.prepare.layouts import LAYOUTS, Layout
from training.prepare.source import Photograph

SPLITS = ("train", "val")


def pack(photographs: Sequence[Photograph], layouts: Sequence[Layout], out: Path, workers: int) -> None:
    """Writes the packed set ``out``; the order of its images is the order of ``photographs``.

    Raises:
        TrainingError: ``out`` exists, or a photograph cannot be read (which one is told).
    """
    if out.exists():
        raise TrainingError(f"{out} exists; name another folder or remove it")
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        _fill(photographs, layouts, unfinished, workers)
        unfinished.chmod(0o755)
        unfinished.rename(out)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _fill(photographs: Sequence[Photograph], layouts: Sequence[Layout], folder: Path, workers: int) -> None:
    digest = hashlib.sha256()
    counts = {}
    rows: list[tuple[str, str, str, str, str]] = []
    for split in SPLITS:
        chosen = [photograph for photograph in photographs if photograph.split == split]
        counts[split] = len(chosen)
        arrays = [_array(folder, split, layout, len(chosen)) for layout in layouts]
        landmarks = [np.zeros((len(chosen), 5, 2), np.float32) for _ in layouts]
        for index, (photograph, (sha, cuts)) in enumerate(zip(chosen, _cuts(chosen, layouts, workers), strict=True)):
            digest.update(f"{split} {photograph.name} {sha}\n".encode())
            rows.append((split, photograph.name, sha, photograph.licence, photograph.attribution))
            for array, points, cut in zip(arrays, landmarks, cuts, strict=True):
                array[index], points[index] = cut
        for layout, array, points in zip(layouts, arrays, landmarks, strict=True):
            array.flush()
            np.save(folder / f"{split}.{layout.name}.landmarks.npy", points)
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("split", "file", "sha256", "licence", "attribution"))
        writer.writerows(rows)
    facts = {"digest": digest.hexdigest(), "counts": counts, "layouts": [layout.name for layout in layouts]}
    (folder / "dataset.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _array(folder: Path, split: str, layout: Layout, count: int) -> np.memmap:
    shape = (count, layout.height_px, layout.width_px, 3)
    return np.lib.format.open_memmap(folder / f"{split}.{layout.name}.npy", mode="w+", dtype=np.uint8, shape=shape)


def _cuts(
    photographs: Sequence[Photograph], layouts: Sequence[Layout], workers: int
) -> Iterable[tuple[str, list[tuple[ImageArray, Points]]]]:
    names = [layout.name for layout in layouts]
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(_cut_one, photographs, repeat(names), chunksize=8)
        yield from tqdm(results, total=len(photographs), unit="photo", desc="prepare", leave=False)


def _cut_one(photograph: Photograph, layout_names: Sequence[str]) -> tuple[str, list[tuple[ImageArray, Points]]]:
    try:
        data = photograph.path.read_bytes()
    except OSError as error:
        raise TrainingError(f"cannot read {photograph.path}: {error.strerror}") from error
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if decoded is None:
        raise TrainingError(f"{photograph.path} is no image that can be read")
    image = np.asarray(decoded, np.uint8)
    cuts = [LAYOUTS[name].cut(image, photograph.landmarks) for name in layout_names]
    return hashlib.sha256(data).hexdigest(), cuts
