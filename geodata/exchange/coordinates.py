"""Where the rows of a file are: its coordinate system, and positions out of columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from numpy.typing import NDArray

from geodata import crs
from geodata.errors import InvalidInput
from geodata.exchange import values
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import ColumnMapping
from geodata.exchange.source import Chunk, Source
from geodata.words import sentence as _

Floats = NDArray[np.float64]
# A tenth of a millimetre: what files lose when they write numbers as text is no change.
_DECIMALS = 9
Reason = Literal["declared", "file", "degrees"]


@dataclass(frozen=True, slots=True)
class Placing:
    """How the place of a row is read.

    ``crs`` is a name of ``geodata.crs`` or WKT. ``way`` says whether the file has geometries of
    its own, two columns, one column "lon,lat", or one of well-known text; None: no place at all.
    """

    crs: str
    reason: Reason
    way: Literal["geometry", "columns", "position", "wkt"] | None
    swapped: bool = False


def find_placing(  # noqa: C901 - one decision after the other
    source: Source, sample: Chunk, mapping: ColumnMapping, *, declared: str | None, found: Findings
) -> Placing:
    """How to read places, from what the user declares, the file says and its first rows show.

    Raises:
        InvalidInput: The system is unknown, or neither declared nor stated and no degrees.
    """
    way: Literal["geometry", "columns", "position", "wkt"] | None = None
    if mapping.column("lon"):
        way = "columns"
    elif mapping.column("wkt"):
        way = "wkt"
    elif mapping.column("position"):
        way = "position"
    elif sample.geometry is not None:
        way = "geometry"
    placing = Placing("wgs84", "degrees", way)
    x, y = _some_positions(sample, mapping, placing)
    in_degrees = _share((np.abs(x) <= 180) & (np.abs(y) <= 180), x, y)
    if declared is not None:
        placing = replace(placing, crs=crs.system(declared), reason="declared")
    elif way == "geometry" and source.crs is not None:
        name = source.crs if not source.crs.startswith("EPSG:") else crs.system(source.crs)
        placing = replace(placing, crs=name, reason="file")
    elif in_degrees < 0.5:
        raise _no_system(x)
    if _in_degrees(placing.crs):
        if in_degrees < 0.5 and len(x):
            raise InvalidInput(
                "The coordinates are no degrees, though %(crs)s was declared; "
                "name the right system with --crs EPSG:n%(hint)s.",
                crs=crs.title(placing.crs),
                hint=_zone_hint(x),
            )
        if way in {"columns", "position"} and _looks_swapped(x, y):
            placing = replace(placing, swapped=True)
            found.add(
                "swapped",
                "changed",
                _(
                    "The columns of longitude and latitude are swapped; "
                    "they were read the other way."
                ),
            )
        elif way in {"geometry", "wkt"} and _looks_swapped(x, y):
            placing = replace(placing, swapped=True)
            found.add(
                "swapped",
                "changed",
                _("The coordinates have latitude first; they were read the other way."),
            )
    return placing


def _no_system(x: Floats) -> InvalidInput:
    """The refusal; its member ``needs`` tells pages what to ask for."""
    error = InvalidInput(
        "The file does not say its coordinate system, and its coordinates are no degrees; "
        "name it with --crs EPSG:n%(hint)s.",
        hint=_zone_hint(x),
    )
    error.members["needs"] = "crs"
    return error


def positions(
    chunk: Chunk, mapping: ColumnMapping, placing: Placing, found: Findings
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """WGS 84 positions of the rows of points, NaN where a row has none; and which are refused."""
    count = len(chunk)
    bad = np.zeros(count, dtype=bool)
    if placing.way is None:
        return np.full(count, np.nan), np.full(count, np.nan), bad
    if placing.way in {"geometry", "wkt"}:
        shapes = geometries(chunk, mapping, placing, found)
        kinds = shapely.get_type_id(shapes)
        wrong = (kinds > 0) & (kinds != 4)
        x, y = np.full(count, np.nan), np.full(count, np.nan)
        single = (kinds == 0) & ~shapely.is_empty(shapes)
        x[single], y[single] = shapely.get_x(shapes[single]), shapely.get_y(shapes[single])
        for k in np.flatnonzero(wrong):
            found.add(
                "wrong_shape",
                "refused",
                _("The geometry is a %(found)s; this layer takes a %(wanted)s."),
                row=int(chunk.rows[k]),
                found=shapes[k].geom_type,
                wanted="point",
            )
        bad |= wrong
    else:
        x, y, unread = raw_positions(chunk, mapping, placing)
        _refuse(unread, bad, chunk, found, "unreadable", _("The coordinates cannot be read."))
        there = ~np.isnan(x) | ~np.isnan(y)
        infinite = (np.isinf(x) | np.isinf(y) | (np.isnan(x) ^ np.isnan(y))) & there
        _refuse(
            infinite, bad, chunk, found, "not_finite", _("A coordinate is not a finite number.")
        )
        nowhere = (x == 0) & (y == 0)
        for k in np.flatnonzero(nowhere):
            found.add(
                "null_island",
                "note",
                _("The coordinates are 0, 0, which means none; the row has no place."),
                row=int(chunk.rows[k]),
            )
        x[bad | nowhere], y[bad | nowhere] = np.nan, np.nan
        x, y = to_wgs84(x, y, placing)
    with np.errstate(invalid="ignore", over="ignore"):
        x, y = np.round(x, _DECIMALS), np.round(y, _DECIMALS)
        far = (np.abs(x) > 180) | (np.abs(y) > 90) | np.isinf(x) | np.isinf(y)
        turned = far & (np.abs(y) <= 180) & (np.abs(x) <= 90)
    _refuse(
        turned,
        bad,
        chunk,
        found,
        "swapped_row",
        _("Longitude and latitude of the row look swapped."),
    )
    _refuse(far, bad, chunk, found, "out_of_range", _("The coordinates lie outside the earth."))
    return x, y, bad


def geometries(chunk: Chunk, mapping: ColumnMapping, placing: Placing, found: Findings) -> Any:
    """The rows' geometries in WGS 84, two-dimensional; None where a row has none."""
    shapes: Any
    if placing.way == "geometry" and chunk.geometry is not None:
        shapes = chunk.geometry
    elif placing.way == "wkt":
        shapes = _from_text(chunk, mapping, found)
    elif placing.way is None:
        return np.full(len(chunk), None, dtype=object)
    else:
        x, y, _ = positions(chunk, mapping, placing, found)
        shapes = np.full(len(chunk), None, dtype=object)
        there = np.isfinite(x) & np.isfinite(y)
        shapes[there] = shapely.points(x[there], y[there])
        return shapes

    def move(coordinates: Floats) -> Floats:
        turned = to_wgs84(coordinates[:, 0], coordinates[:, 1], placing)
        with np.errstate(over="ignore"):
            rounded: Any = np.round(np.column_stack(turned), _DECIMALS)
        return np.asarray(rounded, dtype=np.float64)

    return shapely.transform(shapely.force_2d(shapes), move)


def to_wgs84(x: Floats, y: Floats, placing: Placing) -> tuple[Floats, Floats]:
    """Raw coordinates as WGS 84 longitudes and latitudes."""
    if placing.swapped:
        x, y = y, x
    if re.match(r"(?i)epsg:|wgs84$|gcj02$|bd09$", placing.crs):
        return crs.convert_points(x, y, from_=placing.crs, to="wgs84")
    lon, lat = pyproj.Transformer.from_crs(placing.crs, 4326, always_xy=True).transform(x, y)
    return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)


def _in_degrees(name: str) -> bool:
    if name in {"wgs84", "gcj02", "bd09"}:
        return True
    return bool(pyproj.CRS.from_user_input(name).is_geographic)


def _some_positions(
    chunk: Chunk, mapping: ColumnMapping, placing: Placing
) -> tuple[Floats, Floats]:
    if placing.way is None:
        return np.empty(0), np.empty(0)
    if placing.way in {"columns", "position"}:
        x, y, _ = raw_positions(chunk, mapping, placing)
    else:
        shapes: Any = (
            chunk.geometry if placing.way == "geometry" else _from_text(chunk, mapping, Findings())
        )
        coordinates = shapely.get_coordinates(shapes[:20_000])
        x, y = coordinates[:, 0], coordinates[:, 1]
    there = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
    return x[there], y[there]


def raw_positions(
    chunk: Chunk, mapping: ColumnMapping, placing: Placing
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Coordinates as the columns have them, NaN where blank, and which could not be read."""
    if placing.way == "columns":
        x, odd_x = _angles(chunk.table[str(mapping.column("lon"))])
        y, odd_y = _angles(chunk.table[str(mapping.column("lat"))])
        return x, y, odd_x | odd_y
    both = values.texts(chunk.table[str(mapping.column("position"))])
    parts = pc.extract_regex(
        both, r"^[^\d+-]*(?P<x>[+-]?\d+(?:\.\d+)?)[,，;\s]+(?P<y>[+-]?\d+(?:\.\d+)?)"
    )
    x = pc.cast(pc.struct_field(parts, "x"), pa.float64()).to_numpy(zero_copy_only=False)
    y = pc.cast(pc.struct_field(parts, "y"), pa.float64()).to_numpy(zero_copy_only=False)
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    return x, y, ~np.asarray(pc.is_null(both)) & np.isnan(x)


_DEGREES = re.compile(
    r"^\s*([NSEW东西南北]?)[经纬]?\s*(\d{1,3})[°度\s:]+(\d{1,2})['′’分\s:]*"
    r"(?:(\d{1,2}(?:\.\d+)?)[\"″”秒]?)?\s*([NSEW]?)\s*$",
    re.IGNORECASE,
)


def _angles(column: Any) -> tuple[Floats, NDArray[np.bool_]]:
    """Numbers, also degrees with minutes and seconds; the words nan and inf are no blanks."""
    numbers, bad = values.numbers(column)
    if not pa.types.is_string(column.type):
        # A float column cannot tell a blank from a NaN; both are a missing place.
        return numbers, bad
    plain = values.texts(column)
    odd = np.isnan(numbers) & ~np.asarray(pc.is_null(plain))
    bad = np.array(odd)
    for k in np.flatnonzero(odd):
        match = _DEGREES.match(plain[int(k)].as_py())
        if match:
            before, degrees, minutes, seconds, behind = match.groups()
            size = int(degrees) + int(minutes) / 60 + float(seconds or 0) / 3600
            west = (before or behind).upper() in {"S", "W", "南", "西"}
            numbers[k], bad[k] = (-size if west else size), False
    return numbers, bad


def _from_text(chunk: Chunk, mapping: ColumnMapping, found: Findings) -> Any:
    words = values.texts(chunk.table[str(mapping.column("wkt"))]).to_pylist()
    plain = [None if word is None else re.sub(r"^SRID=\d+;", "", word) for word in words]
    if any(word and re.fullmatch(r"[0-9A-Fa-f]{18,}", word) for word in plain[:10]):
        shapes = shapely.from_wkb(plain, on_invalid="ignore")
    else:
        shapes = shapely.from_wkt(plain, on_invalid="ignore")
    lost = [k for k, word in enumerate(words) if word is not None and shapes[k] is None]
    for k in lost:
        found.add(
            "unreadable", "note", _("The coordinates cannot be read."), row=int(chunk.rows[k])
        )
    return shapes


def _refuse(
    which: NDArray[np.bool_],
    bad: NDArray[np.bool_],
    chunk: Chunk,
    found: Findings,
    kind: str,
    message: str,
) -> None:
    for k in np.flatnonzero(which & ~bad):
        found.add(kind, "refused", message, row=int(chunk.rows[k]))
    bad |= which


def _share(which: NDArray[np.bool_], x: Floats, y: Floats) -> float:
    return float(which.mean()) if len(x) and len(y) else 1.0


def _looks_swapped(x: Floats, y: Floats) -> bool:
    """Most second coordinates beyond 90°, or all in China only when read the other way."""
    if not len(x):
        return False
    beyond = (np.abs(y) > 90) & (np.abs(x) <= 90)
    china = (x > 17) & (x < 54) & (y > 73) & (y < 136)
    return bool(beyond.mean() > 0.5 or china.mean() > 0.9)


def _zone_hint(x: Floats) -> str:
    """What the eastings suggest: a CGCS2000 zone if they carry its number in front."""
    zone = int(np.median(x) // 1_000_000) if len(x) else 0
    return f" (EPSG:{4513 + zone - 25}?)" if 25 <= zone <= 45 else ""
