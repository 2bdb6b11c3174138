"""The log: one JSON object a line, each with the request's id.

It goes to standard error, where systemd or Docker keep it. Where a person sits at a terminal it
goes into ``DATA_DIR/log/wangge.log`` instead, and the terminal gets one short line of what went
wrong. All processes append to the one file; only the server itself turns it
over when it has grown (``turn_over``), the others notice and open the new one.

What people wrote, who they are and what they may keep secret stays out: no query strings, no
bodies, no local variables, and of a database error not the detail that quotes values.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from geodata.words import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

QUIET = ("alembic", "procrastinate", "_granian", "granian.access", "fiona", "pyogrio", "numba")
"""Libraries that say much; their warnings are still heard."""
MOST_BYTES = 20_000_000
KEPT = 5
"""How large the file grows, and how many older ones are kept beside it."""
_COLOURS = {"warning": "33", "error": "31", "critical": "31"}


def log_file(data_dir: Path) -> Path:
    """Where the log is when a person sits at the terminal."""
    return data_dir.absolute() / "log" / "wangge.log"


def set_up_logs(
    *, process: str, data_dir: Path, language: str = "en", level: int = logging.INFO
) -> Path | None:
    """Send structlog's and the standard library's messages to where they belong.

    ``process`` says who speaks: server, http, worker. ``language`` is that of the short lines.

    Returns:
        The file of the log; None when the log goes to standard error.
    """
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
    whole = _formatter(
        shared,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        without_details,
        structlog.processors.JSONRenderer(serializer=_dumps),
    )
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(whole)
    handlers: list[logging.Handler] = [stream]
    file = log_file(data_dir) if sys.stderr.isatty() else None
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.parent.chmod(0o700)
        kept = logging.handlers.WatchedFileHandler(file, encoding="utf-8")
        kept.setFormatter(whole)
        stream.setLevel(logging.WARNING)
        stream.setFormatter(_formatter(shared, _short(language), values_apart=True))
        handlers.append(kept)
    root = logging.getLogger()
    root.handlers = handlers
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    return file


def turn_over(file: Path, *, most_bytes: int = MOST_BYTES, kept: int = KEPT) -> None:
    """Put a grown log aside as ``wangge.log.1`` and so on; for one process only, the server."""
    with suppress(FileNotFoundError):
        if file.stat().st_size < most_bytes:
            return
        for number in range(kept - 1, 0, -1):
            with suppress(FileNotFoundError):
                file.with_name(f"{file.name}.{number}").replace(
                    file.with_name(f"{file.name}.{number + 1}")
                )
        file.replace(file.with_name(f"{file.name}.1"))


def without_details(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> Mapping[str, Any]:
    """Take PostgreSQL's DETAIL lines, which quote the values of a row, out of a trace."""
    trace = event.get("exception")
    if isinstance(trace, str):
        lines = (line for line in trace.splitlines() if not line.lstrip().startswith("DETAIL:"))
        event["exception"] = "\n".join(lines)
    return event


def _formatter(shared: list[Any], *last: Any, values_apart: bool = False) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=last, pass_foreign_args=values_apart
    )


def _named(process: str) -> Any:
    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        event["process"] = process
        return event

    return add


def _short(language: str) -> Any:
    """One line for a person: when, who, what, and the values that belong to it."""
    silent = {"event", "level", "logger", "process", "timestamp", "exc_info", "positional_args"}

    def render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
        level = str(event.get("level", ""))
        record = event.get("_record")
        if event.get("_from_structlog") or record is None or not isinstance(record.msg, str):
            words = translate(str(event["event"]), language)
        else:  # the sentence is known without the values in it
            words = translate(record.msg, language)
            given = event.get("positional_args")
            words = words % given if given else words
        words = words.partition("\n")[0]
        values = [
            f"{name}={value}"
            for name, value in event.items()
            if name not in silent and not name.startswith("_")
        ]
        more = f" ({', '.join(values)})" if values else ""
        clock = time.strftime("%H:%M:%S")
        line = f"{clock} {event.get('process')}: {words}{more}"
        return f"\x1b[{_COLOURS.get(level, '0')}m{line}\x1b[0m"

    return render


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
