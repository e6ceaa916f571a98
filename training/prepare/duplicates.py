"""Faces that are one: the same picture saved, shrunk or cropped again, and the next picture of a series.

Aligned faces resemble each other, so the usual hash of 64 bits takes strangers for one: it puts some 2 bits apart. With
256 bits of the aligned face, among 2,619 portraits, all pairs up to 36 bits apart were one picture from two sources,
and strangers began at 38; a copy saved, shrunk or aligned a little otherwise was 2 to 36 bits away, most of them 12.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray

_THUMB_PX: Final = 64
_FREQUENCIES: Final = 16
_BLOCK: Final = 256


def perceptual_hash(aligned: ImageArray) -> str:
    """The pHash (Zauner: Implementation and Benchmarking of Perceptual Image Hash Functions, 2010) of an aligned face.

    Of the luminance at 64 x 64 the 16 x 16 lowest frequencies of the discrete cosine transform are taken; a bit tells
    whether a coefficient is above the median.

    Args:
        aligned: RGB [N, N, 3] uint8.

    Returns:
        256 bits, hexadecimal.
    """
    thumb = cv2.resize(luminance(aligned), (_THUMB_PX, _THUMB_PX), interpolation=cv2.INTER_AREA)
    low = cv2.dct(thumb.astype(np.float32))[:_FREQUENCIES, :_FREQUENCIES]
    return np.packbits(low > np.median(low)).tobytes().hex()


def hash_distance(one: str, other: str) -> int:
    """Bits in which two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


@dataclass(frozen=True)
class Candidate:
    """A face that may be a duplicate.

    Attributes:
        hash: 256 bits, hexadecimal.
        worth: of two that are one, the worthier stays.
        drop_within_bits: it goes if a worthier one is so near; -1 keeps it.
    """

    hash: str
    worth: float
    drop_within_bits: int


@dataclass(frozen=True)
class Verdict:
    """What becomes of a candidate.

    Attributes:
        duplicate_of: index of the candidate that stays in its place, or None.
        group: the same number for all that a chain of near faces connects.
    """

    duplicate_of: int | None
    group: int


def near_duplicates(candidates: Sequence[Candidate], group_within_bits: int) -> list[Verdict]:
    """Which candidates go, and which belong together.

    No two that stay are within ``drop_within_bits`` of the less worthy one. All are compared with all, one block with
    many at a time: time grows with the square of their number, memory does not.

    Args:
        candidates: in any order; of equally worthy ones the first stays.
        group_within_bits: two that differ in no more bits are of one group.
    """
    order = sorted(range(len(candidates)), key=lambda index: -candidates[index].worth)
    signs = _signs([candidates[index].hash for index in order])
    kept = np.zeros(len(order), bool)
    group = np.arange(len(order))
    duplicate_of: dict[int, int] = {}
    for start in range(0, len(order), _BLOCK):
        block = signs[start : start + _BLOCK]
        distances = (signs.shape[1] - block @ signs[: start + len(block)].T) / 2
        for place, to_others in enumerate(distances, start):
            index, to_worthier = order[place], to_others[:place]
            for other in np.unique(group[:place][to_worthier <= group_within_bits]):
                group[group == other] = place
            near = np.flatnonzero(kept[:place] & (to_worthier <= candidates[index].drop_within_bits))
            if len(near):
                duplicate_of[index] = order[near[np.argmin(to_worthier[near])]]
            else:
                kept[place] = True
    group_of = dict(zip(order, group.tolist(), strict=True))
    return [Verdict(duplicate_of.get(index), group_of[index]) for index in range(len(candidates))]


def _signs(hashes: Sequence[str]) -> npt.NDArray[np.float32]:
    """[N, 256], -1 and 1: the product of two rows is the number of equal bits less that of different ones."""
    bits = np.unpackbits(np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8)).reshape(-1, _FREQUENCIES**2)
    return bits.astype(np.float32) * 2 - 1
