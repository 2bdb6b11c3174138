"""Terminal commands of the pages: a map as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from geodata.words import translate
from webmap.mapfile import DEFAULT_LAYERS, Wish, map_file

if TYPE_CHECKING:
    from geodata.settings import Settings


@click.command("map")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option(
    "--layers",
    default=",".join(DEFAULT_LAYERS),
    show_default=True,
    help="What is shown, parted by commas: areas, compounds, buildings, streets, grids, "
    "facilities.",
)
@click.option("--minutes", type=float, help="Add service circles and coverage of so many minutes.")
@click.option("--at", "day", help="The district of that day or moment (ISO 8601).")
@click.option("--title", default="", help="What the map is called.")
@click.pass_obj
def map_command(
    settings: Settings, file: Path, layers: str, minutes: float | None, day: str | None, title: str
) -> None:
    """Write a map as one self-contained HTML file: no network needed to read it."""
    from geodata.accounts import Actor  # noqa: PLC0415 - only when the command runs
    from geodata.cases.filters import moment  # noqa: PLC0415
    from geodata.database import open_database  # noqa: PLC0415
    from geodata.profiles import load_profile  # noqa: PLC0415

    profile = load_profile(settings.profile)
    wish = Wish(
        layers=tuple(name.strip() for name in layers.split(",") if name.strip()),
        at=moment(day, profile.timezone, end=True) if day else None,
        minutes=minutes,
        title=title,
        language=settings.language,
        approval=settings.map_approval,
    )
    with open_database(settings) as database:
        document = map_file(database, Actor.terminal(), profile, wish)
    part = file.with_name(file.name + ".part")
    part.write_text(document, encoding="utf-8")
    part.replace(file)
    size = len(document.encode()) / 1_000_000
    said = translate(
        "%(file)s written, %(size)s MB.", settings.language, file=file, size=f"{size:.1f}"
    )
    click.echo(said)
