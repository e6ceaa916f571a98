"""``python -m tests.serving.fuzz_decoder SEED COUNT``: the decoder at damaged files, in a process that may die of them.

Prints as JSON how many files were decoded, how many were refused by reason, and how much memory was taken at most.
"""

import json
import resource
import sys
import warnings
from collections import Counter

from serving import images
from serving.errors import InvalidField
from serving.operations.inspect import declared_by
from tests.serving.mutated_pictures import mutated_files, whole_files

MAX_PIXELS = 1 << 20


def _decode(data: bytes) -> str:
    """The reason why a file is refused; "" if it is a picture."""
    try:
        header = images.read_header(data, max_bytes=1 << 20, max_pixels=MAX_PIXELS, field="image")
        pixels = images.decode(data, header, field="image", keep_alpha=True)
    except InvalidField as error:
        return error.reason
    assert pixels.shape[0] * pixels.shape[1] == header.pixels <= MAX_PIXELS
    return ""


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Decodes and inspects them all."""
    seed, count = map(int, sys.argv[1:])
    warnings.simplefilter("ignore")  # Pillow warns of damaged EXIF
    for whole in whole_files():
        assert _decode(whole) == ""
    before = _peak_bytes()
    results: Counter[str] = Counter()
    for number, data in enumerate(mutated_files(seed, count)):
        try:
            results[_decode(data)] += 1
            declared_by(data)
        except Exception as error:
            error.add_note(f"file {number} of seed {seed}: {data.hex()}")
            raise
    decoded = results.pop("", 0)
    json.dump({"decoded": decoded, "refused": dict(results), "grown_bytes": _peak_bytes() - before}, sys.stdout)


if __name__ == "__main__":
    main()
