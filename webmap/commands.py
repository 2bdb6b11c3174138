"""Terminal commands of the pages: a map as one file."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geodata.words import translate
from webmap.mapfile import CASES, DEFAULT_LAYERS, KNOWN, Wish, map_file

if TYPE_CHECKING:
    from geodata.cases.filters import CaseFilter
    from geodata.profiles import Profile
    from geodata.settings import Settings


@click.command("map")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--layers",
    default=",".join(DEFAULT_LAYERS),
    show_default=True,
    help="What is shown, parted by commas: areas, compounds, buildings, streets, grids, "
    "facilities, cases.",
)
@click.option("--minutes", type=float, help="Add service circles and coverage of so many minutes.")
@click.option("--at", "day", help="The district of that day or moment (ISO 8601).")
@click.option("--from", "first", help="Cases reported from that day or moment on.")
@click.option("--to", "last", help="Cases reported until the end of that day, or that moment.")
@click.option("--category", help="Cases of these categories, parted by commas.")
@click.option("--source", help="Cases from these sources, parted by commas.")
@click.option("--state", help="Cases in these states, parted by commas.")
@click.option("--area", help="Cases in these areas, grids or compounds: codes, parted by commas.")
@click.option("--title", default="", help="What the map is called.")
@click.option("--replace", is_flag=True, help="Replace the file if it is there.")
@click.pass_obj
def map_command(  # noqa: PLR0913 - one for each option
    settings: Settings,
    file: Path,
    *,
    layers: str,
    minutes: float | None,
    day: str | None,
    first: str | None,
    last: str | None,
    category: str | None,
    source: str | None,
    state: str | None,
    area: str | None,
    title: str,
    replace: bool,
) -> None:
    """Write a map as one self-contained HTML file: no network needed to read it."""
    from geodata.accounts import Actor  # noqa: PLC0415 - only when the command runs
    from geodata.cases.filters import instant  # noqa: PLC0415
    from geodata.database import open_database  # noqa: PLC0415
    from geodata.database.migrations import upgrade  # noqa: PLC0415
    from geodata.profiles import load_profile  # noqa: PLC0415

    _check_place(file, replace=replace)
    profile = load_profile(settings.profile)
    wanted = _cases(profile, first, last, category, source, state, area)
    wish = Wish(
        layers=_several(layers),
        at=instant(day, profile.timezone) if day else None,
        minutes=minutes,
        cases=wanted,
        title=title,
        language=settings.language,
        approval=settings.map_approval,
    )
    _refuse_idle_conditions(wish, given=any((first, last, category, source, state, area)))
    with open_database(settings, pool_size=2) as database:
        upgrade(database)
        document = map_file(database, Actor.terminal(), profile, wish)
    size = _write(file, document) / 1_000_000
    said = translate(
        "%(file)s written, %(size)s MB.", settings.language, file=file, size=f"{size:.1f}"
    )
    click.echo(said)


def _several(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _cases(
    profile: Profile,
    first: str | None,
    last: str | None,
    category: str | None,
    source: str | None,
    state: str | None,
    area: str | None,
) -> CaseFilter:
    from geodata.cases.filters import CaseFilter, moment  # noqa: PLC0415

    return CaseFilter(
        since=moment(first, profile.timezone) if first else None,
        until=moment(last, profile.timezone, end=True) if last else None,
        categories=_several(category),
        sources=_several(source),
        states=_several(state),
        areas=_several(area),
    )


def _refuse_idle_conditions(wish: Wish, *, given: bool) -> None:
    """Conditions on cases that nobody asked to show are a mistake."""
    from geodata.errors import InvalidInput  # noqa: PLC0415

    if given and CASES not in wish.layers:
        raise InvalidInput(
            "Conditions on cases need the layer %(cases)s: add it to --layers (%(known)s).",
            cases=CASES,
            known=",".join(KNOWN),
        )


def _check_place(file: Path, *, replace: bool) -> None:
    """Refuse a place that cannot be written to before the work begins.

    Raises:
        InvalidInput: no folder, a folder of that name, or a file that is not to be replaced.
        Unavailable: the folder lets nobody write.
    """
    from geodata.errors import InvalidInput, Unavailable  # noqa: PLC0415

    if not file.absolute().parent.is_dir():
        raise InvalidInput("There is no folder %(folder)s.", folder=str(file.parent))
    if file.is_dir():
        raise InvalidInput("%(file)s is a folder: name a file in it.", file=str(file))
    if not replace and file.exists() and file.stat().st_size:
        raise InvalidInput(
            "%(file)s is there already: choose another name, or add --replace.", file=str(file)
        )
    if not os.access(file.absolute().parent, os.W_OK):
        raise Unavailable(
            "%(file)s could not be written: %(reason)s",
            file=str(file),
            reason=os.strerror(errno.EACCES),
        )


def _write(file: Path, document: str) -> int:
    """The document in its place, whole or not at all; gives its bytes.

    Raises:
        Unavailable: the disk is full or does not let us write.
    """
    from geodata.errors import Unavailable  # noqa: PLC0415

    part = file.with_name(file.name + ".part")
    try:
        part.write_text(document, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Unavailable(
            "%(file)s could not be written: %(reason)s",
            file=str(file),
            reason=error.strerror or str(error),
        ) from error
    return len(document.encode())
