"""Files that came in over HTTP, kept until they are imported.

An upload has a random name of our own in ``DATA_DIR/uploads``, readable by the server alone; what
the user called it is only words. It belongs to who sent it, and goes away when its import ends,
or after a day.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.serving import settings
from geodata.errors import InvalidInput, NotFound, TooLarge, Unavailable
from geodata.exchange.leftovers import UPLOADS, throw_away

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

    from geodata.accounts import Actor

PIECE: Final = 1 << 20
_ENDING: Final = re.compile(r"(\.[a-z0-9]{1,8}){1,2}$")
_NAME: Final = re.compile(r"[0-9]+\.[0-9a-f]{32}(\.[a-z0-9]{1,8}){0,2}")


def folder() -> Path:
    """Where uploads are kept; made if missing, closed to others."""
    path = settings.data_dir / UPLOADS
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.absolute()


def most_bytes() -> int:
    """How large a file may be."""
    return settings.upload_limit_mb * 1_000_000


def filename(given: str | None) -> str:
    """What the user called the file: no folder, no control characters, not too long."""
    last = re.split(r"[\\/]", given or "")[-1]
    words = "".join(sign for sign in last if sign.isprintable()).strip()
    return words[-120:] or "file"


def keep(file: FileStorage, actor: Actor) -> Path:
    """Store an upload and give its path.

    Raises:
        InvalidInput: The file is empty.
        TooLarge: It is larger than the settings permit.
        Unavailable: The disk is full; nothing was kept.
    """
    throw_away(settings.data_dir)
    found = _ENDING.search(filename(file.filename).casefold())
    path = folder() / f"{actor.user_id}.{secrets.token_hex(16)}{found.group() if found else ''}"
    try:
        size = _write(file, path)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Unavailable("The server could not keep the file; its disk may be full.") from error
    except TooLarge:
        path.unlink(missing_ok=True)
        raise
    if size == 0:
        path.unlink(missing_ok=True)
        raise InvalidInput("The file is empty.")
    return path


def _write(file: FileStorage, path: Path) -> int:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    size = 0
    with os.fdopen(handle, "wb") as out:
        while piece := file.stream.read(PIECE):
            size += len(piece)
            if size > most_bytes():
                raise TooLarge(
                    "The file is larger than %(limit)s MB.", limit=settings.upload_limit_mb
                )
            out.write(piece)
    return size


def find(name: str, actor: Actor) -> Path:
    """The actor's upload of this name; raises NotFound."""
    path = folder() / name
    own = _NAME.fullmatch(name) and name.startswith(f"{actor.user_id}.")
    if not own or not path.is_file():
        raise NotFound("This upload is not there any more; send the file again.")
    return path


@contextmanager
def taken(path: Path) -> Iterator[Path]:
    """Throw the upload away if what follows fails."""
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise
