"""What a net comes to: each grid in figures, and the whole.

All grids are reckoned at once from the sides of their units; after an action only those that got or
lost ground need it (``Step.grids_redrawn``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.plans.actions.sides import Sides, sides
from geodata.plans.net import COUNTED, Net
from geodata.profiles import Profile, Staff, Workload

BINS_IN_BAND = 4
"""Bars of the histogram between the ends of the band."""
SHORT_SIDE_M = 30.0
"""Of a longer side it is asked by thirds whether it lies on a street."""
MOST_BINS = 40
"""Bars of the histogram; the last has all that is larger."""


@dataclass(frozen=True)
class Reckoning:
    """What figures are reckoned with.

    Attributes:
        low: The fewest households that a grid should have.
        high: The most.
        workload: What each thing counted weighs.
        staff: Who a grid needs.
        detour_factor: How much longer a way is than the straight line.
        on_line_m: A border this near to a street or wall lies on it, metres.
    """

    low: int = 300
    high: int = 500
    workload: Workload = field(default_factory=Workload)
    staff: Staff = field(default_factory=Staff)
    detour_factor: float = 1.3
    on_line_m: float = 2.0


def reckoning_of(profile: Profile) -> Reckoning:
    """How a city reckons."""
    return Reckoning(
        low=profile.grid_band.low,
        high=profile.grid_band.high,
        workload=profile.plans.workload,
        staff=profile.plans.staff,
        detour_factor=profile.walking.detour_factor,
        on_line_m=profile.plans.on_line_m,
    )


def figures(
    net: Net,
    *,
    reckoning: Reckoning | None = None,
    grids: Iterable[int] | None = None,
    stations: Any = None,
) -> pd.DataFrame:
    """Each grid in figures.

    Args:
        net: The net, or a part of it that has the grids in full and the units that touch them.
        reckoning: What to reckon with.
        grids: Only these; all that have units if not given.
        stations: Points of service stations in the net's metres, if known.

    Returns:
        By grid: the counts (Int64, NA if unknown for every unit) and ``units``, ``uncounted``
        (units with unknown households), ``compounds``, ``area_m2``, ``perimeter_m``,
        ``compactness`` (Polsby–Popper: 4π · area / perimeter², 1 for a disc; Polsby & Popper 1991,
        The third criterion, Yale Law & Policy Review 9), ``border_on_lines`` (share of the border
        on streets or walls; NaN if none are known), ``workload``, ``cadres``, ``workers``,
        ``heads``, ``walk_m`` (from the grid's station, or else the middle of its households, to
        its farthest home, as the crow flies times the detour factor) and ``band`` (``below``
        ``inside`` ``above``; None if households are unknown).
    """
    with_what = reckoning or Reckoning()
    has = net.units["grid"].fillna(-1).to_numpy(dtype=np.int64)
    wanted = np.unique(has[has >= 0])
    if grids is not None:
        wanted = np.intersect1d(wanted, np.array(list(grids), dtype=np.int64))
    place = np.searchsorted(wanted, has)
    place = np.where(np.isin(has, wanted), place, len(wanted)).astype(np.int64)
    mine = np.flatnonzero(place < len(wanted))
    table = _counts(net, mine, place[mine], len(wanted))
    shapes = net.units.geometry.to_numpy()
    area = np.bincount(place[mine], shapely.area(shapes[mine]), minlength=len(wanted))
    perimeter, on_lines = _borders(net, mine, place[mine], len(wanted), with_what.on_line_m)
    table["area_m2"] = area
    table["perimeter_m"] = perimeter
    with np.errstate(divide="ignore", invalid="ignore"):
        table["compactness"] = 4 * np.pi * area / perimeter**2
        table["border_on_lines"] = on_lines / perimeter
    table["workload"] = _workload(table, with_what.workload)
    _add_staff(table, with_what.staff)
    table["walk_m"] = with_what.detour_factor * _walks(
        net, mine, place[mine], len(wanted), stations=stations
    )
    table["band"] = pd.Series(_band(table["households"], with_what), table.index, dtype=object)
    table.index = pd.Index(wanted, name="grid")
    return table


def totals(net: Net, table: pd.DataFrame) -> dict[str, Any]:
    """The whole net in figures.

    Args:
        net: The whole net.
        table: What ``figures`` gives for all its grids.

    Returns:
        ``grids``, the sums of the counts, ``units``, ``compounds``, ``area_m2``, ``cadres``,
        ``workers``, ``heads``; ``below`` ``inside`` ``above`` (grids); ``compactness`` and
        ``border_on_lines`` (means by perimeter); ``workload`` (sum), ``workload_spread`` (standard
        deviation over mean), ``walk_m`` (the farthest); ``left_units``, ``left_households``,
        ``left_area_m2``: what is in no grid. None where nothing is known.
    """
    left = net.units[net.units["grid"].isna()]
    sums = {
        name: _known(table[name].sum(min_count=1))
        for name in (*COUNTED, "units", "uncounted", "cadres", "workers", "heads")
    }
    load, long = table["workload"], table["perimeter_m"]
    bands = table["band"].value_counts()
    return {
        "grids": len(table),
        **sums,
        "compounds": int(net.units.loc[net.units["grid"].notna(), "compound"].nunique()),
        "area_m2": float(table["area_m2"].sum()),
        **{name: int(bands.get(name, 0)) for name in ("below", "inside", "above")},
        "compactness": _mean(table["compactness"], long),
        "border_on_lines": _mean(table["border_on_lines"], long),
        "workload": _known(load.sum(min_count=1)),
        "workload_spread": _known(load.std(ddof=0) / load.mean()) if load.mean() > 0 else None,
        "walk_m": _known(table["walk_m"].max()),
        "left_units": len(left),
        "left_households": _known(left["households"].sum(min_count=1)),
        "left_area_m2": float(left.geometry.area.sum()),
    }


def histogram(households: Any, *, low: int, high: int) -> list[dict[str, Any]]:
    """How many grids have how many households; the ends of the band are ends of bars.

    Returns:
        Bars ``{"from", "to", "grids", "in_band"}``, both ends included; the last one's ``to`` is
        None: all that is larger.
    """
    sizes = pd.Series(households).dropna().to_numpy(dtype=np.int64)
    step = max(1, round((high - low) / BINS_IN_BAND), -(-4 * high // (3 * MOST_BINS)))
    starts = [*range(low, high + 1, step)]
    if len(starts) > 1 and high - starts[-1] + 1 < step:
        starts.pop()  # the last bar of the band takes its upper end along
    below = [*range(low % step - step if low % step else 0, low, step)]
    above = [*range(high + 1, max(int(sizes.max(initial=0)), 2 * high) + 1, step)]
    starts = [max(0, one) for one in below] + starts + above
    starts = starts[:MOST_BINS]
    counts = np.bincount(np.searchsorted(starts, sizes, side="right") - 1, minlength=len(starts))
    ends = [*(one - 1 for one in starts[1:]), None]
    return [
        {"from": first, "to": last, "grids": int(count), "in_band": low <= first <= high}
        for first, last, count in zip(starts, ends, counts.tolist(), strict=True)
    ]


def _counts(net: Net, mine: Any, place: Any, count: int) -> pd.DataFrame:
    units = net.units
    table = pd.DataFrame(index=pd.RangeIndex(count))
    for name in COUNTED:
        values = units[name].array[mine]
        known = ~np.asarray(pd.isna(values))
        numbers = np.where(known, values.to_numpy(dtype=float, na_value=0.0), 0.0)
        sums = np.round(np.bincount(place, numbers, minlength=count)).astype(np.int64)
        any_known = np.bincount(place, known, minlength=count) > 0
        table[name] = pd.array(np.where(any_known, sums, 0), dtype="Int64")
        if not any_known.all():
            table.loc[~any_known, name] = pd.NA
        if name == "households":
            table["uncounted"] = np.bincount(place, ~known, minlength=count).astype(np.int64)
    table["units"] = np.bincount(place, minlength=count)
    compound = pd.factorize(units["compound"].array[mine])[0].astype(np.int64)
    pairs = np.unique(
        place[compound >= 0] * (compound.max(initial=0) + 1) + compound[compound >= 0]
    )
    table["compounds"] = np.bincount(pairs // (compound.max(initial=0) + 1), minlength=count)
    return table


def _borders(
    net: Net, mine: Any, place: Any, count: int, on_line_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres of border of each grid, and how many of them lie on streets or walls."""
    found = sides(net.units.geometry.to_numpy()[mine])
    grid = place[found.owner]
    at = _of_borders(found, grid)
    length = found.lengths()[at]
    perimeter = np.bincount(grid[at], length, minlength=count).astype(float)
    if net.lines is None:
        return perimeter, np.full(count, np.nan)
    share = _on_lines(found, at, net.lines.geometry.to_numpy(), on_line_m)
    lies = np.bincount(grid[at], length * share, minlength=count).astype(float)
    return perimeter, lies


def _of_borders(found: Sides, grid: Any) -> Any:
    """Places of the sides that have not the same grid on both sides."""
    number = int(found.same.max(initial=-1)) + 1
    low = np.full(number, np.iinfo(np.int64).max)
    high = np.full(number, -1)
    np.minimum.at(low, found.same, grid)
    np.maximum.at(high, found.same, grid)
    single = np.bincount(found.same, minlength=number) == 1
    return np.flatnonzero((single | (low != high))[found.same])


def _on_lines(found: Sides, at: Any, lines: Any, near: float) -> Any:
    """Which share of each side lies on a line: of the thirds of it, those whose middle does.

    A short side lies there if its middle does.
    """
    _same, one, of = np.unique(found.same[at], return_index=True, return_inverse=True)
    ends = found.metres()[at][one]
    run = ends[:, 1] - ends[:, 0]
    long = np.flatnonzero(np.hypot(*run.T) > SHORT_SIDE_M)
    side = np.concatenate((np.arange(len(one)), long, long))
    part = np.repeat([1 / 2, 1 / 6, 5 / 6], [len(one), len(long), len(long)])
    lies = _near(ends[side, 0] + run[side] * part[:, None], lines, near)
    share = np.bincount(side, lies, minlength=len(one)) / np.bincount(side, minlength=len(one))
    return share[of]


def _near(spots: Any, lines: Any, near: float) -> Any:
    """Which places are within ``near`` metres of a line."""
    lies = np.zeros(len(spots), dtype=bool)
    if not len(spots):
        return lies
    low, high = spots.min(axis=0) - near, spots.max(axis=0) + near
    bounds = shapely.bounds(lines)
    close = lines[((bounds[:, 2:] >= low) & (bounds[:, :2] <= high)).all(axis=1)]
    tree = shapely.STRtree(close)
    lies[tree.query(shapely.points(spots), predicate="dwithin", distance=near)[0]] = True
    return lies


def _workload(table: pd.DataFrame, weights: Workload) -> Any:
    load = sum(table[name].fillna(0).to_numpy(dtype=float) * weight for name, weight in weights)
    known = table[[name for name, weight in weights if weight > 0]].notna().any(axis=1)
    return np.where(known, load, np.nan)


def _add_staff(table: pd.DataFrame, staff: Staff) -> None:
    residents = table["residents"].fillna(0).to_numpy(dtype=np.int64)
    workers = np.full(len(table), staff.workers)
    if staff.residents_per_worker is not None and staff.workers:
        workers = np.maximum(workers, -(-residents // staff.residents_per_worker))
    buildings = table["buildings"].fillna(0).to_numpy(dtype=float)
    table["cadres"] = np.full(len(table), staff.cadres)
    table["workers"] = workers
    table["heads"] = np.ceil(buildings * staff.heads_per_building).astype(np.int64)


def _walks(net: Net, mine: Any, place: Any, count: int, *, stations: Any) -> Any:
    """Metres from the middle or the station of each grid to its farthest home."""
    units = net.units.iloc[mine]
    shapes = units.geometry.to_numpy()
    homes = units["homes"].to_numpy()
    each = np.array([len(some) for some in homes], dtype=np.int64)
    flat = np.fromiter(
        chain.from_iterable((home[0], home[1], home[2]) for some in homes for home in some),
        dtype=float,
        count=3 * int(each.sum()),
    ).reshape(-1, 3)
    lived = units["households"].fillna(0).to_numpy(dtype=float)
    bare = np.flatnonzero((each == 0) & (lived > 0))
    empty = np.flatnonzero(
        np.bincount(place[(each > 0) | (lived > 0)], minlength=count)[place] == 0
    )
    alone = np.concatenate((bare, empty))
    middles = shapely.get_coordinates(shapely.centroid(shapes[alone]))
    spots = np.concatenate((flat[:, :2], middles))
    weight = np.concatenate((np.nan_to_num(flat[:, 2]), lived[bare], shapely.area(shapes[empty])))
    of = np.concatenate((np.repeat(place, each), place[alone]))
    nothing = np.bincount(of, weight, minlength=count) <= 0
    weight = np.where(nothing[of], 1.0, weight)
    total = np.bincount(of, weight, minlength=count)
    centre = (
        np.stack([np.bincount(of, weight * spots[:, k], minlength=count) for k in (0, 1)]) / total
    )
    centre = _at_stations(centre.T, shapes, place, stations)
    far = np.zeros(count)
    np.maximum.at(far, of, np.hypot(*(spots - centre[of]).T))
    return far


def _at_stations(centre: Any, shapes: Any, place: Any, stations: Any) -> Any:
    """The centres, moved to the nearest station that the grid has, if it has one."""
    if stations is None or not len(stations):
        return centre
    points = np.asarray(stations, dtype=object)
    station, unit = shapely.STRtree(shapes).query(points, predicate="intersects")
    at, grid = shapely.get_coordinates(points)[station], place[unit]
    away = np.hypot(*(at - centre[grid]).T)
    order = np.lexsort((station, away, grid))
    first = np.unique(grid[order], return_index=True)[1]
    moved = centre.copy()
    moved[grid[order][first]] = at[order][first]
    return moved


def _band(households: Any, reckoning: Reckoning) -> Any:
    known = households.notna().to_numpy()
    size = households.fillna(0).to_numpy(dtype=np.int64)
    told = np.full(len(size), "inside", dtype=object)
    told[size < reckoning.low] = "below"
    told[size > reckoning.high] = "above"
    told[~known] = None
    return told


def _known(value: Any) -> Any:
    if pd.isna(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _mean(values: Any, weights: Any) -> float | None:
    known = values.notna() & np.isfinite(values) & (weights > 0)
    if not known.any():
        return None
    return float(np.average(values[known], weights=weights[known]))
