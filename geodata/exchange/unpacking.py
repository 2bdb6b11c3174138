"""Zip and gzip files opened with care: no path escapes, no bombs, no secrets.

Everything is written into a folder of our own; names and sizes are checked before and while
writing, because an archive may lie about both.
"""

from __future__ import annotations

import gzip
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Any

from geodata.errors import InvalidInput, TooLarge

MOST_BYTES = 8 * 2**30
MOST_FILES = 20_000
# Text compresses 10 to 30 times; a thousandfold is a bomb. Small files may be as odd as they like.
MOST_RATIO = 250
_UNSUSPICIOUS = 64 * 2**20
_BLOCK = 2**20
_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


def unzip(path: Path, folder: Path, *, most_bytes: int = MOST_BYTES) -> Path:
    """Write the files of a zip archive under ``folder``, without the junk that systems add.

    Raises:
        InvalidInput: Broken, encrypted, or with a path that leads out of the archive.
        TooLarge: More files or bytes than permitted, or an absurd ratio.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _checked(archive, path, most_bytes)
            left = most_bytes
            for entry, name in entries:
                target = folder.joinpath(*name.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, target.open("wb") as out:
                    left -= _pour(source, out, left, path.stat().st_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InvalidInput("The zip file %(file)s is broken.", file=path.name) from error
    return folder


def check_zip(path: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """The same refusals for a file that another reader unpacks (Excel, KMZ)."""
    try:
        with zipfile.ZipFile(path) as archive:
            _checked(archive, path, most_bytes)
    except zipfile.BadZipFile as error:
        raise InvalidInput("The file %(file)s is broken.", file=path.name) from error


def gunzip(path: Path, folder: Path, *, most_bytes: int = MOST_BYTES) -> Path:
    """The content of a ``.gz`` file under ``folder``, by the name less its ending."""
    target = folder / (path.stem or "content")
    try:
        with gzip.open(path) as source, target.open("wb") as out:
            _pour(source, out, most_bytes, path.stat().st_size)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InvalidInput("The file %(file)s is broken.", file=path.name) from error
    return target


def _checked(
    archive: zipfile.ZipFile, path: Path, most_bytes: int
) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    entries = []
    total = 0
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        name = _safe(entry, path)
        if any(part in _JUNK or part.startswith("._") for part in name.parts):
            continue
        if entry.flag_bits & 0x1:
            raise InvalidInput(
                "The zip file %(file)s has a password; send it without one.", file=path.name
            )
        total += entry.file_size
        entries.append((entry, name))
    if len(entries) > MOST_FILES or total > most_bytes:
        raise TooLarge("The file %(file)s is too large once unpacked.", file=path.name)
    if total > _UNSUSPICIOUS and total > MOST_RATIO * path.stat().st_size:
        raise TooLarge(
            "The file %(file)s unpacks to an absurd size and was left alone.", file=path.name
        )
    return entries


def _safe(entry: zipfile.ZipInfo, path: Path) -> PurePosixPath:
    name = entry.filename
    if not entry.flag_bits & 0x800:  # not marked as UTF-8: what Chinese Windows writes is GBK
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = entry.filename
    plain = PurePosixPath(name.replace("\\", "/"))
    link = stat.S_ISLNK(entry.external_attr >> 16)
    odd = any(part == ".." or ":" in part or "\0" in part for part in plain.parts)
    if plain.is_absolute() or odd or link or not plain.parts:
        raise InvalidInput(
            "The zip file %(file)s has a path that leads out of it (%(path)s) and was left alone.",
            file=path.name,
            path=name[:80],
        )
    return plain


def _pour(source: Any, out: IO[bytes], most: int, packed: int) -> int:
    """Copy, counting what really comes; an archive's own word on its size is no proof."""
    written = 0
    while block := source.read(_BLOCK):
        written += len(block)
        if written > most or (written > _UNSUSPICIOUS and written > MOST_RATIO * max(packed, 1)):
            raise TooLarge(
                "The file %(file)s unpacks to an absurd size and was left alone.",
                file=Path(str(getattr(source, "name", "") or "")).name,
            )
        out.write(block)
    return written
