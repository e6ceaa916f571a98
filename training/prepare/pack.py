"""Packs the cuts of faces into one array a layout and split, so that an epoch is never bound by decoding.

``<split>.<layout>.npy`` is uint8 [N, H, W, 3], read memory-mapped, ``<split>.<layout>.landmarks.npy`` float32 [N, 5, 2]
in pixels of the cut, and ``dataset.json`` holds counts, digest, layouts, and how the set was made.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from training.prepare.cache import Cache
from training.prepare.layouts import Layout
from training.prepare.records import Record


def pack(
    splits: Mapping[str, Sequence[Record]],
    layouts: Sequence[Layout],
    cache: Cache,
    folder: Path,
    made_with: Mapping[str, object],
) -> None:
    """Writes the arrays and ``dataset.json`` into ``folder``.

    Args:
        splits: the taken faces of each split, in the order of the arrays.
        layouts: which cuts.
        cache: holds the cuts.
        folder: is there.
        made_with: further facts for ``dataset.json``.
    """
    for split, records in splits.items():
        for layout in layouts:
            _pack_layout(folder / f"{split}.{layout.name}", layout, records, cache)
    facts = {
        "digest": _digest(splits),
        "counts": {split: len(records) for split, records in splits.items()},
        "layouts": [layout.name for layout in layouts],
        **made_with,
    }
    (folder / "dataset.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _pack_layout(path: Path, layout: Layout, records: Sequence[Record], cache: Cache) -> None:
    shape = (len(records), layout.height_px, layout.width_px, 3)
    images = np.lib.format.open_memmap(path.with_name(f"{path.name}.npy"), mode="w+", dtype=np.uint8, shape=shape)
    landmarks = np.zeros((len(records), 5, 2), np.float32)
    for index, record in enumerate(records):
        images[index] = cache.array(record.key, f"{layout.name}_{record.number}")
        landmarks[index] = cache.array(record.key, f"{layout.name}_{record.number}_landmarks")
    images.flush()
    np.save(path.with_name(f"{path.name}.landmarks.npy"), landmarks)


def _digest(splits: Mapping[str, Sequence[Record]]) -> str:
    """SHA-256 of what the cuts are made of: the photographs, and where their faces were found."""
    digest = hashlib.sha256()
    for split, records in splits.items():
        for record in records:
            photograph, face = record.photograph, record.face
            found = f" {face.landmarks_px}" if photograph.landmarks is None and face else ""
            digest.update(f"{split} {photograph.name} {record.findings.sha256}{found}\n".encode())
    return digest.hexdigest()
