"""Geometries of a file made fit for a layer: mended and named, or refused with their row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType as Kind

from geodata import crs
from geodata.exchange.fields import Shape
from geodata.exchange.findings import Findings
from geodata.words import sentence as _

Shapes = NDArray[np.object_]
Mask = NDArray[np.bool_]

_KINDS: dict[Shape, tuple[int, ...]] = {
    "polygon": (Kind.POLYGON, Kind.MULTIPOLYGON),
    "line": (Kind.LINESTRING, Kind.MULTILINESTRING),
    "point": (Kind.POINT, Kind.MULTIPOINT),
}


def made_fit(
    geometry: Shapes, rows: NDArray[np.int64], names: Sequence[str], shape: Shape, found: Findings
) -> tuple[Shapes, Mask, int]:
    """WGS 84 geometries as a layer stores them.

    Polygons become valid multipolygons (``make_valid``, method "structure"), closed lines of a
    drawing become polygons, single points leave their multipoint. Lines stay as they are; see
    ``exploded``.

    Returns:
        The geometries, which of them can be stored, and how many were mended.
    """
    shapes = np.array(geometry, dtype=object)
    good = np.ones(len(shapes), dtype=bool)

    def refuse(which: Mask, kind: str, message: str, **params: Any) -> None:
        for k in np.flatnonzero(which & good).tolist():
            found.add(kind, "refused", message, row=int(rows[k]), name=names[k], **params)
        good[which] = False

    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    refuse(absent, "no_geometry", _("The row has no geometry."))
    refuse(~_finite(shapes) & good, "not_finite", _("A coordinate is not a finite number."))
    refuse(_outside(shapes) & good, "out_of_range", _FAR)
    if shape == "polygon":
        closed = good & (shapely.get_type_id(shapes) == Kind.LINESTRING) & shapely.is_closed(shapes)
        closed &= shapely.get_num_coordinates(shapes) >= 4
        for k in np.flatnonzero(closed):
            shapes[k] = shapely.Polygon(shapes[k].coords)
    wrong = good & ~np.isin(shapely.get_type_id(shapes), _KINDS[shape])
    if shape == "polygon":
        wrong &= shapely.get_type_id(shapes) != Kind.GEOMETRYCOLLECTION
    kinds = sorted({str(one.geom_type) for one in shapes[wrong]})
    for kind in kinds:
        here = np.array([one is not None and one.geom_type == kind for one in shapes]) & wrong
        refuse(
            here,
            "wrong_shape",
            _("The geometry is a %(found)s; this layer takes a %(wanted)s."),
            found=kind,
            wanted=shape,
        )
    mended = 0
    if shape == "polygon":
        mended = _mend_polygons(shapes, rows, names, good, found)
    elif shape == "point":
        several = good & (shapely.get_num_geometries(shapes) > 1)
        refuse(several, "several_points", _("The row has several points; it must have one."))
        shapes[good] = shapely.get_geometry(shapes[good], 0)
    else:
        refuse(good & (shapely.length(shapes) == 0), "no_length", _("The line has no length."))
    return shapes, good, mended


_FAR = _("A coordinate is outside the earth: longitude and latitude swapped, or no degrees?")


def _finite(shapes: Shapes) -> Mask:
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    odd = ~np.isfinite(coordinates).all(axis=1)
    finite = np.ones(len(shapes), dtype=bool)
    finite[owner[odd]] = False
    return finite


def _outside(shapes: Shapes) -> Mask:
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (bounds[:, 0] < -180)
            | (bounds[:, 2] > 180)
            | (bounds[:, 1] < -90)
            | (bounds[:, 3] > 90)
        )


def _mend_polygons(
    shapes: Shapes, rows: NDArray[np.int64], names: Sequence[str], good: Mask, found: Findings
) -> int:
    """Make invalid polygons valid, in place; gives how many were."""
    broken = np.flatnonzero(good & ~shapely.is_valid(shapes))
    mended = 0
    if len(broken):
        reasons = shapely.is_valid_reason(shapes[broken])
        whole = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
        before = crs.areas_m2(shapes[broken])
        shapes[broken] = [_polygons_of(one) for one in whole]
        after = crs.areas_m2(shapes[broken])
        for k, reason, was, now in zip(broken.tolist(), reasons, before, after, strict=True):
            row, name = int(rows[k]), names[k]
            if shapely.is_empty(shapes[k]) or now <= 0:
                good[k] = False
                found.add(
                    "unmendable",
                    "refused",
                    _("The polygon cannot be mended: %(reason)s"),
                    row=row,
                    name=name,
                    reason=str(reason),
                )
                continue
            mended += 1
            found.add(
                "mended",
                "mended",
                _(
                    "The polygon was invalid (%(reason)s) and was mended; "
                    "its area went from %(before)s to %(after)s m²."
                ),
                row=row,
                name=name,
                reason=str(reason),
                before=round(float(was), 1),
                after=round(float(now), 1),
            )
    for k in np.flatnonzero(good & (shapely.get_type_id(shapes) != Kind.MULTIPOLYGON)).tolist():
        shapes[k] = _polygons_of(shapes[k])
        if shapely.is_empty(shapes[k]):
            good[k] = False
            found.add(
                "wrong_shape",
                "refused",
                _("The geometry is a %(found)s; this layer takes a %(wanted)s."),
                row=int(rows[k]),
                name=names[k],
                found="GeometryCollection",
                wanted="polygon",
            )
    flat = good & (shapely.area(shapes) == 0)
    for k in np.flatnonzero(flat).tolist():
        good[k] = False
        found.add(
            "no_area", "refused", _("The polygon has no area."), row=int(rows[k]), name=names[k]
        )
    return mended


def _polygons_of(shape: Any) -> shapely.MultiPolygon:
    parts = [shape]
    while any(part.geom_type in {"GeometryCollection", "MultiPolygon"} for part in parts):
        parts = [
            inner
            for part in parts
            for inner in (
                part.geoms if part.geom_type in {"GeometryCollection", "MultiPolygon"} else [part]
            )
        ]
    return shapely.MultiPolygon(
        [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    )


def exploded(lines: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """The parts of lines and multilines, and the position that each came from."""
    parts, came_from = shapely.get_parts(lines, return_index=True)
    kept = shapely.length(parts) > 0
    return parts[kept], came_from[kept]
