"""The log: one JSON object a line on standard error, each with the request's id.

What people wrote, who they are and what they may keep secret stays out: no query strings, no
bodies, no local variables, and of a database error not the detail that quotes values.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import orjson
import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

QUIET = ("alembic", "procrastinate", "_granian", "granian.access", "fiona", "pyogrio", "numba")
"""Libraries that say much; their warnings are still heard."""


def set_up_logs(*, process: str, level: int | None = None) -> None:
    """Send structlog's and the standard library's messages to standard error.

    ``process`` says who speaks: server, http, worker. On a terminal, where somebody reads along,
    only what went wrong is said unless ``level`` says otherwise.
    """
    if level is None:
        level = logging.WARNING if sys.stderr.isatty() else logging.INFO
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            without_details,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def without_details(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> Mapping[str, Any]:
    """Take PostgreSQL's DETAIL lines, which quote the values of a row, out of a trace."""
    trace = event.get("exception")
    if isinstance(trace, str):
        lines = (line for line in trace.splitlines() if not line.lstrip().startswith("DETAIL:"))
        event["exception"] = "\n".join(lines)
    return event


def _named(process: str) -> Any:
    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        event["process"] = process
        return event

    return add


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
