"""Ground heavier than the band, cut between its buildings.

Each inhabited building has the ground that is nearest to it (Voronoi: Nouvelles applications des
paramètres continus, 1908). These cells are a graph like that of the units, in which a border is
the cheaper the wider the gap between the two buildings, and are divided by the same search into as
few parts as the band allows. Only borders between parts are drawn into the ground.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from geodata.plans.actions import Refused
from geodata.plans.actions.faces import Faces, Parts, divided, settled
from geodata.plans.actions.step import NO_GRID, assembled
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.coverage import RASTER_M
from geodata.plans.coverage.sharing import shared_borders
from geodata.plans.net import COUNTED, Net
from geodata.plans.proposal.graph import Numbers, Weights, pieces
from geodata.plans.proposal.impossible import NoPartition
from geodata.plans.proposal.obstacle import CutGround, Obstacle
from geodata.plans.proposal.partition import partition
from geodata.plans.proposal.streets import along_streets, lines_of

HOUSEHOLDS: Final = 2 + COUNTED.index("households")
NARROW_M: Final = 5.0
"""Buildings nearer to each other than this have no gap between them."""
UNEVEN: Final = 0.25
"""By so much of the mean the parts of one ground may differ, where the band would allow more."""
FINE: Final = 3
"""Where no number of parts lies in the band, they are so many times lighter than it, so that the
search may join them with each other and with what is beside them."""
LOPSIDED: Final = 0.5
"""By so much of their mean may these differ."""
MORE: Final = 3
"""So many parts more than the fewest are tried."""
CRUMBS: Final = Tolerance(crumb_m2=50.0, thin_m=2.0)


@dataclass
class Lightened:
    """A net whose heavy ground is cut.

    Attributes:
        net: The net.
        part: Of units of heavy ground, the number of the part that each belongs to: units of one
            number stay together.
        alone: Units that are too heavy and cannot be cut, each ground a grid of its own.
        cuts: What was cut.
        obstacles: What could not be.
    """

    net: Net
    part: dict[int, int] = field(default_factory=dict)
    alone: list[list[int]] = field(default_factory=list)
    cuts: list[CutGround] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)


def lightened(net: Net, community: str, *, low: float, high: float, seed: int) -> Lightened:
    """The net with the ground of a community cut that is heavier than the band.

    Closed compounds that weigh more than ``high`` with all their units, and other units that do so
    each. Locked grids are left as they are.

    Args:
        net: Units with their ``homes``.
        community: Its code.
        low: Least households of a grid.
        high: Most households of a grid.
        seed: The same one gives the same parts.
    """
    done = Lightened(net)
    for compound, ids in _heavy(net, community, high):
        try:
            after, part = _cut(done.net, ids, low=low, high=high, seed=seed)
        except _NotCutError as no:
            for piece in _connected(done.net, ids):
                weight = float(_households(done.net, piece).sum())
                if weight > high:  # what is lighter stays whole, and is searched with the rest
                    done.alone.append(piece)
                    done.obstacles.append(
                        _too_heavy(community, no.reason, piece, weight, high=high)
                    )
            continue
        done.net = after
        first = max(done.part.values(), default=-1) + 1
        done.part |= {unit: first + number for unit, number in part.items()}
        if len(set(part.values())) > 1:
            done.cuts.append(
                CutGround(community, compound, sorted(part), _households(after, sorted(part)).sum())
            )
        for number in sorted(set(part.values())):
            mine = [unit for unit in sorted(part) if part[unit] == number]
            weight = float(_households(after, mine).sum())
            if weight > high:  # a single building
                done.alone.append(mine)
                done.obstacles.append(
                    _too_heavy(community, "one_building", mine, weight, high=high)
                )
    return done


def _connected(net: Net, ids: list[int]) -> list[list[int]]:
    """These units, those that touch each other together."""
    shared = shared_borders(net.units.geometry.reindex(ids).to_numpy())
    of = pieces(shared.pairs, len(ids))
    return [np.array(ids)[of == piece].tolist() for piece in np.unique(of).tolist()]


def _too_heavy(
    community: str, reason: str, units: list[int], weight: float, *, high: float
) -> Obstacle:
    return Obstacle(community, reason, units, weight, {"high": high}, {"high": weight})


class _NotCutError(Exception):
    """Heavy ground that cannot be cut."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def free_units(net: Net, community: str) -> Any:
    """Units of a community that are in no locked grid."""
    locked = net.grids.index[net.grids["locked"].astype(bool)]
    return net.units[(net.units["community"] == community) & ~net.units["grid"].isin(locked)]


def _heavy(net: Net, community: str, high: float) -> Iterator[tuple[str | None, list[int]]]:
    """Ground that is too heavy: the compound if it is one, and its units."""
    units = free_units(net, community)
    households = units["households"].fillna(0).astype(float)
    closed = (units["kind"] == "compound") & units["closed"].astype(bool)
    sums = households[closed].groupby(units.loc[closed, "compound"]).sum()
    for compound in sorted(sums.index[sums > high].tolist()):
        yield compound, units.index[closed & (units["compound"] == compound)].tolist()
    for unit in units.index[~closed & (households > high)].tolist():
        compound = units["compound"][unit]
        yield (None if pd.isna(compound) else compound), [unit]


def _households(net: Net, ids: list[int]) -> Weights:
    known = net.units["households"].reindex(ids).fillna(0)
    return np.asarray(known.to_numpy(dtype=float), dtype=float)


def _cut(
    net: Net, ids: list[int], *, low: float, high: float, seed: int
) -> tuple[Net, dict[int, int]]:
    """The net with this ground in parts, and the part of each of its units."""
    weights = _households(net, ids)
    if len(ids) > 1 and not _may_be_cut(net, ids, weights, high).any():
        shared = shared_borders(net.units.geometry.reindex(ids).to_numpy())
        cost = along_streets(shared, lines_of(net))
        found = _parted(shared.pairs, weights, cost, low=low, high=high, seed=seed)
        if found is None and weights[weights <= high].max(initial=0) <= low:
            found = np.arange(len(ids))
        if found is not None:  # it was cut before
            return net, dict(zip(ids, found.tolist(), strict=True))
    cells = _Cells(net, ids, weights)
    cells.prove(high)
    for turn in range(3):
        found = cells.parted(low=low, high=high, seed=seed + turn)
        if found is None:
            break
        try:
            return _drawn(net, ids, settled(cells.faces, found, CRUMBS))
        except Refused:
            continue  # parts that meet in a point: others are looked for
    raise _NotCutError("too_narrow")


def _may_be_cut(net: Net, ids: list[int], weights: Weights, high: float) -> Any:
    """Which of these units are too heavy and have several inhabited buildings, or none known."""
    seeds = np.array([len(_seeds(homes)[0]) for homes in net.units["homes"].reindex(ids)])
    return (weights > high) & (seeds != 1)


def _drawn(net: Net, ids: list[int], parts: Parts) -> tuple[Net, dict[int, int]]:
    """The net with these parts drawn into it, each in the grid that its unit was in."""
    had = net.units["grid"].reindex(ids).fillna(NO_GRID).astype(int).tolist()
    cut = {ids[k]: [(had[k], shape) for _label, shape in drawn] for k, drawn in parts.cut.items()}
    part = {ids[k]: label for k, label in parts.whole.items()}
    if not cut:
        return net, part
    step = assembled(net, {}, cut)
    place = {unit: k for k, unit in enumerate(ids)}
    labels = [label for unit in sorted(cut) for label, _shape in parts.cut[place[unit]]]
    return step.net, part | dict(zip(step.units_added, labels, strict=True))


class _Cells:
    """The ground of units as cells round their inhabited buildings."""

    def __init__(self, net: Net, ids: list[int], weights: Weights) -> None:
        rows = net.units.loc[ids]
        self.weights, self.lines = weights, lines_of(net)
        shapes = rows.geometry.to_numpy()
        seeds = [_seeds(homes) for homes in rows["homes"]]
        self.known = np.array([len(spots) > 0 for spots, _w in seeds]) | (weights == 0)
        borders = [_between(spots, shape) for (spots, _w), shape in zip(seeds, shapes, strict=True)]
        drawn = shapely.set_precision(shapely.union_all(np.array(borders)), RASTER_M)
        self.faces: Faces = divided(shapes, drawn)
        self.weight = np.zeros(len(self.faces.shapes))
        self.spot = shapely.get_coordinates(self.faces.inner_points())
        self.heaviest = 0.0
        for k, (spots, lived) in enumerate(seeds):
            self._settle(k, spots, lived * weights[k] / max(lived.sum(), 1e-9))
        for k in np.flatnonzero(~self.known).tolist():
            self.weight[np.flatnonzero(self.faces.unit == k)[:1]] += weights[k]
        odd = any(weights[k] != lived.sum() for k, (spots, lived) in enumerate(seeds) if len(spots))
        self.margin = float(len(ids)) if odd else 0.0
        """Households by which whole counts may differ from the shares that were planned."""

    def _settle(self, unit: int, spots: Any, lived: Weights) -> None:
        """Put buildings into the faces of their unit."""
        mine = np.flatnonzero(self.faces.unit == unit)
        if not len(spots):
            return
        self.heaviest = max(self.heaviest, float(lived.max()))
        points = shapely.points(spots)
        at = mine[shapely.STRtree(self.faces.shapes[mine]).nearest(points)]
        np.add.at(self.weight, at, lived)
        self.spot[at] = spots

    def prove(self, high: float) -> None:
        """Refuse ground that cannot be cut between its buildings."""
        if (self.weights[~self.known] > high).any() or not self.heaviest:
            raise _NotCutError("no_buildings")

    def parted(self, *, low: float, high: float, seed: int) -> Numbers | None:
        """The part of each face; None: no parts were found."""
        shared = shared_borders(self.faces.shapes)
        a, b = shared.pairs.T
        gap = np.hypot(*(self.spot[a] - self.spot[b]).T)
        cost = along_streets(shared, self.lines) / np.maximum(gap, NARROW_M)
        return _parted(
            shared.pairs,
            self.weight,
            cost,
            low=max(min(low + self.margin, high - self.margin), 1.0),
            high=max(high - self.margin, 1.0),
            seed=seed,
        )


def _seeds(homes: Any) -> tuple[Any, Weights]:
    """Places where people live, and their households; buildings in one place are one."""
    lived = [home for home in homes if home[HOUSEHOLDS]]
    if not lived:
        return np.empty((0, 2)), np.empty(0)
    at = np.round(np.array([home[:2] for home in lived], dtype=float), 1)
    spots, of = np.unique(at, axis=0, return_inverse=True)
    sums = np.bincount(of.reshape(-1), [float(home[HOUSEHOLDS]) for home in lived])
    return spots, np.asarray(sums, dtype=float)


def _between(spots: Any, shape: Any) -> Any:
    """The borders between the ground nearest to each place, inside a polygon."""
    if len(spots) < 2:
        return shapely.LineString()
    edges = shapely.voronoi_polygons(
        shapely.multipoints(spots), extend_to=shapely.envelope(shape), only_edges=True
    )
    return shapely.intersection(edges, shape)


def _parted(
    pairs: Numbers, weights: Weights, cost: Any, *, low: float, high: float, seed: int
) -> Numbers | None:
    """As few parts as can be that are not too heavy, none too light if possible."""
    if len(weights) > 1 and (weights > high).any():
        return _parted_round_heavy(pairs, weights, cost, low=low, high=high, seed=seed)
    if len(np.unique(pieces(pairs, len(weights)))) > 1:
        return _parted_by_piece(pairs, weights, cost, low=low, high=high, seed=seed)
    total = float(weights.sum())
    if total <= high or len(weights) == 1:
        return np.zeros(len(weights), dtype=np.int64)
    for count, share in _tries(total, low, high):
        if count > len(weights):
            continue
        try:
            return partition(pairs, weights, count=count, tolerance=share, border=cost, seed=seed)
        except NoPartition:
            continue
    return None


def _tries(total: float, low: float, high: float) -> Iterator[tuple[int, float]]:
    """Numbers of parts to look for, and by what share of their mean they may differ."""
    fewest = int(np.ceil(total / high))
    for count in range(fewest, min(fewest + MORE, int(total // low) + 1)):
        yield count, min(1 - low * count / total, high * count / total - 1, UNEVEN)
    for count in range(int(np.ceil(FINE * total / low)), fewest - 1, -1):
        yield count, min(high * count / total - 1, LOPSIDED)


def _parted_round_heavy(pairs: Numbers, weights: Weights, cost: Any, **band: Any) -> Numbers | None:
    """Each building that is too heavy alone in a part, all else in others."""
    heavy = weights > band["high"]
    place = np.cumsum(~heavy) - 1
    inside = ~heavy[pairs].any(axis=1)
    found = np.zeros(len(weights), dtype=np.int64)
    count = 0
    if not heavy.all():
        parts = _parted(place[pairs[inside]], weights[~heavy], cost[inside], **band)
        if parts is None:
            return None
        found[~heavy] = parts
        count = int(parts.max()) + 1
    found[heavy] = count + np.arange(heavy.sum())
    return found


def _parted_by_piece(pairs: Numbers, weights: Weights, cost: Any, **band: Any) -> Numbers | None:
    """Ground in several pieces, each in parts of its own."""
    of = pieces(pairs, len(weights))
    found = np.zeros(len(weights), dtype=np.int64)
    place = np.zeros(len(weights), dtype=np.int64)
    first = 0
    for piece in np.unique(of).tolist():
        mine = np.flatnonzero(of == piece)
        place[mine] = np.arange(len(mine))
        inside = of[pairs[:, 0]] == piece
        parts = _parted(place[pairs[inside]], weights[mine], cost[inside], **band)
        if parts is None:
            return None
        found[mine] = first + parts
        first += int(parts.max()) + 1
    return found


def counted(cuts: list[CutGround], net: Net) -> list[CutGround]:
    """The same with the number of grids that have each."""
    grid = net.units["grid"]
    return [replace(one, grids=int(grid.reindex(one.units).nunique())) for one in cuts]
