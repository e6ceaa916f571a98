"""``python -m serving``: the gateway, as ``phiz serve`` starts it."""

import sys

from serving.server import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
