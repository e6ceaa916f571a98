"""The log of this process: lines on standard error, for people or for programs, each with whom it is about."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, Literal

LogFormat = Literal["text", "json"]

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that the current task serves."""

caller_name: ContextVar[str] = ContextVar("caller_name", default="-")
"""Who has sent that request, as far as that is known."""

_TEXT: Final = "%(asctime)s %(levelname)s %(request_id)s %(caller)s %(name)s: %(message)s"


def log_to_stderr(level: str, log_format: LogFormat) -> None:
    """Has all of this process log to standard error, from ``level`` up."""
    handler = logging.StreamHandler()
    handler.addFilter(_add_context)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=level.upper(), handlers=[handler])


def _add_context(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    record.caller = caller_name.get()
    return True


class _JsonFormatter(logging.Formatter):
    """One JSON object a line; what was logged with ``extra={"fields": ...}`` stands in it, too."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
            "caller": getattr(record, "caller", "-"),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)
