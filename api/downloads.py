"""Files that people take away, as answers."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from flask import Response

EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_of(media_type: str) -> dict[int | str, dict[str, Any]]:
    """How a file stands among the answers of a call."""
    return {200: {"description": "the file", "content": {media_type: {}}}}


def download(name: str, content: bytes, media_type: str) -> Response:
    """A file under its name; nobody keeps it on the way."""
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
