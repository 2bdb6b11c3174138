"""A map as one file: everything inside, to be sent by mail and opened without a network.

What leaves is written down here column by column: no reporter, no telephone, no free text of a
case, nothing that nobody mapped. Shapes are simplified, shared borders kept shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd

from geodata.accounts import record, require
from geodata.errors import InvalidInput
from geodata.places.querying import attributions, is_synthetic, layer_frame
from geodata.reach.covering import circles, cover
from geodata.words import translate
from webmap import elements
from webmap.figure import LocalFigure

if TYPE_CHECKING:
    from branca.element import MacroElement

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

LAYERS: Final[dict[str, type[elements.PlaceLayer]]] = {
    "areas": elements.AreaLayer,
    "compounds": elements.CompoundLayer,
    "buildings": elements.BuildingLayer,
    "streets": elements.StreetLayer,
    "grids": elements.GridLayer,
    "facilities": elements.FacilityLayer,
}
"""Layers that can be put into a file, the lowest first."""

DEFAULT_LAYERS: Final = ("areas", "compounds", "streets", "grids", "facilities")
TOLERANCE_M: Final = 1.0
"""Shapes lose what lies within so many metres of a straight line."""
LONGEST_TITLE: Final = 120


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the file shows.

    ``minutes`` adds the service circles and the share of households covered; ``at`` is the day of
    the district, now if absent; ``view`` is zoom, latitude, longitude.
    """

    layers: tuple[str, ...] = DEFAULT_LAYERS
    at: datetime | None = None
    minutes: float | None = None
    title: str = ""
    language: str = "zh"
    approval: str = ""
    view: tuple[int, float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse layers that cannot be put into a file."""
        unknown = [name for name in self.layers if name not in LAYERS]
        if unknown or not self.layers:
            raise InvalidInput(
                "A map file can show %(known)s; %(unknown)s is none of them.",
                known=", ".join(LAYERS),
                unknown=", ".join(unknown) or "–",
            )


def map_file(database: Database, actor: Actor, profile: Profile, wish: Wish) -> str:
    """The map as an HTML document with everything inside.

    Raises:
        NotAllowed: the role may not export.
        InvalidInput: minutes that make no sense, or a district with nothing in these layers.
    """
    require(actor, "export")
    frames = {
        name: layer_frame(database, actor, name, _columns(name), at=wish.at)
        for name in LAYERS
        if name in wish.layers
    }
    if not any(len(frame) for frame in frames.values()):
        raise InvalidInput("These layers are empty: import something first, or choose others.")
    synthetic = is_synthetic(database, actor)
    now = datetime.now(profile.zone)
    title = wish.title.strip()[:LONGEST_TITLE] or profile.name.read(wish.language)
    figure = LocalFigure(mode="inline", language=wish.language, title=title)
    zoom, *centre = wish.view or (14, 35.06, 118.34)
    page_map = elements.PageMap(
        figure=figure,
        bounds=None if wish.view else _bounds(frames),
        location=centre,
        zoom=zoom,
        attribution=attributions(database, actor),
        approval=wish.approval,
    )
    for element in _elements(database, actor, profile, wish, frames):
        page_map.add_child(element)
    page_map.add_child(
        elements.Sheet(
            title=title,
            day=(wish.at or now).astimezone(profile.zone).date().isoformat(),
            synthetic=synthetic,
            words=_words(profile, wish),
            minutes=wish.minutes,
            language=wish.language,
        )
    )
    with database.begin() as tx:
        record(tx, actor, "map_written", "map", layers=list(wish.layers), title=title)
    return str(page_map.get_root().render())


def _columns(layer: str) -> tuple[str, ...]:
    return LAYERS[layer].columns


def _bounds(frames: dict[str, gpd.GeoDataFrame]) -> list[float]:
    """West, south, east, north of the first layer that has anything."""
    frame = next(frame for frame in frames.values() if len(frame))
    return [float(value) for value in frame.total_bounds]


def _elements(
    database: Database,
    actor: Actor,
    profile: Profile,
    wish: Wish,
    frames: dict[str, gpd.GeoDataFrame],
) -> list[MacroElement]:
    levels = profile.keys("levels")
    options: dict[str, dict[str, Any]] = {
        "areas": {"levels": levels},
        "compounds": {
            "colours": profile.colors("compound_types"),
            "outlined": wish.minutes is not None,
        },
        "facilities": {"circles": profile.circle_kinds},
    }
    drawn: list[MacroElement] = [
        LAYERS[name](
            frame, tolerance_m=TOLERANCE_M, language=wish.language, **options.get(name, {})
        )
        for name, frame in frames.items()
    ]
    if wish.minutes is not None:
        drawn.extend(_reach(database, actor, profile, wish))
    drawn.append(elements.Labels(levels=levels, language=wish.language))
    return drawn


def _reach(
    database: Database, actor: Actor, profile: Profile, wish: Wish
) -> Sequence[MacroElement]:
    """Circles, and the communities by the share of households covered."""
    minutes = wish.minutes or 0
    reach = cover(database, actor, profile, minutes=minutes, at=wish.at)
    communities = layer_frame(database, actor, "areas", ("code", "name", "level"), at=wish.at)
    table = reach.coverage.areas[["code", "households", "covered", "share"]]
    shared = communities.merge(table, on="code")
    return (
        elements.CoverageChoropleth(shared, key="coverage", language=wish.language),
        elements.ServiceCircles(
            circles(database, actor, profile, minutes=minutes, at=wish.at),
            key="circles",
            language=wish.language,
        ),
    )


def _words(profile: Profile, wish: Wish) -> dict[str, Any]:
    """What the file says of the profile's keys; types have no colour above a choropleth."""
    language = wish.language
    return {
        "levels": profile.names("levels", language),
        "compound_types": profile.names("compound_types", language),
        "compound_colours": {} if wish.minutes else profile.colors("compound_types"),
        "facility_kinds": profile.names("facility_kinds", language),
    }


def file_name(title: str, language: str) -> str:
    """A name for the file that every system takes."""
    kept = "".join(sign for sign in title if sign.isalnum() or sign in " -_").strip()
    return f"{kept or translate('map', language)}.html"
