"""A map as one file: everything inside, to be sent by mail and opened without a network.

What leaves is written down here column by column: no reporter, no telephone, no free text of a
case, nothing that nobody mapped. Shapes are simplified, shared borders kept shared; cases are
points with category, state and time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import geopandas as gpd

from geodata.accounts import record, require
from geodata.cases.filters import CaseFilter
from geodata.cases.map.plotting import MOST, NO_CASES, Amount, Plot, amount, plot, until
from geodata.errors import InvalidInput
from geodata.places.querying import attributions, district_name, is_synthetic, layer_frame
from geodata.reach.covering import Wish as Question
from geodata.reach.covering import circles, cover
from geodata.words import translate
from webmap import elements
from webmap.figure import LocalFigure, as_json

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile
    from webmap.elements import ModuleElement

LAYERS: Final[dict[str, type[elements.PlaceLayer]]] = {
    "areas": elements.AreaLayer,
    "compounds": elements.CompoundLayer,
    "buildings": elements.BuildingLayer,
    "streets": elements.StreetLayer,
    "grids": elements.GridLayer,
    "gates": elements.GateLayer,
    "facilities": elements.FacilityLayer,
}
"""Layers of places that can be put into a file, the lowest first; ``cases`` lie above them."""

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "areas": ("code", "name", "level", "households", "residents"),
    "compounds": ("code", "name", "type", "closed", "property_firm", "households", "residents"),
    "buildings": ("code", "name", "households"),
    "streets": ("code", "name", "kind", "width_m"),
    "grids": ("code", "name", "households", "residents"),
    "gates": ("code", "name", "compound_code"),
    "facilities": ("code", "name", "kind", "hours", "address"),
}
"""What leaves of each layer: what the file draws or says, and nothing else."""

CASES: Final = "cases"
KNOWN: Final = (*LAYERS, CASES)
DEFAULT_LAYERS: Final = ("areas", "compounds", "streets", "grids", "facilities")
TOLERANCE_M: Final = 1.0
"""Shapes lose what lies within so many metres of a straight line."""
LONGEST_TITLE: Final = 120
BYTES_OF_A_CASE: Final = 64 / 3
"""Position, category, two states and time: 16 bytes, in base64."""
KEPT_WEIGHTS: Final = 8

Places: TypeAlias = tuple[int, dict[str, int], dict[str, int], int]
"""Bytes of the bare document, records and bytes of each layer of places, bytes of the reach."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the file shows.

    ``minutes`` adds the service circles and the share of households covered; ``at`` is the moment
    of the district, now if absent; ``cases`` says which cases are meant if ``layers`` has them, of
    those that were reported until ``at``; ``view`` is zoom, latitude, longitude.
    """

    layers: tuple[str, ...] = DEFAULT_LAYERS
    at: datetime | None = None
    minutes: float | None = None
    cases: CaseFilter = field(default_factory=CaseFilter)
    title: str = ""
    language: str = "zh"
    approval: str = ""
    view: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse layers that cannot be put into a file."""
        unknown = [name for name in self.layers if name not in KNOWN]
        if unknown or not self.layers:
            raise InvalidInput(
                "A map file can show %(known)s; %(unknown)s is none of them.",
                known=", ".join(KNOWN),
                unknown=", ".join(unknown) or "–",
            )

    @property
    def wanted_cases(self) -> CaseFilter:
        """The cases meant, none of them reported after the moment shown."""
        return until(self.cases, self.at)


def map_file(database: Database, actor: Actor, profile: Profile, wish: Wish) -> str:
    """The map as an HTML document with everything inside.

    Raises:
        NotAllowed: the role may not export.
        NotFound: cases of an area that never was.
        InvalidInput: minutes that make no sense, or a district with nothing in these layers.
    """
    require(actor, "export")
    if not wish.title.strip():
        wish = replace(wish, title=district_name(database, profile))
    frames = _frames(database, actor, wish)
    points = plot(database, actor, profile, wish.wanted_cases) if CASES in wish.layers else None
    if not any(len(frame) for frame in frames.values()) and not (points and len(points.points)):
        raise InvalidInput("These layers are empty: import something first, or choose others.")
    reach = _reach(database, actor, profile, wish)
    document = _document(
        profile,
        wish,
        [*_place_layers(profile, wish, frames), *reach, *_case_layers(profile, wish, points)],
        levels=_levels(profile, frames),
        bounds=_bounds(frames, points),
        attribution=attributions(database, actor),
        synthetic=is_synthetic(database, actor),
        notes={CASES: case_note(points, profile, wish)} if points is not None else {},
    )
    with database.begin() as tx:
        told = {} if points is None else {"cases": len(points.points)}
        record(tx, actor, "map_written", "map", layers=list(wish.layers), title=wish.title, **told)
    return document


def _frames(database: Database, actor: Actor, wish: Wish) -> dict[str, gpd.GeoDataFrame]:
    return {
        name: layer_frame(database, actor, name, COLUMNS[name], at=wish.at)
        for name in LAYERS
        if name in wish.layers
    }


def _document(
    profile: Profile,
    wish: Wish,
    drawn: Sequence[ModuleElement],
    *,
    levels: Sequence[str],
    bounds: list[float] | None = None,
    attribution: Sequence[str] = (),
    synthetic: bool = False,
    notes: Mapping[str, str] | None = None,
) -> str:
    title = wish.title.strip()[:LONGEST_TITLE] or profile.name.read(wish.language)
    figure = LocalFigure(mode="inline", language=wish.language, title=title)
    page_map = elements.PageMap(
        figure=figure,
        bounds=None if wish.view else bounds,
        view=wish.view,
        attribution=attribution,
        approval=wish.approval,
    )
    for element in drawn:
        page_map.add_child(element)
    page_map.add_child(elements.Labels(levels=levels, language=wish.language))
    moment = wish.at or datetime.now(profile.zone)
    page_map.add_child(
        elements.Sheet(
            title=title,
            day=moment.astimezone(profile.zone).date().isoformat(),
            synthetic=synthetic,
            words={**_words(profile, wish), "notes": dict(notes or {})},
            minutes=wish.minutes,
            language=wish.language,
        )
    )
    return str(page_map.get_root().render())


def _levels(profile: Profile, frames: Mapping[str, gpd.GeoDataFrame]) -> list[str]:
    """Keys of the levels whose areas are in the file, the largest first."""
    keys = profile.keys("levels")
    present = set(frames["areas"]["level"]) if "areas" in frames else set()
    return [key for key in keys if key in present] or list(keys)


def _bounds(frames: Mapping[str, gpd.GeoDataFrame], points: Plot | None) -> list[float]:
    """West, south, east, north of the first layer that has anything."""
    everything = [*frames.values(), *([points.points] if points is not None else [])]
    frame = next(frame for frame in everything if len(frame))
    return [float(value) for value in frame.total_bounds]


def _place_layers(
    profile: Profile, wish: Wish, frames: Mapping[str, gpd.GeoDataFrame]
) -> list[ModuleElement]:
    options: dict[str, dict[str, Any]] = {
        "areas": {"levels": _levels(profile, frames)},
        "compounds": {
            "colours": profile.colors("compound_types"),
            "outlined": wish.minutes is not None,
        },
        "facilities": {"circles": profile.circle_kinds},
    }
    return [
        LAYERS[name](
            frame, tolerance_m=TOLERANCE_M, language=wish.language, **options.get(name, {})
        )
        for name, frame in frames.items()
    ]


def _case_layers(profile: Profile, wish: Wish, points: Plot | None) -> list[ModuleElement]:
    """The cases as points, coloured by category, hollow where closed."""
    if points is None:
        return []
    frame = points.points.assign(is_open=points.points["state"].isin(profile.open_states))
    return [
        elements.IncidentLayer(
            frame,
            key=CASES,
            is_open="is_open",
            state="state",
            time="reported_at",
            categories={
                term.key: {"name": term.name.read(wish.language), "color": term.color}
                for term in profile.categories
            },
            states=profile.names("states", wish.language),
            timezone=profile.timezone,
            language=wish.language,
        )
    ]


def case_note(points: Plot, profile: Profile, wish: Wish) -> str:
    """How many cases the file shows, of which period, and what it does not show."""
    said = []
    shown = len(points.points)
    values: dict[str, Any] = {"shown": f"{shown:,}", "total": f"{points.placed:,}"}
    if shown:
        days = points.points["reported_at"].dt.tz_convert(profile.zone)
        values |= {"first": days.min().date().isoformat(), "last": days.max().date().isoformat()}
    if points.since is not None:
        sentence = "The newest %(shown)s of %(total)s cases, %(first)s to %(last)s"
    elif shown:
        sentence = "%(shown)s cases, %(first)s to %(last)s"
    else:
        sentence = "No case meets these conditions"
    said.append(translate(sentence, wish.language, **values))
    if points.total > points.placed:
        said.append(
            translate(
                "%(number)s more have no place on the map",
                wish.language,
                number=f"{points.total - points.placed:,}",
            )
        )
    return ("；" if wish.language == "zh" else "; ").join(said)


def _reach(database: Database, actor: Actor, profile: Profile, wish: Wish) -> list[ModuleElement]:
    """Circles, and the communities by the share of households covered; nothing without minutes."""
    if wish.minutes is None:
        return []
    minutes = wish.minutes
    circle = Question(minutes=minutes, way="circle")  # as what is drawn
    reach = cover(database, actor, profile, circle, at=wish.at)
    communities = layer_frame(database, actor, "areas", ("code", "name", "level"), at=wish.at)
    table = reach.coverage.areas[["code", "households", "covered", "share"]]
    shared = communities.merge(table, on="code")
    return [
        elements.CoverageChoropleth(shared, key="coverage", language=wish.language),
        elements.ServiceCircles(
            circles(database, actor, profile, minutes=minutes, at=wish.at),
            key="circles",
            language=wish.language,
        ),
    ]


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


# ---------------------------------------------------------------- how large it gets


@dataclass(frozen=True)
class Weight:
    """Bytes of the document without any layer, of each layer, and what the cases come to.

    ``counts`` says how many records each layer has, ``case_total`` how many cases meet the
    conditions; at most ``MOST`` of those with a place go in: ``case_count``.
    """

    base: int
    counts: dict[str, int]
    layers: dict[str, int]
    reach: int
    cases: int
    case_count: int
    case_total: int


class Weights:
    """Weighs files before they are written; what places weigh is kept until they change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Places] = OrderedDict()
        self._lock = threading.Lock()

    def weigh(self, database: Database, actor: Actor, profile: Profile, wish: Wish) -> Weight:
        """What a file would weigh: each layer of places, and the cases if ``wish`` has them.

        Raises:
            NotAllowed: the role may not export.
            NotFound: cases of an area that never was.
            InvalidInput: minutes or conditions that make no sense.
        """
        require(actor, "export")
        base, counts, layers, reach = self._places(database, actor, profile, wish)
        found = Amount(0, 0)
        if CASES in wish.layers:
            found = amount(database, actor, profile, wish.wanted_cases)
        count = min(found.placed, MOST)
        return Weight(
            base=base,
            counts=counts,
            layers=layers,
            reach=reach,
            cases=round(count * BYTES_OF_A_CASE),
            case_count=count,
            case_total=found.total,
        )

    def _places(self, database: Database, actor: Actor, profile: Profile, wish: Wish) -> Places:
        versions = database.versions(list(LAYERS))
        key = (database.url, tuple(sorted(versions.items())), wish.at, wish.minutes, wish.language)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        everything = Wish(
            layers=tuple(LAYERS), at=wish.at, minutes=wish.minutes, language=wish.language
        )
        frames = _frames(database, actor, everything)
        empty = _place_layers(profile, everything, {n: f.iloc[:0] for n, f in frames.items()})
        counts = {name: len(frame) for name, frame in frames.items()}
        with_cases = [*empty, *_case_layers(profile, everything, NO_CASES)]
        base = len(
            _document(profile, everything, with_cases, levels=profile.keys("levels")).encode()
        )
        layers = {
            element.key: _bytes_of(element)
            for element in _place_layers(profile, everything, frames)
        }
        reach = sum(map(_bytes_of, _reach(database, actor, profile, everything)))
        with self._lock:
            self._kept[key] = base, counts, layers, reach
            while len(self._kept) > KEPT_WEIGHTS:
                self._kept.popitem(last=False)
        return base, counts, layers, reach


def _bytes_of(element: ModuleElement) -> int:
    return len(as_json(element.options).encode())
