"""The size of a WebP file by its first bytes (RFC 9649)."""

from typing import Final

_MASK_14_BITS: Final = (1 << 14) - 1


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels that the header of a WebP file claims; None if it has none or they are 0."""
    match data[12:16]:
        case b"VP8X":  # extended: 4 bytes of flags, then width and height less 1 in 3 bytes each
            size = 1 + _number(data[24:27]), 1 + _number(data[27:30])
        case b"VP8L":  # lossless: a signature, then width and height less 1 in 14 bits each
            bits = _number(data[21:25])
            size = 1 + (bits & _MASK_14_BITS), 1 + (bits >> 14 & _MASK_14_BITS)
        case b"VP8 ":  # lossy: a frame tag and a start code of 3 bytes each, then 14 bits of 2 bytes each
            size = _number(data[26:28]) & _MASK_14_BITS, _number(data[28:30]) & _MASK_14_BITS
        case _:
            return None
    return size if len(data) >= 30 and min(size) > 0 else None


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
