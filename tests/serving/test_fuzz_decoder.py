"""The decoder survives damaged and hostile files: each is a picture or a refusal, and memory stays bounded.

``make fuzz`` tries 20,000 files, and FUZZ_FILES as many as are wanted.
"""

import json
import os
import subprocess
import sys

FILES = int(os.environ.get("FUZZ_FILES", "4000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
MEBIBYTE = 1 << 20


def test_every_file_is_a_picture_or_a_refusal() -> None:
    """In a process of its own: a decoder that crashes takes its process with it."""
    command = [sys.executable, "-m", "tests.serving.fuzz_decoder", str(SEED), str(FILES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["decoded"] + sum(told["refused"].values()) == FILES
    assert told["decoded"] > FILES // 20
    assert set(told["refused"]) == {"IMAGE_UNREADABLE", "IMAGE_TRUNCATED", "IMAGE_TOO_LARGE"}
    assert told["grown_bytes"] < 64 * MEBIBYTE
