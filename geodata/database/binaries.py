"""Where PostgreSQL's programs and PostGIS are on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geodata.errors import SetUpIncomplete

OLDEST_POSTGRESQL = 14
OLDEST_POSTGIS = (3, 2)


@dataclass(frozen=True)
class Binaries:
    """The programs of one PostgreSQL: its folder and its major version."""

    folder: Path
    major: int


def find_binaries(major: int | None = None) -> Binaries:
    """The newest usable PostgreSQL with PostGIS, or the one of version ``major``.

    Raises:
        SetUpIncomplete: there is none; the message names the package and the command.
    """
    found = [one for one in _installed() if one.major >= OLDEST_POSTGRESQL]
    if major is not None:
        found = [one for one in found if one.major == major]
        if not found:
            raise SetUpIncomplete(
                "The database was made by PostgreSQL %(major)s, which is not installed: "
                "apt-get install postgresql-%(major)s postgresql-%(major)s-postgis-3",
                major=major,
            )
    if not found:
        raise SetUpIncomplete(
            "PostgreSQL %(oldest)s or newer is not installed: "
            "apt-get install postgresql postgresql-postgis",
            oldest=OLDEST_POSTGRESQL,
        )
    with_postgis = [one for one in found if has_postgis(one)]
    if not with_postgis:
        raise SetUpIncomplete(
            "PostGIS is not installed: apt-get install postgresql-%(major)s-postgis-3",
            major=found[0].major,
        )
    return with_postgis[0]


def find_program(name: str, *, server: int) -> Path:
    """One of PostgreSQL's client programs, for a server of this major version.

    The server's own version if it is here, or else the oldest newer one: an older ``pg_dump``
    refuses, and the dump of a newer one may not go back.

    Raises:
        SetUpIncomplete: there is none.
    """
    found: dict[int, Path] = {}
    for folder in _folders():
        match = re.search(r"\) (\d+)", _ask(folder / name, "--version"))
        if match and int(match[1]) >= server:
            found.setdefault(int(match[1]), folder / name)
    if not found:
        raise SetUpIncomplete(
            "%(program)s for PostgreSQL %(major)s is not installed: "
            "apt-get install postgresql-client-%(major)s",
            program=name,
            major=server,
        )
    return found[min(found)]


def has_postgis(binaries: Binaries) -> bool:
    """Whether this PostgreSQL can ``CREATE EXTENSION postgis``."""
    share = _ask(binaries.folder / "pg_config", "--sharedir")
    folder = Path(share) if share else Path(f"/usr/share/postgresql/{binaries.major}")
    return (folder / "extension" / "postgis.control").exists()


@cache
def _installed() -> tuple[Binaries, ...]:
    """Every PostgreSQL server on this machine, newest first."""
    found: dict[Path, Binaries] = {}
    for folder in _folders():
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            match = re.search(r"\) (\d+)", _ask(folder / "postgres", "--version"))
            if match:
                found[folder.resolve()] = Binaries(folder.resolve(), int(match[1]))
    return tuple(sorted(found.values(), key=lambda one: -one.major))


def _folders() -> list[Path]:
    """Where PostgreSQL's programs may be."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if shutil.which("pg_config"):
        folders.append(Path(_ask(Path("pg_config"), "--bindir")))
    for name in ("postgres", "psql"):
        path = shutil.which(name)
        if path:
            folders.append(Path(path).parent)
    return folders


def _ask(program: Path, option: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [str(program), option], capture_output=True, text=True, check=False, timeout=20
        )
    except OSError:
        return ""
    return done.stdout.strip()
