"""Packs checked pictures at one size as a prepared set, so that training, evaluation and resuming read no files."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from training.engine.files import claimed, told
from training.errors import TrainingError
from training.pairs.find import Example, Splits, complain
from training.pairs.read import UnusableError, read_bytes, read_row

_FACTS: Final = "dataset.json"
_SPARE_BYTES: Final = 16 * 2**20
_Parts = Mapping[str, Sequence[Example]]
"""By "<split>.<layout>", as their files are called."""


def pack(sets: Mapping[str, Splits], width_px: int, height_px: int, out: Path) -> Path:
    """Packs ``sets`` into ``out/data``, or takes what lies there if it was packed from the same files.

    Args:
        sets: the examples, by the name of their set. A row of A and B has six channels, A's first.
        width_px: to which every picture is resized.
        height_px: likewise.
        out: a run's folder; it is made if need be.

    Returns:
        The packed folder, with the layouts ``<set>_<width>x<height>``.

    Raises:
        TrainingError: pictures that cannot be used, the first of them by name with the reason; no room; or a folder
            that was packed from other files.
    """
    layouts = {f"{name}_{width_px}x{height_px}": splits for name, splits in sets.items()}
    parts = {f"{split}.{layout}": part for layout, splits in layouts.items() for split, part in splits.items()}
    data, unfinished = out / "data", out / "data.part"
    with claimed(out):
        counts = {name: len(part) for name, part in parts.items()}
        facts = {"digest": _digest(parts), "counts": counts, "layouts": list(layouts)}
        if data.exists():
            _check_same(data, facts)
            return data
        shutil.rmtree(unfinished, ignore_errors=True)  # of a killed process
        try:
            with told(unfinished):
                unfinished.mkdir()
                _write(parts, width_px, height_px, unfinished)
                (unfinished / _FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
                unfinished.replace(data)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return data


def _write(parts: _Parts, width_px: int, height_px: int, folder: Path) -> None:
    """Writes what can be used; then tells of all that cannot."""
    examples = [example for part in parts.values() for example in part]
    _check_room(width_px * height_px * 3 * sum(example.pictures for example in examples), folder)
    complaints = []
    with tqdm(total=len(examples), desc="checking pictures", unit="", leave=False, disable=None) as progress:
        for name, part in parts.items():
            # Written, not mapped into memory: a map on a full disk would end the process without a word.
            with (folder / f"{name}.npy").open("wb") as file:
                shape = (len(part), height_px, width_px, 3 * part[0].pictures)
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for example in part:
                    try:
                        file.write(read_row(example, width_px, height_px).tobytes())
                    except UnusableError as error:
                        complaints.append(str(error))
                    progress.update()
    complain(complaints)


def _check_room(needed_bytes: int, folder: Path) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes + _SPARE_BYTES:
        raise TrainingError(
            f"no room for {needed_bytes / 1e6:.0f} MB of pictures in {folder}: {free_bytes / 1e6:.0f} MB are free"
        )


def _check_same(data: Path, facts: Mapping[str, object]) -> None:
    try:
        before = json.loads((data / _FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{data} is no packed set of pictures; use another folder") from error
    if before != facts:
        raise TrainingError(f"{data} was packed from other pictures, or at another size; use another folder")


def _digest(parts: _Parts) -> str:
    """SHA-256 of what is packed, and of where and in which order."""
    digest = hashlib.sha256()
    for part, examples in parts.items():
        for example in examples:
            contents = " ".join(hashlib.sha256(read_bytes(file)).hexdigest() for file in example.files)
            digest.update(os.fsencode(f"{part} {example.name} {contents}\n"))
    return digest.hexdigest()
