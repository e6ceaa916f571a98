"""What a command prints: results to stdout, failures for people to stderr, failures for scripts to stdout."""

import json
import sys
from collections.abc import Mapping

from tqdm import tqdm

from phiz.errors import PhizError


class Report:
    """Prints results and failures, one a line, and remembers whether there was a failure."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self.exit_code = 0

    def result(self, fields: Mapping[str, object], line: str) -> None:
        """Prints ``fields`` for scripts, or ``line`` for people."""
        _print(json.dumps(fields) if self._as_json else line)

    def failure(self, file: str | None, error: PhizError) -> None:
        """Prints that ``file``, or the command as a whole, failed."""
        self.exit_code = 1
        if self._as_json:
            fields = {"file": file, "code": error.code.name, "reason": error.reason, "message": error.message}
            _print(json.dumps(fields))
        else:
            subject = f"{file}: " if file else ""
            wait = f" (try again in {error.retry_after_seconds:g} s)" if error.retry_after_seconds else ""
            tqdm.write(f"phiz: {subject}{one_line(error.message)}{wait}", file=sys.stderr)


def one_line(text: str) -> str:
    """``text`` without line breaks."""
    return " ".join(text.split())


def _print(line: str) -> None:
    tqdm.write(line, file=sys.stdout)  # goes round a progress bar
    sys.stdout.flush()
