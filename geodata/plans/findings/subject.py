"""What rules look at: a net of a plan, or the polygons of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.plans.coverage import Numbers, Shapes, neighbours
from geodata.plans.coverage.faces import regions
from geodata.plans.findings.finding import Unnamed
from geodata.plans.net import Net
from geodata.plans.ways import bordering


@dataclass(frozen=True, slots=True)
class Patch:
    """A piece of ground with the grids that claim it, and in a plan the units that it is of."""

    ids: tuple[Any, ...]
    ground: Any
    units: tuple[int, ...] = ()
    pieces: int = 1
    households: int | None = None


@dataclass(frozen=True)
class Limits:
    """What rules measure against; metres, m², households.

    Attributes:
        low: Fewer households are too few; None: no limit.
        high: More are too many; None: no limit.
        narrow_m: A strip narrower than this is a sliver.
        least_m2: Ground smaller than this is not worth a word.
        street_m: A border belongs on a street that runs within this distance.
        off_m: As far as this a border still lies on the street.
        off_length_m: So long must a border be beside the street to be told.
        share: A compound or community has part of a grid from this share of its ground on.
        reach_m: How far a station reaches.
    """

    low: int | None = None
    high: int | None = None
    narrow_m: float = 3.0
    least_m2: float = 0.01
    street_m: float = 10.0
    off_m: float = 1.0
    off_length_m: float = 40.0
    share: float = 0.02
    reach_m: float = 830.0


@dataclass(frozen=True)
class Subject:
    """What rules look at, in metres.

    Attributes:
        grids: By id: ``geometry`` (valid) and, as far as known, ``code``, ``name``, ``community``,
            ``worker``, ``households``.
        overlaps: Ground that several grids claim.
        gaps: Enclosed ground that no grid has.
        outside: Ground of grids beyond the boundary.
        invalid: Grids whose border crosses itself, and where.
        holdings: One row for each compound and grid that has part of it: ``compound``, ``closed``,
            ``grid`` (None: no grid), ``area_m2``, ``households``, ``geometry``; None: not known.
        members: One row for each grid and community that has part of it: ``grid``, ``community``,
            ``area_m2``; None: not known.
        streets: Lines that borders should lie on; None: not known.
        walls: Borders of compounds, on which borders of grids lie as well as on streets.
        stations: Points of service stations; None: not known.
        lived: Where the households are: ``grid``, ``households``, points; None: the grids' middles.
        net: The plan, if it is one: then mends name units.
        names: What compounds and communities are called, by code, as far as known.
        beyond: In a part of a plan: ``code``, ``name``, ``community`` and ``worker`` of the others.
        others: For each grid the share of it that agrees with the best patch of another net.
        limits: What rules measure against.
        kept: What rules work out together.
    """

    grids: gpd.GeoDataFrame
    overlaps: Sequence[Patch] = ()
    gaps: Sequence[Patch] = ()
    outside: Sequence[Patch] = ()
    invalid: Sequence[tuple[Any, Any]] = ()
    holdings: gpd.GeoDataFrame | None = None
    members: pd.DataFrame | None = None
    streets: Shapes | None = None
    walls: Shapes | None = None
    stations: Shapes | None = None
    lived: gpd.GeoDataFrame | None = None
    net: Net | None = None
    others: pd.Series | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    beyond: pd.DataFrame | None = None
    limits: Limits = field(default_factory=Limits)
    kept: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def _titles(self) -> dict[Any, str | Unnamed]:
        titles: dict[Any, str | Unnamed] = {
            grid: str(grid) if self.net is None else Unnamed(int(grid)) for grid in self.grids.index
        }
        for column in ("code", "name"):
            if column in self.grids:
                names = zip(self.grids.index, self.grids[column].tolist(), strict=True)
                titles |= {grid: name for grid, name in names if isinstance(name, str) and name}
        return titles

    def title(self, grid: Any) -> str | Unnamed:
        """What people call a grid: its name, else its code, else its number."""
        return self._titles[grid]

    def titles(self, grids: Any) -> list[str | Unnamed]:
        """What people call grids."""
        return [self.title(one) for one in grids]

    def place(self, code: str) -> str:
        """What people call a compound or community: its name if it is known, else its code."""
        return self.names.get(code) or code

    @cached_property
    def beside(self) -> tuple[Numbers, NDArray[np.float64]]:
        """In a plan: pairs of neighbouring units, as positions, and the metres between them."""
        if self.net is None:
            return np.empty((0, 2), dtype=np.int64), np.empty(0)
        return neighbours(self.net.units.geometry.to_numpy())

    @cached_property
    def grid_of_unit(self) -> Numbers:
        """In a plan: the grid of each unit by position; -1: none."""
        if self.net is None:
            return np.empty(0, dtype=np.int64)
        return np.asarray(self.net.units["grid"].fillna(-1), dtype=np.int64)

    @cached_property
    def touching(self) -> dict[int, dict[int, float]]:
        """In a plan: grid → neighbouring grid → metres of border."""
        if self.net is None:
            return {}
        pairs, length = self.beside
        ends = self.grid_of_unit[pairs]
        keep = (ends[:, 0] != ends[:, 1]) & (ends >= 0).all(axis=1)
        found: dict[int, dict[int, float]] = {}
        for (a, b), metres in zip(ends[keep].tolist(), length[keep].tolist(), strict=True):
            for one, other in ((a, b), (b, a)):
                around = found.setdefault(one, {})
                around[other] = around.get(other, 0.0) + metres
        return found


def of_net(
    net: Net,
    *,
    limits: Limits | None = None,
    stations: Any = None,
    no_border: frozenset[str] = frozenset(),
    names: Mapping[str, str] | None = None,
) -> Subject:
    """A plan as rules look at it.

    Args:
        net: The plan.
        limits: What rules measure against.
        stations: Points of service stations in the plan's metres; None: not known.
        no_border: Kinds of lines that no border needs to lie on.
        names: What compounds and communities are called, by code.
    """
    units = net.units
    streets = walls = None
    if net.lines is not None:
        kinds = net.lines["kind"]
        streets = net.lines.geometry[(kinds != "wall") & bordering(kinds, no_border)].to_numpy()
        walls = net.lines.geometry[kinds == "wall"].to_numpy()
    subject = Subject(
        net.borders() if units["grid"].notna().any() else _no_borders(net),
        holdings=_holdings(units),
        members=_members(units),
        streets=streets,
        walls=walls,
        stations=None if stations is None else np.asarray(stations, dtype=object),
        lived=_lived(units),
        net=net,
        limits=limits or Limits(),
        names=names or {},
    )
    return _with_gaps(subject)


def _no_borders(net: Net) -> gpd.GeoDataFrame:
    frame = net.grids.iloc[:0].assign(households=pd.array([], dtype="Int64"))
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=net.units.crs))


def _holdings(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    frame, ground = _plain(
        units, units["compound"].notna(), "compound", "closed", "grid", "households"
    )
    frame["area_m2"] = shapely.area(ground)
    return gpd.GeoDataFrame(frame, geometry=ground, crs=units.crs)


def _members(units: gpd.GeoDataFrame) -> pd.DataFrame:
    frame, ground = _plain(units, units["grid"].notna(), "grid", "community")
    frame["area_m2"] = shapely.area(ground)
    sums = frame.groupby(["grid", "community"])["area_m2"].sum()
    return pd.DataFrame(sums).reset_index()


def _lived(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lived = units["grid"].notna() & (units["households"].fillna(0) > 0)
    frame, ground = _plain(units, lived, "grid", "households")
    return gpd.GeoDataFrame(frame, geometry=shapely.centroid(ground))


def _plain(units: gpd.GeoDataFrame, wanted: Any, *columns: str) -> tuple[pd.DataFrame, Any]:
    """Some units without the weight of a GeoDataFrame, and their ground."""
    at = np.flatnonzero(wanted.to_numpy(dtype=bool))
    frame = pd.DataFrame({name: units[name].array[at] for name in columns}, index=units.index[at])
    return frame, units.geometry.to_numpy()[at]


def _with_gaps(subject: Subject) -> Subject:
    """The unassigned ground of a plan, each connected region once; open water is no gap."""
    if subject.net is None:
        return subject
    units = subject.net.units
    free = units["grid"].isna().to_numpy()
    if not free.any():
        return subject
    pairs, _ = subject.beside
    region = regions(len(units), pairs[free[pairs].all(axis=1)])
    patches = []
    for one in np.unique(region[free]):
        mine = units[region == one]
        if (mine["kind"] == "water").all():
            continue
        ground = shapely.coverage_union_all(mine.geometry.to_numpy())
        households = mine["households"].sum(min_count=1)
        patches.append(
            Patch(
                (),
                ground,
                tuple(mine.index.tolist()),
                households=None if pd.isna(households) else int(households),
            )
        )
    return replace(subject, gaps=patches)
