"""Streets as they were given, in metres, and what of them can be walked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.crs import to_local
from geodata.errors import InvalidInput
from geodata.reach.networks.network import Integers, Way
from geodata.reach.networks.rules import Rules

SHORTEST_M: Final = 0.01
"""A shorter line is a point."""
_LINES = (1, 5)
_STEPS = "steps"
_BETWEEN_KINDS = re.compile(r"[|,;\[\]'\"]+")
_YES = frozenset({"yes", "true", "t", "1", "y", "是"})
_NO = frozenset({"no", "false", "f", "0", "n", "否", "", "none", "nan"})
_BOTH_WAYS: dict[Any, int] = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1}


@dataclass(frozen=True, eq=False)
class Lines:
    """Walkable lines, one plain line a row.

    Attributes:
        crs: A plane of metres.
        shapes: (n) LineStrings of at least two different points, in ``crs``.
        row: (n) int32, the row of the streets that were given.
        ways: (n) uint8, flags of ``Way``.
        level: (n) int32, 0 on the ground; lines of different levels cross without meeting.
        nodes_stated: Whether the file names the nodes of all lines: then it was cut at them.
        levels_known: Whether the file tells bridges, tunnels or levels at all.
        remarks: What was left out.
    """

    crs: pyproj.CRS
    shapes: NDArray[np.object_]
    row: Integers
    ways: NDArray[np.uint8]
    level: Integers
    nodes_stated: bool
    levels_known: bool
    remarks: list[dict[str, object]] = field(default_factory=list)

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.shapes)

    def only(self, kept: NDArray[Any]) -> Lines:
        """Some of the lines."""
        return replace(
            self,
            shapes=self.shapes[kept],
            row=self.row[kept],
            ways=self.ways[kept],
            level=self.level[kept],
        )


def take(streets: gpd.GeoDataFrame, rules: Rules) -> Lines:
    """The lines that can be walked.

    Args:
        streets: The streets frame: lines in any CRS (none: WGS 84 degrees), columns ``kind`` or
            ``highway``, ``bridge``, ``tunnel``, ``z_level``, ``foot``, ``foot_oneway``, ``u`` and
            ``v`` if it has them.
        rules: What may be walked.

    Raises:
        InvalidInput: There is no line in it, or none that may be walked.
    """
    frame = streets.reset_index(drop=True)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    usable = np.isin(shapely.get_type_id(shapes), _LINES) & ~shapely.is_empty(shapes)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    usable[owner[~np.isfinite(points).all(axis=1)]] = False
    remarks: list[dict[str, object]] = []
    _remark(remarks, "no_line", int((~usable).sum()))
    if not usable.any():
        raise InvalidInput("There are no streets: the data hold no line.")
    if frame.crs is None:
        _refuse_metres(points)
    frame["kind"] = _kinds(frame)  # once: others need it too
    walked = walkable(frame, rules)
    _remark(remarks, "not_walked", int((usable & ~walked).sum()))
    if not (usable & walked).any():
        raise InvalidInput("None of the streets may be walked; see the kinds in the profile.")
    local = to_local(frame[usable & walked])
    flat = shapely.force_2d(np.asarray(local.geometry.array, dtype=object))
    parts, of = shapely.get_parts(flat, return_index=True)
    parts = np.asarray(shapely.remove_repeated_points(parts), dtype=object)
    long = shapely.length(parts) > SHORTEST_M
    _remark(remarks, "no_length", int((~long).sum()))
    parts, of = parts[long], of[long]
    if not len(parts):
        raise InvalidInput("There are no streets: the data hold no line.")
    level, known = _levels(local)
    lines = Lines(
        pyproj.CRS(local.crs),
        parts,
        local.index.to_numpy(dtype=np.int32)[of],
        _ways(local)[of],
        level[of],
        _nodes_stated(local),
        known,
        remarks,
    )
    return _once(lines)


def walkable(frame: pd.DataFrame, rules: Rules) -> NDArray[np.bool_]:
    """Which rows may be walked: what ``foot`` says, else by their kinds."""
    refused = rules.not_walked | rules.barriers
    allowed = {kind: bool(kinds_of(kind) - refused) for kind in _kinds(frame).unique()}
    by_kind = _kinds(frame).map(allowed).to_numpy(dtype=bool)
    foot = _truth(frame, "foot")
    return np.where(pd.isna(foot), by_kind, foot == 1.0)


def kinds_of(value: str) -> frozenset[str]:
    """The kinds that a value names: one, or several as in ``steps|footway`` and ``['a', 'b']``."""
    words = (word.strip().lower() for word in _BETWEEN_KINDS.split(value))
    return frozenset(word for word in words if word) or frozenset({""})


def _kinds(frame: pd.DataFrame) -> pd.Series:
    for name in ("kind", "highway"):
        if name in frame:
            words = frame[name]
            if words.dtype == object:
                words = words.map(_joined)
            return words.where(words.notna(), "").astype(str)
    return pd.Series("", index=frame.index)


def _joined(value: Any) -> Any:
    return "|".join(map(str, value)) if isinstance(value, (list, tuple, np.ndarray)) else value


def _truth(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column of yes and no as 1, 0 and NaN; what a bridge is called (viaduct) is yes."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    known = {value: _yes(value) for value in frame[name].dropna().unique()}
    return frame[name].map(known).to_numpy(dtype=float, na_value=np.nan)


def _yes(value: Any) -> float:
    if isinstance(value, (bool, np.bool_, int, float, np.number)):
        return float(bool(value))
    return 0.0 if str(value).strip().lower() in _NO else 1.0


def _levels(frame: pd.DataFrame) -> tuple[Integers, bool]:
    bridge, tunnel = _truth(frame, "bridge") == 1.0, _truth(frame, "tunnel") == 1.0
    level = np.where(bridge, 1, np.where(tunnel, -1, 0))
    stated = np.full(len(frame), np.nan)
    if "z_level" in frame:
        stated = pd.to_numeric(frame["z_level"], errors="coerce").to_numpy(dtype=float)
    known = bool(bridge.any() or tunnel.any() or np.nan_to_num(stated).any())
    # a bridge of level 0 says nothing: that is what tables hold where nobody gave a level
    said = np.isfinite(stated) & ~((stated == 0) & (level != 0))
    return np.where(said, np.nan_to_num(stated), level).astype(np.int32), known


def _ways(frame: pd.DataFrame) -> NDArray[np.uint8]:
    kinds = _kinds(frame)
    steps = kinds.map({kind: _STEPS in kinds_of(kind) for kind in kinds.unique()})
    ways = np.where(steps.to_numpy(dtype=bool), Way.STEPS, 0)
    ways |= np.where(_truth(frame, "bridge") == 1.0, Way.BRIDGE, 0)
    ways |= np.where(_truth(frame, "tunnel") == 1.0, Way.TUNNEL, 0)
    if "foot_oneway" in frame:
        column = frame["foot_oneway"]
        turns = {value: _direction(value) for value in column.dropna().unique()}
        turn = column.map(turns).to_numpy(dtype=float, na_value=0.0)
        ways |= np.where(turn > 0, Way.ONLY_FORWARD, np.where(turn < 0, Way.ONLY_BACKWARD, 0))
    return ways.astype(np.uint8)


def _direction(value: Any) -> int:
    if isinstance(value, (bool, np.bool_, int, float, np.number)):
        return int(np.sign(float(value)))
    return _BOTH_WAYS.get(str(value).strip().lower(), 0)


def _nodes_stated(frame: pd.DataFrame) -> bool:
    return {"u", "v"} <= set(frame.columns) and not frame[["u", "v"]].isna().to_numpy().any()


def _once(lines: Lines) -> Lines:
    """Each line once, whichever way it was drawn; the first of equal ones stays."""
    kept, ways = unified(lines.shapes, lines.level, lines.ways)
    _remark(lines.remarks, "twice", int((~kept).sum()))
    return replace(lines, ways=ways).only(kept)


def unified(
    shapes: NDArray[np.object_], level: Integers, ways: NDArray[np.uint8], *, grid_m: float = 0.0
) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
    """Which lines stay if each is to be there once, and what these carry then.

    Lines are equal that run along each other on one level, whichever way they are drawn. The first
    stays and is walked in every direction in which one of them is; steps and a ramp beside them
    both stay, as not everybody can take steps.

    Args:
        shapes: (n) LineStrings.
        level: (n) on which each lies.
        ways: (n) flags of ``Way``.
        grid_m: Corners less than this apart are one.
    """
    plain = shapely.set_precision(shapes, grid_m) if grid_m else shapes
    plain = np.asarray(shapely.normalize(plain), dtype=object)
    keys = pd.Series(shapely.to_wkb(plain))
    group = keys.groupby([keys, level, ways & Way.STEPS], sort=False).ngroup().to_numpy()
    kept = ~pd.Series(group).duplicated().to_numpy()
    if kept.all():
        return kept, ways
    size = int(group.max()) + 1
    several = np.bincount(group)[group] > 1
    against = np.zeros(len(shapes), dtype=bool)
    against[several] = _against(shapes[several], plain[several])
    only = (ways & Way.ONLY_FORWARD) > 0, (ways & Way.ONLY_BACKWARD) > 0
    along = np.zeros(size, dtype=bool)
    along[group[~np.where(against, only[0], only[1])]] = True
    back = np.zeros(size, dtype=bool)
    back[group[~np.where(against, only[1], only[0])]] = True
    free = (
        np.where(against, back[group], along[group]),
        np.where(against, along[group], back[group]),
    )
    plainly = ways & ~np.uint8(Way.ONLY_FORWARD | Way.ONLY_BACKWARD)
    told = (
        plainly | np.where(free[1], 0, Way.ONLY_FORWARD) | np.where(free[0], 0, Way.ONLY_BACKWARD)
    )
    return kept, told.astype(np.uint8)


def _against(shapes: NDArray[np.object_], plain: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which lines run against their normal form; of rings that go round the other way."""
    begin = shapely.get_point(shapes, 0)
    gaps = [shapely.distance(begin, shapely.get_point(plain, end)) for end in (0, -1)]
    ring = shapely.is_closed(shapes)
    turned = shapely.is_ccw(shapes) != shapely.is_ccw(plain)
    return np.asarray(np.where(ring, turned, gaps[0] > gaps[1]), dtype=bool)


def _refuse_metres(points: NDArray[np.float64]) -> None:
    """Refuse numbers that are no degrees where nothing says what they are."""
    finite = points[np.isfinite(points).all(axis=1)]
    if len(finite) and (np.abs(finite[:, 0]).max() > 360 or np.abs(finite[:, 1]).max() > 90):
        raise InvalidInput(
            "The streets do not say their coordinate system, and are not in degrees."
        )


def _remark(remarks: list[dict[str, object]], key: str, count: int) -> None:
    if count:
        remarks.append({"key": key, "count": count})
