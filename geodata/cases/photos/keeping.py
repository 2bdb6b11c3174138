"""The files of photos: DATA_DIR/photos/ab/<digest>.jpg and <digest>.thumb.jpg.

A file is written whole and made durable before the row that names it is committed, so that no row
ever names a file that is not there; a file without a row is an orphan and is swept away. Who adds
rows and who sweeps hold one lock against each other until they commit.
"""

from __future__ import annotations

import os
import re
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import sqlalchemy as sa

from geodata.cases.tables import case_photos
from geodata.errors import InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from geodata.cases.photos.reading import Photo
    from geodata.database import Database

FOLDER: Final = "photos"
"""In DATA_DIR."""
ORPHAN_SECONDS: Final = 24 * 3600
LOCK: Final = 0x70686F746F
"""Advisory: shared by who adds photos, alone for who sweeps."""
AT_ONCE: Final = 1_000

Size = Literal["picture", "thumb"]
_ENDINGS: Final[dict[Size, str]] = {"picture": ".jpg", "thumb": ".thumb.jpg"}
_NAME: Final = re.compile(r"(?P<digest>[0-9a-f]{64})(\.thumb)?\.jpg")
_PACKED: Final = re.compile(r"(?P<start>[0-9a-f]{2})/(?P=start)[0-9a-f]{62}(\.thumb)?\.jpg")


@dataclass(frozen=True)
class Album:
    """Photos that came with something, and the DATA_DIR that they are to be kept in."""

    data_dir: Path
    photos: tuple[Photo, ...] = ()


def path_of(data_dir: Path, digest: str, size: Size) -> Path:
    """Where a photo lies."""
    return data_dir.absolute() / FOLDER / digest[:2] / f"{digest}{_ENDINGS[size]}"


def keep(data_dir: Path, photo: Photo) -> None:
    """Write both files unless they are there; durable when it returns.

    Raises:
        Unavailable: the disk is full or broken.
    """
    try:
        for size, content in (("thumb", photo.thumb), ("picture", photo.picture)):
            path = path_of(data_dir, photo.digest, "thumb" if size == "thumb" else "picture")
            if path.is_file() and path.stat().st_size == len(content):
                os.utime(path)  # young again, so that no sweep takes it meanwhile
            else:
                _write(path, content)
    except OSError as error:
        raise Unavailable("The server could not keep the file; its disk may be full.") from error


def open_photo(data_dir: Path, digest: str, size: Size) -> bytes:
    """The content of a photo's file.

    Raises:
        NotFound: the file is gone, such as after a restore without its photos.
    """
    try:
        return path_of(data_dir, digest, size).read_bytes()
    except OSError as error:
        raise NotFound("The file of this photo is not there any more.") from error


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=".part", dir=path.parent)  # readable by us alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep(database: Database, data_dir: Path, *, seconds: float = ORPHAN_SECONDS) -> int:
    """Delete files that no row names and that have been lying for ``seconds``; gives how many."""
    gone = 0
    old = [path for path in _files(data_dir) if _age(path) > seconds]
    for first in range(0, len(old), AT_ONCE):
        some = old[first : first + AT_ONCE]
        with database.begin() as tx:
            tx.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            digests = sorted({path.name[:64] for path in some})
            named = set(
                tx.connection.execute(
                    sa.select(case_photos.c.digest).where(case_photos.c.digest.in_(digests))
                ).scalars()
            )
            for path in some:
                if path.name[:64] not in named and _age(path) > seconds:
                    path.unlink(missing_ok=True)
                    gone += 1
    return gone


def _files(data_dir: Path) -> Iterator[Path]:
    """Every file in the folder of photos, whole ones and what an ended process left."""
    return (
        path
        for path in sorted((data_dir.absolute() / FOLDER).glob("[0-9a-f][0-9a-f]/*"))
        if _NAME.fullmatch(path.name) or path.name.startswith(".part")
    )


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return -1.0


def pack(data_dir: Path, path: Path) -> int:
    """All photos into a tar file beside a backup; gives their number, and writes none for none.

    Raises:
        Unavailable: the disk is full.
    """
    count = 0
    part = path.with_name(path.name + ".part")
    try:
        with (
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            tarfile.open(fileobj=file, mode="w") as packed,
        ):
            for one in _files(data_dir):
                if _NAME.fullmatch(one.name):
                    packed.add(one, arcname=f"{one.parent.name}/{one.name}", recursive=False)
                    count += one.name.count(".") == 1
        if count:
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(path)
    except OSError as error:
        raise Unavailable(
            "The backup could not be written: %(reason)s.", reason=error.strerror or str(error)
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def unpack(path: Path, data_dir: Path) -> int:
    """Bring photos back that ``pack`` put away; those that are there stay. Gives their number.

    Raises:
        InvalidInput: the file is none that ``pack`` made.
        Unavailable: the disk is full.
    """
    count = 0
    try:
        with tarfile.open(path, mode="r:") as packed:
            for member in packed:
                if not (member.isfile() and _PACKED.fullmatch(member.name)):
                    raise InvalidInput("%(path)s holds no photos of a backup.", path=str(path))
                file = packed.extractfile(member)
                target = data_dir.absolute() / FOLDER / member.name
                if file is not None and not target.is_file():
                    _write(target, file.read())
                count += member.name.count(".") == 1
    except tarfile.TarError as error:
        raise InvalidInput("%(path)s holds no photos of a backup.", path=str(path)) from error
    except OSError as error:
        raise Unavailable("The server could not keep the file; its disk may be full.") from error
    return count
