"""The ground of communities cut into units once: compounds, street blocks, water, rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.crs import to_local
from geodata.errors import InvalidInput
from geodata.plans.actions.counting import portions
from geodata.plans.coverage import Faces, Numbers, Shapes, cut, made_valid, mend, wider_than
from geodata.plans.laying import Laid, assign
from geodata.plans.leftover import Parts, absorb, divide
from geodata.plans.net import COUNTED, GRID_COLUMNS, Net
from geodata.plans.ways import bordering

__all__ = ["NO_BORDER", "Cutting", "Laid", "assign", "build", "no_grids"]

NO_BORDER = frozenset(
    (
        *("footway", "path", "steps", "pedestrian", "cycleway", "bridleway", "corridor"),
        *("platform", "elevator", "service", "track", "proposed", "construction"),
    )
)
"""Kinds of ways that cut no block."""

_NONE = -1
_MARGIN_M = 50.0
_CRUMB_M2 = 1.0
"""Ground smaller than this that hangs on its community by a point goes to whatever is beside it:
noding borders with streets leaves triangles of a raster cell at their crossings."""


@dataclass(frozen=True)
class Cutting:
    """How ground is cut; all in metres and m².

    Attributes:
        thin_m: Leftover ground of a block that no circle of this diameter fits into goes to the
            compound beside it.
        least_block_m2: Leftover ground smaller than this is no block of its own unless it has
            homes.
        wide_water_m: Water narrower than this is no unit of its own.
        least_compound_m2: A part of a compound in another community counts as ground of its own
            from this size on.
        no_border: Kinds of streets that cut no block.
    """

    thin_m: float = 40.0
    least_block_m2: float = 2_000.0
    wide_water_m: float = 15.0
    least_compound_m2: float = 500.0
    no_border: frozenset[str] = NO_BORDER


def build(
    areas: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame | None,
    streets: gpd.GeoDataFrame | None,
    *,
    buildings: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    cutting: Cutting | None = None,
) -> Net:
    """Cut the ground of communities into units that cover each of them exactly.

    A compound is a unit with the thin ground around it up to the middle of the street, so that two
    compounds across a street are neighbours. Thick leftover ground, and ground with homes of its
    own, is a ``block``; wide water is ``water``; what touches neither is ``rest``. A unit lies in
    one community. Streets that end blindly cut nothing.

    Args:
        areas: Communities (``code``), any CRS. Where they overlap, they are mended first.
        compounds: ``code``, ``closed``, ``households``, ``residents`` as far as known; None: none.
        streets: Lines with ``kind`` and ``name``; of kind ``river`` with ``width_m``: water.
        buildings: Polygons or points with any of ``COUNTED``; where a unit has some, they say its
            counts, else the compound's own go by area.
        water: Polygons.
        cutting: The settings.

    Returns:
        A net of units in no grid, in the local metres of the areas' middle.

    Raises:
        InvalidInput: No area, or one without a code or with a code twice.
    """
    cutting = cutting or Cutting()
    ground = _ground(areas)
    estates = _estates(compounds, ground)
    lines = _lines(streets, estates, ground)
    wet = _water(water, streets, ground, cutting)
    homes = _placed(buildings, ground)
    dividing = (lines["kind"] != "wall") & bordering(lines["kind"], cutting.no_border)
    cutters = lines.geometry[dividing]
    shapes = np.concatenate((ground.geometry.to_numpy(), estates.geometry.to_numpy(), wet))
    parts = _leftover_parts(cut(shapes, lines=cutters.to_numpy()), ground, estates, homes, cutting)
    more = np.concatenate((cutters.to_numpy(), shapely.boundary(parts.shapes)))
    pieces = _Pieces.of(cut(shapes, lines=more), len(ground), len(estates))
    units = _as_units(pieces, parts, ground, estates, homes, cutting)
    units = _counted(units, estates, homes)
    frame = gpd.GeoDataFrame(units, geometry="geometry", crs=ground.crs)
    return Net(frame, no_grids(), lines, next_unit=len(frame) + 1)


def no_grids() -> pd.DataFrame:
    """The table of grids of a net that has none."""
    grids = pd.DataFrame({name: pd.Series(dtype=object) for name in GRID_COLUMNS})
    grids.index = pd.Index([], dtype=np.int64, name="grid")
    return grids


# ---------------------------------------------------------------- what comes in


def _ground(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The communities as a coverage in local metres, by code."""
    if not len(areas):
        raise InvalidInput("There is no community to cut into units.")
    codes = areas["code"].astype("string")
    if codes.isna().any() or codes.duplicated().any():
        raise InvalidInput("Each community needs a code of its own.")
    plain = gpd.GeoDataFrame({"code": areas["code"]}, geometry=areas.geometry, crs=areas.crs)
    local = to_local(plain)
    local = local.sort_values("code", ignore_index=True)
    return local.set_geometry(gpd.GeoSeries(mend(local.geometry.to_numpy()).shapes, crs=local.crs))


def _estates(compounds: gpd.GeoDataFrame | None, ground: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Compounds in the ground's metres; where they overlap, one has it."""
    columns = ("code", "closed", "households", "residents")
    if compounds is None or not len(compounds):
        empty = {name: pd.Series(dtype=object) for name in columns}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=ground.crs))
    local = _near(compounds, ground)
    shapes = mend(local.geometry.to_numpy(), widest_gap_m=0.0).shapes
    frame = pd.DataFrame(
        {name: local[name].to_numpy() if name in local else None for name in columns}
    )
    frame["closed"] = frame["closed"].map(lambda it: bool(it) and not pd.isna(it))
    for name in ("households", "residents"):
        frame[name] = _whole(frame[name])
    kept = ~shapely.is_empty(shapes)
    frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=ground.crs))
    return frame[kept].reset_index(drop=True)


def _near(frame: gpd.GeoDataFrame, ground: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows with a shape near the ground, in its metres."""
    local = frame[frame.geometry.notna() & ~frame.geometry.is_empty].to_crs(ground.crs)
    west, south, east, north = ground.total_bounds
    box = shapely.box(west - _MARGIN_M, south - _MARGIN_M, east + _MARGIN_M, north + _MARGIN_M)
    return local[local.intersects(box)]


def _whole(column: pd.Series) -> pd.Series:
    """Numbers as whole ones; what is none or below zero is unknown."""
    numbers = pd.to_numeric(column, errors="coerce").astype("Float64").round().astype("Int64")
    return numbers.where(numbers >= 0)


def _lines(
    streets: gpd.GeoDataFrame | None, estates: gpd.GeoDataFrame, ground: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Streets and the compounds' walls: ``kind``, ``name``, near the ground."""
    walls = gpd.GeoDataFrame(
        {"kind": "wall", "name": estates["code"]}, geometry=estates.boundary, crs=ground.crs
    )
    if streets is None or not len(streets):
        return walls
    local = _near(streets, ground)
    ways = gpd.GeoDataFrame(
        {
            "kind": local.get("kind", "street"),
            "name": local.get("name"),
        },
        geometry=local.geometry,
        crs=ground.crs,
    )
    both = pd.concat([ways, walls] if len(walls) else [ways], ignore_index=True)
    return gpd.GeoDataFrame(both, crs=ground.crs)


def _water(
    water: gpd.GeoDataFrame | None,
    streets: gpd.GeoDataFrame | None,
    ground: gpd.GeoDataFrame,
    cutting: Cutting,
) -> Shapes:
    """Wide water as polygons, and rivers that are lines with a width."""
    shapes = np.empty(0, dtype=object)
    if water is not None and len(water):
        shapes = made_valid(_near(water, ground).geometry.to_numpy())
    if streets is not None and len(streets) and "width_m" in streets and "kind" in streets:
        rivers = _near(streets[streets["kind"] == "river"], ground)
        width = pd.to_numeric(rivers["width_m"], errors="coerce").fillna(0).to_numpy()
        banks = shapely.buffer(rivers.geometry.to_numpy(), width / 2, cap_style="square")
        shapes = np.concatenate((shapes, banks))
    if not len(shapes):
        return shapes
    half = cutting.wide_water_m / 2
    inner = shapely.buffer(shapely.union_all(shapes), -half, join_style="mitre")
    whole = shapely.buffer(inner, half, join_style="mitre")
    parts = shapely.get_parts(whole)
    return np.asarray(parts[~shapely.is_empty(parts)], dtype=object)


def _placed(buildings: gpd.GeoDataFrame | None, ground: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Buildings as points in the ground's metres, with the counts that they know."""
    if buildings is None or not len(buildings):
        return gpd.GeoDataFrame({"households": []}, geometry=[], crs=ground.crs)
    local = _near(buildings, ground)
    known = {name: _whole(local[name]) for name in COUNTED if name in local and name != "buildings"}
    return gpd.GeoDataFrame(
        pd.DataFrame({**known, "buildings": 1}, index=local.index),
        geometry=local.representative_point(),
        crs=ground.crs,
    ).reset_index(drop=True)


def _inhabited(homes: gpd.GeoDataFrame) -> Shapes:
    """Where somebody lives."""
    if "households" not in homes:
        return np.empty(0, dtype=object)
    return np.asarray(homes.geometry[homes["households"].fillna(0) > 0], dtype=object)


# ---------------------------------------------------------------- which piece is whose


@dataclass(frozen=True)
class _Pieces:
    """The ground of the communities cut along everything; claims by position, -1: none."""

    faces: Faces
    community: Numbers
    compound: Numbers
    wet: NDArray[np.bool_]

    @classmethod
    def of(cls, faces: Faces, communities: int, compounds: int) -> _Pieces:
        inside = np.zeros(len(faces), dtype=bool)
        inside[faces.face[faces.claim < communities]] = True
        kept = faces.only(inside)
        last = communities + compounds
        return cls(
            kept,
            _claimed(kept, 0, communities),
            _claimed(kept, communities, last),
            _claimed(kept, last, np.iinfo(np.int64).max) != _NONE,
        )


def _claimed(faces: Faces, low: int, high: int) -> Numbers:
    """For each piece its first claimant of a range, counted from 0; -1: none."""
    answer = np.full(len(faces), _NONE, dtype=np.int64)
    here = (faces.claim >= low) & (faces.claim < high)
    answer[faces.face[here][::-1]] = faces.claim[here][::-1] - low
    return answer


def _leftover_parts(
    faces: Faces,
    ground: gpd.GeoDataFrame,
    estates: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame,
    cutting: Cutting,
) -> Parts:
    """The ground that is neither compound nor water, divided among compounds and blocks."""
    pieces = _Pieces.of(faces, len(ground), len(estates))
    leftover = np.flatnonzero((pieces.compound == _NONE) & ~pieces.wet)
    return divide(
        pieces.faces,
        leftover,
        pieces.compound,
        estates.geometry.to_numpy(),
        homes=_inhabited(homes),
        thin_m=cutting.thin_m,
        least_m2=cutting.least_block_m2,
    )


def _as_units(
    pieces: _Pieces,
    parts: Parts,
    ground: gpd.GeoDataFrame,
    estates: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame,
    cutting: Cutting,
) -> pd.DataFrame:
    """Pieces put together to units, with what each is; numbered from 1 by community and place."""
    faces = pieces.faces
    own = (pieces.compound != _NONE) & ~pieces.wet
    part = parts.at(shapely.point_on_surface(faces.shapes))
    free = ~own & ~pieces.wet & (part != _NONE)
    compound = np.where(own, pieces.compound, _NONE)
    compound[free] = parts.compound[part[free]]
    block = np.where(free & (compound == _NONE), part, _NONE)
    label = pd.DataFrame({"c": pieces.community, "e": compound, "b": block, "w": pieces.wet})
    alike = label.groupby(["c", "e", "b", "w"]).ngroup()
    region = faces.joined(np.asarray(alike, dtype=np.int64))
    solid = _solid(faces, region, own, pieces.wet, _inhabited(homes), cutting)
    _one_a_community(faces, region, solid, pieces.community)
    first = np.full(len(solid), _NONE, dtype=np.int64)
    first[region[::-1]] = np.arange(len(region))[::-1]
    region = absorb(faces.beside, region, solid, pieces.community)
    crumb = ~solid & (np.bincount(region, faces.areas, minlength=len(solid)) < _CRUMB_M2)
    if crumb[region].any():
        region = absorb(faces.beside, region, ~crumb, np.zeros(len(faces), dtype=np.int64))
    order = np.argsort(region, kind="stable")
    unit, starts = np.unique(region[order], return_index=True)
    members = np.split(order, starts[1:])
    shapes = [
        faces.shapes[it[0]] if len(it) == 1 else shapely.coverage_union_all(faces.shapes[it])
        for it in members
    ]
    lead = first[unit]
    estate = compound[lead]
    kind = np.select(
        [estate != _NONE, pieces.wet[lead], solid[unit]], ["compound", "water", "block"], "rest"
    )
    codes = estates["code"].to_numpy(dtype=object)
    closed = estates["closed"].to_numpy(dtype=bool)
    has = estate != _NONE
    table = pd.DataFrame(
        {
            "geometry": np.array(shapes, dtype=object),
            "grid": pd.array([pd.NA] * len(unit), dtype="Int64"),
            "kind": kind,
            "compound": [codes[it] if it != _NONE else None for it in estate],
            "closed": [bool(closed[it]) if it != _NONE else False for it in estate],
            "community": ground["code"].to_numpy(dtype=object)[pieces.community[lead]],
            "estate": np.where(has, estate, _NONE),
        }
    )
    middle = shapely.centroid(table["geometry"].to_numpy())
    table["x"], table["y"] = shapely.get_x(middle), -shapely.get_y(middle)
    table = table.sort_values(["community", "x", "y"], ignore_index=True).drop(columns=["x", "y"])
    table.index = pd.RangeIndex(1, len(table) + 1, name="unit")
    return table


def _solid(
    faces: Faces,
    region: Numbers,
    own: NDArray[np.bool_],
    wet: NDArray[np.bool_],
    inhabited: Shapes,
    cutting: Cutting,
) -> NDArray[np.bool_]:
    """Which regions stand alone: compounds, wide water, homes, and ground that is thick."""
    count = int(region.max(initial=-1)) + 1
    size = np.bincount(region, faces.areas, minlength=count)
    within = np.bincount(region[own], faces.areas[own], minlength=count)
    solid = within >= cutting.least_compound_m2
    whole = np.bincount(region[wet], faces.areas[wet], minlength=count)
    solid |= whole >= cutting.least_block_m2
    if len(inhabited):
        lived = shapely.STRtree(faces.shapes).query(inhabited, predicate="intersects")[1]
        solid[np.unique(region[lived])] = True
    large = ~solid & (size >= cutting.least_block_m2)
    for one in np.flatnonzero(large).tolist():
        whole_shape = shapely.coverage_union_all(faces.shapes[region == one])
        solid[one] = wider_than(whole_shape, cutting.thin_m)
    return np.asarray(solid, dtype=bool)


def _one_a_community(
    faces: Faces, region: Numbers, solid: NDArray[np.bool_], community: Numbers
) -> None:
    """Where nothing of a community stands alone, its largest region does."""
    size = np.bincount(region, faces.areas)
    for code in np.unique(community).tolist():
        mine = np.unique(region[community == code])
        if not solid[mine].any():
            solid[mine[np.argmax(size[mine])]] = True


# ---------------------------------------------------------------- what a unit has


def _counted(
    units: pd.DataFrame, estates: gpd.GeoDataFrame, homes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """The units with their counts: their buildings', else their compound's by area."""
    shapes = units["geometry"].to_numpy()
    known = [name for name in COUNTED if name in homes]
    table = pd.DataFrame({name: homes[name] for name in known})
    table["unit"] = -1
    if len(homes):
        home, unit = shapely.STRtree(shapes).query(homes.geometry.to_numpy(), "intersects")
        table.loc[home[::-1], "unit"] = unit[::-1]  # on a border: the first
    inside = table[table["unit"] >= 0]
    sums = inside.groupby("unit")[known].sum(min_count=1)
    for name in COUNTED:
        column = pd.Series(pd.NA, index=range(len(units)), dtype="Int64")
        if name in known and len(homes):
            column[:] = 0
            column[sums.index] = sums[name].astype("Int64")
        units[name] = column.to_numpy()
        units[name] = units[name].astype("Int64")
    units["homes"] = pd.Series(_homes(len(units), inside, homes), index=units.index, dtype=object)
    has_homes = np.zeros(len(units), dtype=bool)
    has_homes[sums.index] = True
    _share_of_compounds(units, estates, has_homes)
    return units.drop(columns=["estate"])


def _homes(count: int, inside: pd.DataFrame, homes: gpd.GeoDataFrame) -> list[list[list[Any]]]:
    """The buildings of each unit: ``[x, y, *counts]``, None where a count is unknown."""
    answer: list[list[list[Any]]] = [[] for _ in range(count)]
    points = shapely.get_coordinates(homes.geometry.to_numpy())
    columns = [
        inside[name].tolist() if name in inside else [None] * len(inside) for name in COUNTED
    ]
    rows = zip(inside.index.tolist(), inside["unit"].tolist(), *columns, strict=True)
    for place, unit, *counts in rows:
        x, y = points[place].round(2).tolist()
        answer[unit].append([x, y, *(None if pd.isna(it) else int(it) for it in counts)])
    return answer


def _share_of_compounds(
    units: pd.DataFrame, estates: gpd.GeoDataFrame, has_homes: NDArray[np.bool_]
) -> None:
    """Households and residents of compounds without buildings, by area among their units."""
    estate = units["estate"].to_numpy()
    area = np.asarray(shapely.area(units["geometry"].to_numpy()), dtype=float)
    housed = set(estate[has_homes].tolist())
    for one in sorted(set(estate.tolist()) - housed - {_NONE}):
        mine = np.flatnonzero(estate == one)
        for name in ("households", "residents"):
            total = estates[name].iloc[one]
            if pd.isna(total):
                shares: Any = pd.NA
            else:
                shares = portions(int(total), area[mine])
            units.loc[units.index[mine], name] = shares
