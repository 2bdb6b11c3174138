"""Polygons from outside made a coverage, with every change named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.errors import InvalidInput
from geodata.plans.coverage.borders import RASTER_M, Numbers, Shapes
from geodata.plans.coverage.faces import Faces, cut
from geodata.plans.coverage.snapping import snap

Kind = Literal["invalid", "snapped", "overlap", "gap", "crumb", "outside", "vanished"]

_NOBODY = -1
_TURNS = 8
"""How often the rules are gone through at most."""


@dataclass(frozen=True, slots=True)
class Change:
    """Ground that went from one polygon to another.

    Attributes:
        kind: Why: ``invalid`` (a border that crossed itself), ``snapped`` (near borders made one),
            ``overlap``, ``gap``, ``crumb`` (a bit apart from its polygon), ``outside`` (of the
            boundary), ``vanished`` (nothing of the polygon is left; its ground is told by the
            others).
        loses: Position of the polygon that loses it; None: nobody had it.
        gains: Position of the polygon that gets it; None: nobody.
        area_m2: How much.
        x: Where, in the plane of the polygons.
        y: See ``x``.
    """

    kind: Kind
    loses: int | None
    gains: int | None
    area_m2: float
    x: float
    y: float


@dataclass(frozen=True)
class Mended:
    """A coverage and how it came about.

    Attributes:
        shapes: One for each polygon given, in order; empty where nothing is left.
        changes: Every change above the wanted size, the largest first.
        gaps: Enclosed ground that stays with nobody, as polygons.
    """

    shapes: Shapes
    changes: tuple[Change, ...]
    gaps: Shapes


def mend(
    shapes: Any,
    *,
    boundary: Any = None,
    snap_m: float = 0.5,
    widest_gap_m: float = 5.0,
    crumb_m2: float = 1.0,
    report_m2: float = 1.0,
    told: Callable[[float], None] = lambda _share: None,
) -> Mended:
    """Make polygons a coverage: valid, on the raster, with shared borders and no overlap.

    Rules, in this order:

    1. What crosses itself becomes what its rings enclose (``make_valid``, method "structure").
    2. Where borders do not fit, points within ``snap_m`` become one, and points within it of a
       border bend that border.
    3. Ground beyond ``boundary`` is taken away.
    4. Ground that several claim goes to the one that would else keep less than half of its own,
       the smallest first; else to the one whose undisputed ground has the longest border with it.
    5. Gaps no wider than ``widest_gap_m`` go to the neighbour with the longest border; wider ones
       stay open.
    6. Bits below ``crumb_m2`` apart from the rest of their polygon go to the neighbour with the
       longest border.

    Ground that goes to another polygon leaves borders that may not fit again, so rules 2 to 6 are
    gone through until nothing moves: what was mended is not changed by mending it again.

    Args:
        shapes: Polygons or multipolygons in metres; invalid, empty and None ones too.
        boundary: A polygon that they shall fill; gaps along it count as gaps.
        snap_m: How near borders are meant to be one, metres; 0: never.
        widest_gap_m: Diameter of the largest circle in a gap that is still closed, metres.
        crumb_m2: Size of what counts as a crumb, m².
        report_m2: Changes up to this size are not named, m²; 0 names all.
        told: Told the share done now and then; what it raises ends the work.

    Raises:
        InvalidInput: A negative setting, or a coordinate that is no number.
    """
    if min(snap_m, widest_gap_m, crumb_m2, report_m2) < 0:
        raise InvalidInput("Settings of mending cannot be negative.")
    given = np.atleast_1d(np.asarray(shapes, dtype=object))
    if not np.isfinite(shapely.get_coordinates(given)).all():
        raise InvalidInput("A coordinate is not a finite number.")
    changes = _Told(report_m2)
    valid = made_valid(given)
    changes.difference("invalid", given, valid, shapely.is_valid(given))
    fence = None if boundary is None else made_valid(np.array([boundary], dtype=object))[0]
    now, open_ground = valid, np.empty(0, dtype=object)
    for turn in range(_TURNS):
        near = snap(now, snap_m, fence=fence) if snap_m else now
        if turn and (near == now).all():
            break
        changes.difference("snapped", now, near, near == now)
        told(_share(turn, 0.3))
        faces = cut(near, lines=None if fence is None else shapely.boundary(fence))
        if fence is not None:
            faces = _inside(faces, fence, changes)
        told(_share(turn, 0.6))
        owner = _settle_overlaps(faces, len(given), changes)
        owner = _close_gaps(faces, owner, widest_gap_m, changes)
        owner = _sweep_crumbs(faces, owner, crumb_m2, changes)
        whole = _union(faces, owner, len(given))
        for lost in np.flatnonzero(shapely.is_empty(whole) & ~shapely.is_empty(near)):
            changes.add("vanished", int(lost), None, shapely.area(near[lost]), near[lost])
        gaps = _union(faces, np.where(owner == _NOBODY, 0, _NOBODY), 1)
        open_ground = shapely.get_parts(gaps[~shapely.is_empty(gaps)])
        now = _unchanged_kept(now, whole)
    return Mended(_unchanged_kept(given, now), changes.sorted(), open_ground)


def _share(turn: int, share: float) -> float:
    """How much is done: half of what was left with each turn, for few need a third."""
    return 1 - 0.5**turn * (1 - 0.5 * share)


def made_valid(shapes: Any, *, sound: Any = None) -> Shapes:
    """Polygons and multipolygons that enclose what their rings do; empty where nothing is left.

    ``sound`` tells which are valid, if that is known.
    """
    polygons = np.atleast_1d(np.asarray(shapes, dtype=object)).copy()
    polygons[shapely.is_missing(polygons)] = shapely.Polygon()
    polygons = np.asarray(shapely.force_2d(polygons), dtype=object)
    bad = ~(shapely.is_valid(polygons) if sound is None else np.asarray(sound))
    polygons[bad] = shapely.make_valid(polygons[bad], method="structure", keep_collapsed=False)
    for place in np.flatnonzero(~np.isin(shapely.get_type_id(polygons), (3, 6))):
        parts = shapely.get_parts(polygons[place])
        polygons[place] = shapely.union_all(parts[shapely.get_type_id(parts) == 3])
    return polygons


class _Told:
    """Changes as they come."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._changes: list[Change] = []
        self._small: dict[tuple[Kind, int | None, int | None], list[tuple[float, Any]]] = {}

    def add(self, kind: Kind, loses: int | None, gains: int | None, area: Any, place: Any) -> None:
        if area <= self._least and kind != "vanished":
            several = self._small.setdefault((kind, loses, gains), [])
            several.append((float(area), place))
            return
        point = shapely.point_on_surface(place)
        if shapely.is_empty(point):
            return
        self._changes.append(Change(kind, loses, gains, float(area), point.x, point.y))

    def difference(self, kind: Kind, before: Any, after: Any, same: Any) -> None:
        """What each polygon lost and gained from one state to the next."""
        for place in np.flatnonzero(~same):
            old, new = made_valid(before[place])[0], after[place]
            if kind == "invalid":  # what an invalid polygon had, nobody can say: tell its new area
                self.add(kind, None, int(place), shapely.area(new), new)
                continue
            for loses, gains, one, other in ((place, None, old, new), (None, place, new, old)):
                rest = shapely.difference(one, other, grid_size=RASTER_M)
                if not shapely.is_empty(rest):
                    who = [None if it is None else int(it) for it in (loses, gains)]
                    self.add(kind, who[0], who[1], shapely.area(rest), rest)

    def sorted(self) -> tuple[Change, ...]:
        """The largest first; many small ones between the same two are told as one."""
        for (kind, loses, gains), several in self._small.items():
            total = sum(area for area, _ in several)
            if total > self._least:
                largest = max(several, key=lambda one: one[0])[1]
                self.add(kind, loses, gains, total, largest)
        return tuple(sorted(self._changes, key=lambda one: (-one.area_m2, one.kind, one.x, one.y)))


def _inside(faces: Faces, fence: Any, told: _Told) -> Faces:
    """Only what lies within the boundary."""
    shapely.prepare(fence)
    inside = shapely.intersects(fence, shapely.point_on_surface(faces.shapes))
    for face in np.flatnonzero(~inside).tolist():
        for who in faces.claimants(face):
            told.add("outside", int(who), None, faces.areas[face], faces.shapes[face])
    return faces.only(inside)


def _settle_overlaps(faces: Faces, count: int, told: _Told) -> Numbers:
    """Each piece's polygon: the only one that claims it, or the one that the rule gives it to."""
    owner = np.full(len(faces), _NOBODY, dtype=np.int64)
    single = faces.claims == 1
    owner[single] = faces.claim[faces.starts[:-1][single]]
    region = faces.joined(faces.kinds)
    disputed = np.unique(region[faces.claims > 1])
    if not len(disputed):
        return owner
    whole = np.bincount(faces.claim, faces.areas[faces.face], minlength=count)
    own = np.bincount(owner[single], faces.areas[single], minlength=count)
    needy = own < whole / 2
    members = _members(region, disputed)
    borders = _borders(faces, region, owner, disputed)
    sizes = {one: float(faces.areas[members[one]].sum()) for one in disputed.tolist()}
    for one in sorted(sizes, key=lambda it: (-sizes[it], it)):
        claimants = faces.claimants(members[one][0]).tolist()
        poor = [who for who in claimants if needy[who]]
        if poor:
            gains = min(poor, key=lambda who: (whole[who], who))
        else:
            gains = max(claimants, key=lambda who: (borders[one].get(who, 0.0), -who))
        owner[members[one]] = gains
        ground = shapely.coverage_union_all(faces.shapes[members[one]])
        for who in claimants:
            if who != gains:
                told.add("overlap", who, gains, sizes[one], ground)
    return owner


def _close_gaps(faces: Faces, owner: Numbers, widest_m: float, told: _Told) -> Numbers:
    """Narrow gaps given to the neighbour with the longest border, as the polygons lie by now."""
    region = faces.joined(owner)
    gaps = np.unique(region[owner == _NOBODY])
    members = _members(region, gaps)
    borders = _borders(faces, region, owner, gaps)
    after = owner.copy()
    for one in gaps.tolist():
        ground = shapely.coverage_union_all(faces.shapes[members[one]])
        around = borders[one]
        if not around or wider_than(ground, widest_m):
            continue
        gains = max(around, key=lambda who: (around[who], -who))
        after[members[one]] = gains
        told.add("gap", None, gains, shapely.area(ground), ground)
    return after


def _sweep_crumbs(faces: Faces, owner: Numbers, crumb_m2: float, told: _Told) -> Numbers:
    """Bits that are not the main part of their polygon, nor were a part of it from the start."""
    after = owner.copy()
    for _ in range(3):
        region = faces.joined(after)
        sizes = np.bincount(region, faces.areas)
        who = np.full(len(sizes), _NOBODY, dtype=np.int64)
        who[region] = after
        largest = np.zeros(max(int(who.max(initial=0)) + 1, 1))
        np.maximum.at(largest, who[who >= 0], sizes[who >= 0])
        small = (who >= 0) & (sizes < crumb_m2)
        small[small] = sizes[small] < largest[who[small]]
        crumbs = np.flatnonzero(small)
        if not len(crumbs):
            break
        members = _members(region, crumbs)
        borders = _borders(faces, region, after, crumbs)
        moved = False
        for one in crumbs.tolist():
            around = borders[one]
            around.pop(int(who[one]), None)
            if not around:
                continue
            gains = max(around, key=lambda it: (around[it], -it))
            after[members[one]] = gains
            ground = shapely.coverage_union_all(faces.shapes[members[one]])
            told.add("crumb", int(who[one]), gains, sizes[one], ground)
            moved = True
        if not moved:
            break
    return after


def _members(region: Numbers, wanted: Numbers) -> dict[int, NDArray[np.int64]]:
    """The pieces of each wanted region."""
    order = np.argsort(region, kind="stable")
    bounds = np.searchsorted(region[order], wanted), np.searchsorted(region[order], wanted, "right")
    return {
        int(one): order[low:high] for one, low, high in zip(wanted.tolist(), *bounds, strict=True)
    }


def _borders(
    faces: Faces, region: Numbers, owner: Numbers, wanted: Numbers
) -> dict[int, dict[int, float]]:
    """Metres of border of each wanted region with the ground that each polygon has."""
    pairs, length = faces.beside
    both = np.concatenate((pairs, pairs[:, ::-1]))
    metres = np.concatenate((length, length))
    keep = np.isin(region[both[:, 0]], wanted) & (owner[both[:, 1]] != _NOBODY)
    keep &= region[both[:, 0]] != region[both[:, 1]]
    sums: dict[int, dict[int, float]] = {int(one): {} for one in wanted}
    for one, who, run in zip(
        region[both[keep, 0]].tolist(), owner[both[keep, 1]].tolist(), metres[keep].tolist(),
        strict=True,
    ):  # fmt: skip
        around = sums[one]
        around[who] = around.get(who, 0.0) + run
    return sums


def _union(faces: Faces, owner: Numbers, count: int) -> Shapes:
    """The ground of each polygon out of its pieces."""
    whole = np.full(count, shapely.Polygon(), dtype=object)
    wanted = np.unique(owner[owner >= 0])
    for one, members in _members(owner, wanted).items():
        pieces = faces.shapes[members]
        whole[one] = pieces[0] if len(pieces) == 1 else shapely.coverage_union_all(pieces)
    return whole


def _unchanged_kept(given: Shapes, whole: Shapes) -> Shapes:
    """The polygons as they were given where they are still the same, point by point."""
    same = shapely.is_valid(given) & shapely.equals_identical(
        shapely.normalize(given), shapely.normalize(whole)
    )
    return np.where(same, given, whole)


def wider_than(ground: Any, metres: float) -> bool:
    """Whether a circle of that diameter has room in a polygon."""
    if 2 * np.sqrt(shapely.area(ground) / np.pi) <= metres:
        return False
    if 2 * shapely.distance(shapely.point_on_surface(ground), shapely.boundary(ground)) > metres:
        return True  # seen without the costly buffer
    return not shapely.is_empty(shapely.buffer(ground, -metres / 2, quad_segs=4))
