"""Drafts out of files: a look at the polygons, and a draft opened from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import orjson
import pyarrow as pa
import shapely

from geodata.accounts import require
from geodata.crs import local_crs
from geodata.errors import InvalidInput, NotAllowed, TooLarge, WanggeError
from geodata.exchange.choosing import several_layers_in_a_form
from geodata.exchange.coordinates import Placing
from geodata.exchange.guessing import Guess, guess_shift
from geodata.exchange.polygons import Polygons, moved, read_polygons
from geodata.exchange.reading import MOST_BYTES
from geodata.exchange.values import texts
from geodata.places.holding import standing_borders
from geodata.plans import opening
from geodata.plans.coverage import made_valid, mend
from geodata.plans.opening import Tell, going_on

if TYPE_CHECKING:
    import sqlalchemy as sa
    from numpy.typing import NDArray

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.plans.coverage import Mended
    from geodata.plans.drafts import Draft
    from geodata.profiles import Profile

MOST_POLYGONS: Final = 10_000
MOST_POINTS: Final = 2_000_000
MOST_SHOWN: Final = 2_000
"""Polygons that a look shows on the map."""
OFFERED: Final = 12
"""Areas that are offered."""
MOST_OF_IT: Final = 0.5
"""The share of a net's ground that must lie in an area for it to be offered first."""
LEAST: Final = 0.02
"""The share of a net's ground that must lie in the area for which a draft is opened."""
CHANGES_TOLD: Final = 200
WGS84: Final = "EPSG:4326"


@dataclass(frozen=True)
class Covered:
    """An area, and how much of a file's net lies in it."""

    code: str
    name: str
    polygons: int
    share: float


@dataclass(frozen=True)
class NetFile:
    """What a file of polygons holds.

    Attributes:
        filename: What the user calls it.
        polygons: How many it has.
        skipped: Rows without a polygon.
        broken: Polygons whose border crosses itself.
        crs: How its coordinates were read: a name of ``geodata.crs``, ``EPSG:n`` or WKT's name.
        declared: Whether the user said so.
        guess: A reading that fits better to what stands here.
        areas: Where it lies: the areas that one may draw in, the smallest that hold most of it
            first.
        features: The polygons as GeoJSON in WGS 84, simplified.
    """

    filename: str
    polygons: int
    skipped: int
    broken: int
    crs: str
    declared: bool
    guess: Guess | None
    areas: tuple[Covered, ...]
    features: dict[str, Any]


def look(
    database: Database,
    actor: Actor,
    path: str | Path,
    *,
    filename: str | None = None,
    crs: str | None = None,
    layer_name: str | None = None,
    most_bytes: int = MOST_BYTES,
) -> NetFile:
    """Look at a file of polygons; keeps nothing.

    Args:
        database: Where the areas are.
        actor: Who asks; needs ``draw_plan``.
        path: The file, of any kind that can be imported.
        filename: What the user calls it.
        crs: ``gcj02``, ``bd09``, ``wgs84`` or ``EPSG:n``; else what the file says.
        layer_name: Which layer, sheet or file inside a zip archive.
        most_bytes: How large it may be, also once unpacked.

    Raises:
        InvalidInput: It cannot be read, has no polygon, or lies outside of every area.
        TooLarge: It has too many bytes, polygons or points.
        NotAllowed: The role, or all of it lies outside one's areas of duty.
    """
    require(actor, "draw_plan")
    net = _read(path, filename=filename, crs=crs, layer_name=layer_name, most_bytes=most_bytes)
    shapes = made_valid(net.into(WGS84))
    placing = Placing("wgs84", "file" if crs is None else "declared", "geometry")
    with database.read() as connection:
        guess = guess_shift(connection, "grids", shapes, placing, names=net.names())
        areas = _areas(connection, actor, shapes)
    return NetFile(
        filename=net.filename,
        polygons=len(net),
        skipped=net.skipped,
        broken=int((~shapely.is_valid(net.shapes)).sum()),
        crs=_title(net, crs),
        declared=crs is not None,
        guess=guess,
        areas=areas,
        features=_shown(shapes, net),
    )


def open_from_file(  # noqa: PLR0913 - what a form asks
    database: Database,
    actor: Actor,
    profile: Profile,
    path: str | Path,
    *,
    name: str,
    area: str,
    filename: str | None = None,
    crs: str | None = None,
    layer_name: str | None = None,
    most_bytes: int = MOST_BYTES,
    tell: Tell = lambda _stage, _share: False,
) -> Draft:
    """Open a draft of an area whose grids are the polygons of a file.

    What overlaps, what leaves narrow gaps and what crosses itself is mended; the draft's report
    names every change over 1 m², under ``mended``, and the file under ``file``.

    Args:
        database: Where.
        actor: Whose draft; the area must be in the areas of duty.
        profile: Which level grids belong to.
        path: See ``look``.
        name: What people call the draft.
        area: The code of a community or of an area above it.
        filename: See ``look``.
        crs: See ``look``.
        layer_name: See ``look``.
        most_bytes: See ``look``.
        tell: Told the stage and the share done; true stops it, and nothing is opened.

    Raises:
        WanggeError: As ``look`` and ``opening.open_draft``.
        InvalidInput: The net lies outside of the area.
        Cancelled: It was stopped.
    """
    require(actor, "draw_plan")
    going_on(tell, "reading", 0.0)
    net = _read(path, filename=filename, crs=crs, layer_name=layer_name, most_bytes=most_bytes)
    shapes = made_valid(net.into(WGS84))
    with database.read() as connection:
        _refuse_outside(connection, area, shapes)
    west, south, east, north = shapely.total_bounds(shapes)
    metres = local_crs((west + east) / 2, (south + north) / 2)
    going_on(tell, "mending", 0.1)
    mended = mend(
        np.asarray(net.into(metres), dtype=object),
        told=lambda share: going_on(tell, "mending", 0.1 + 0.4 * share),
    )
    kept = ~shapely.is_empty(mended.shapes)
    frame = gpd.GeoDataFrame(_columns(net), geometry=mended.shapes, crs=metres)
    told = {
        "file": {
            "filename": net.filename,
            "polygons": len(net),
            "skipped": net.skipped,
            "crs": _title(net, crs),
        },
        "mended": _told(mended, metres, _titles(net)),
    }
    return opening.open_draft(
        database,
        actor,
        profile,
        name=name,
        area=area,
        start="file",
        grids=frame[kept].reset_index(drop=True),
        told=told,
        tell=lambda stage, share: tell(stage, 0.5 + 0.5 * share),
    )


def _read(
    path: str | Path,
    *,
    filename: str | None,
    crs: str | None,
    layer_name: str | None,
    most_bytes: int,
) -> Polygons:
    try:
        net = read_polygons(
            path,
            "grids",
            declared=crs,
            layer_name=layer_name,
            filename=filename,
            most_bytes=most_bytes,
            most_rows=MOST_POLYGONS,
        )
    except WanggeError as error:
        raise _for_a_form(error) from error
    points = int(shapely.get_num_coordinates(net.shapes).sum())
    if points > MOST_POINTS:
        raise TooLarge(
            "The borders in the file have %(points)s points; %(most)s are taken. Simplify them.",
            points=points,
            most=MOST_POINTS,
        )
    bounds = shapely.total_bounds(net.into(WGS84))
    if not np.isfinite(bounds).all():
        raise InvalidInput(
            "The coordinates of the file lie outside the earth: choose another coordinate system."
        )
    return net


def _for_a_form(error: WanggeError) -> WanggeError:
    """A refusal that names options of the terminal, in the words of a form."""
    if (several := several_layers_in_a_form(error)) is not None:
        return several
    if "lie outside the earth" in error.message:
        return InvalidInput(
            "The coordinates of the file lie outside the earth: choose another coordinate system."
        )
    if "--crs" in error.message:
        return InvalidInput(
            "It cannot be told where this net lies: its coordinates do not fit the coordinate "
            "system, or the file names none. Choose the coordinate system%(hint)s.",
            hint=error.params.get("hint", ""),
        )
    return error


def _areas(
    connection: sa.Connection, actor: Actor, shapes: NDArray[np.object_]
) -> tuple[Covered, ...]:
    """The areas that a net lies in, and that the actor may draw in."""
    borders = standing_borders(connection, "areas")
    if not borders:
        raise InvalidInput("There is no area here yet: import the communities first.")
    ground = made_valid(np.array([shapely.from_wkb(row[3]) for row in borders], dtype=object))
    inner, weight = _weighed(shapes)
    of, inside = shapely.STRtree(inner).query(ground, predicate="intersects")
    numbers = np.bincount(of, minlength=len(ground))
    shares = np.bincount(of, weight[inside], minlength=len(ground))
    if not len(of):
        raise _outside(shapes)
    found: list[tuple[tuple[bool, float], Covered]] = []
    for k in np.flatnonzero(numbers).tolist():
        code, name, _, _ = borders[k]
        try:
            require(actor, "draw_plan", area_codes=[code], connection=connection)
        except NotAllowed:
            continue
        share = float(shares[k])
        order = (False, ground[k].area) if share >= MOST_OF_IT else (True, -share)
        found.append((order, Covered(code, name or code, int(numbers[k]), round(share, 4))))
    if not found:
        raise NotAllowed("This net lies outside your areas of duty.")
    found.sort(key=lambda it: it[0])
    return tuple(one for _, one in found[:OFFERED])


def _weighed(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """A point inside each polygon, and its share of the ground."""
    inner = np.asarray(shapely.point_on_surface(shapes), dtype=object)
    area = shapely.area(shapes)
    return inner, area / max(float(area.sum()), 1e-12)


def _refuse_outside(connection: sa.Connection, area: str, shapes: NDArray[np.object_]) -> None:
    rows = [row for row in standing_borders(connection, "areas") if row[0] == area]
    if not rows:
        return  # opening tells that there is no such area
    ground = made_valid(np.array([shapely.from_wkb(row[3]) for row in rows], dtype=object))
    common = shapely.area(shapely.intersection(shapes, ground[0])).sum()
    if common < LEAST * max(float(shapely.area(shapes).sum()), 1e-12):
        raise _outside(shapes, rows[0][1] or area)


def _outside(shapes: NDArray[np.object_], name: str | None = None) -> InvalidInput:
    west, south, east, north = shapely.total_bounds(shapes)
    place = f"{(west + east) / 2:.4f}, {(south + north) / 2:.4f}"
    if name is None:
        error = InvalidInput(
            "The polygons lie outside of every area here (about %(place)s). Is the coordinate "
            "system right?",
            place=place,
        )
    else:
        error = InvalidInput(
            "The polygons lie outside of %(area)s (about %(place)s). Is the coordinate system "
            "right, or is another area meant?",
            area=name,
            place=place,
        )
    error.members["reason"] = "outside"
    return error


def _title(net: Polygons, declared: str | None) -> str:
    if declared is not None:
        return declared
    if net.system.startswith("EPSG:"):
        return net.system
    import pyproj  # noqa: PLC0415 - loaded with the reader already

    return str(pyproj.CRS(net.system).name)


def _words(net: Polygons, field: str) -> list[str | None]:
    values = net.column(field)
    if values is None:
        return [None] * len(net)
    plain = texts(pa.chunked_array([pa.array(values, from_pandas=True)])).to_pylist()
    return [word.strip()[:100] if word and word.strip() else None for word in plain]


def _columns(net: Polygons) -> dict[str, Any]:
    """Code and name of the polygons, the code as name where there is none."""
    codes, names = _words(net, "code"), _words(net, "name")
    named = [name or code for name, code in zip(names, codes, strict=True)]
    columns = {"code": codes, "name": named}
    return {key: np.array([*values, None], dtype=object)[:-1] for key, values in columns.items()}


def _titles(net: Polygons) -> list[str]:
    """What each polygon is called in the report: its name, its code, or its row."""
    columns = _columns(net)
    return [
        str(name) if name else f"#{row}"
        for name, row in zip(columns["name"], net.rows.tolist(), strict=True)
    ]


def _told(mended: Mended, metres: Any, titles: list[str]) -> dict[str, Any]:
    """What mending changed, as JSON: sums by kind, and the largest changes one by one."""
    sums: dict[str, float] = defaultdict(float)
    numbers = Counter(one.kind for one in mended.changes)
    for one in mended.changes:
        sums[one.kind] += one.area_m2
    told = sorted(mended.changes, key=lambda one: -one.area_m2)[:CHANGES_TOLD]
    places = np.array([shapely.Point(one.x, one.y) for one in told], dtype=object)
    points = shapely.get_coordinates(moved(places, metres, WGS84)).tolist() if told else []
    return {
        "kinds": {
            kind: {"number": number, "area_m2": round(sums[kind], 1)}
            for kind, number in numbers.most_common()
        },
        "changes": [
            {
                "kind": one.kind,
                "from": None if one.loses is None else titles[one.loses],
                "to": None if one.gains is None else titles[one.gains],
                "area_m2": round(one.area_m2, 1),
                "point": [round(float(x), 7), round(float(y), 7)],
            }
            for one, (x, y) in zip(told, points, strict=True)
        ],
    }


def _shown(shapes: NDArray[np.object_], net: Polygons) -> dict[str, Any]:
    which = np.flatnonzero(~shapely.is_empty(shapes))[:MOST_SHOWN]
    west, south, east, north = shapely.total_bounds(shapes)
    simple = shapely.simplify(shapes[which], max(east - west, north - south) / 4000)
    titles = _titles(net)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": int(k),
                "geometry": orjson.loads(shapely.to_geojson(shape)),
                "properties": {"name": titles[k]},
            }
            for k, shape in zip(which.tolist(), simple, strict=True)
        ],
    }


def as_json(found: NetFile) -> dict[str, Any]:
    """What a look found, for the API; ``guess`` without its sentence."""
    members = {**found.__dict__, "areas": [asdict(one) for one in found.areas]}
    members["guess"] = None if found.guess is None else found.guess.as_dict()
    return members
