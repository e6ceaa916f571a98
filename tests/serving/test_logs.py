"""Lines of the log, as a program of its own writes them."""

import json
import subprocess
import sys
from datetime import datetime

PROGRAM = """
import logging
from serving.logs import caller_name, log_to_stderr, request_id

log_to_stderr("info", "{log_format}")
log = logging.getLogger("here")
log.debug("is not said")
log.info("before any request")
request_id.set("r-1")
caller_name.set("ann")
log.info("said %d", 1, extra={{"fields": {{"code": "OK"}}}})
try:
    raise KeyError("lost")
except KeyError:
    log.exception("failed")
"""


def logged(log_format: str) -> str:
    program = PROGRAM.format(log_format=log_format)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr


def test_a_program_can_read_each_line() -> None:
    before, said, failed = map(json.loads, logged("json").splitlines())
    assert datetime.fromisoformat(before.pop("time")).tzinfo is not None
    assert before == {
        "level": "info",
        "logger": "here",
        "message": "before any request",
        "request_id": "-",
        "caller": "-",
    }
    assert (said["message"], said["request_id"], said["caller"], said["code"]) == ("said 1", "r-1", "ann", "OK")
    assert failed["level"] == "error"
    assert failed["exception"].endswith("KeyError: 'lost'")


def test_people_read_whom_it_is_about() -> None:
    before, said, failed, *traceback = logged("text").splitlines()
    assert before.endswith(" INFO - - here: before any request")
    assert said.endswith(" INFO r-1 ann here: said 1")
    assert failed.endswith(" ERROR r-1 ann here: failed")
    assert traceback[-1] == "KeyError: 'lost'"
