"""All of it at once: cells and periods in; what is hot, since when, and what it is about, out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.cases.hotspots.cells import Neighbours
from geodata.cases.hotspots.clusters import Category, Hotspot, hotspots, standing_out
from geodata.cases.hotspots.gi_star import FEWEST_CELLS, GiStar, gi_star
from geodata.cases.hotspots.outliers import outliers
from geodata.cases.hotspots.periods import GONE, compared
from geodata.cases.hotspots.rating import gi_star_of_rates
from geodata.cases.hotspots.scan import Cluster, scan
from geodata.cases.hotspots.smoothing import Rates, smoothed

Integers = NDArray[np.int64]
Progress = Callable[[str, float], None]

FEWEST_CASES = 20
"""Of the last period. Below, a pattern would be told from a handful, and is not."""
WORLDS = 199
STAGES = ("testing", "comparing", "clustering")


@dataclass(frozen=True)
class Study:
    """What is looked at.

    ``shapes`` are polygons in metres, ``touching`` which of them are joined into one hotspot,
    ``near`` the neighbours that Gi* sums. ``kinds`` counts cases by period, cell and category,
    the earliest period first; the last one is the one asked about. ``households`` of each cell
    (NaN where unknown) are the base; without them every cell is expected to hold the same.
    ``is_ground`` says that cells take part only because cases are near: then cases in one or two
    of them have nothing to be compared with.
    """

    shapes: NDArray[np.object_]
    near: Neighbours
    touching: Neighbours
    kinds: Integers
    categories: tuple[Any, ...]
    households: NDArray[np.float64] | None = None
    is_ground: bool = False

    @property
    def counts(self) -> Integers:
        """Cases by period and cell."""
        return np.asarray(self.kinds.sum(axis=2), dtype=np.int64)


@dataclass(frozen=True)
class Spot:
    """A hotspot with its trend; ``earlier`` are its cases in each earlier period, oldest first.

    Of one that is gone ``hotspot`` tells what there is now. One that is ``alone`` is a place, or
    several squares that touch, that stands out among usual ones (see ``outliers``).
    """

    hotspot: Hotspot
    trend: str
    earlier: tuple[int, ...]
    alone: bool = False


@dataclass(frozen=True)
class Flare:
    """A space–time cluster and the categories that stand out in it."""

    cluster: Cluster
    shape: Any
    categories: tuple[Category, ...]


@dataclass(frozen=True)
class Found:
    """The answer. ``reason`` is a key if nothing could be tested; then all else is empty.

    ``star`` and ``rates`` are those of the last period; ``alone`` are classes of the places that
    stand out alone. ``trends`` has a key for each cell that
    is hot or lately was, else None. ``tested`` is how many cells took part.
    """

    study: Study
    counts: Integers
    star: GiStar
    rates: Rates | None
    trends: NDArray[np.object_]
    tested: int
    alone: NDArray[np.int8]
    spots: list[Spot] = field(default_factory=list)
    flares: list[Flare] = field(default_factory=list)

    @property
    def reason(self) -> str | None:
        """Why there is nothing to tell."""
        return self.star.reason


def find(
    study: Study,
    *,
    permutations: int = 999,
    worlds: int = WORLDS,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress = lambda _stage, _share: None,
) -> Found:
    """Everything about the last period of ``study``.

    ``worlds`` 0 leaves out the space–time clusters. ``progress`` hears a stage of ``STAGES`` and
    the share done, and may raise to stop.
    """
    counts = study.counts
    options = {"permutations": permutations, "seed": seed, "threads": threads}
    last = len(counts) - 1
    stars: list[GiStar] = []
    rates = None
    for period in range(len(counts)):
        stage = "testing" if period == last else "comparing"
        progress(stage, 0.1 + 0.6 * period / len(counts))
        rates, star = _tested(study, counts[period], options)
        stars.append(star)
    star = stars[-1]
    known = np.ones(counts.shape[1], dtype=bool) if rates is None else rates.known
    nothing = np.full(counts.shape[1], None, dtype=object)
    nobody = np.zeros(counts.shape[1], dtype=np.int8)
    found = Found(study, counts, star, rates, nothing, int(known.sum()), nobody)
    if star.reason:
        return found
    if study.is_ground:
        both = [_with_alone(study, cases, one) for cases, one in zip(counts, stars, strict=True)]
        stars, nobody = [one for one, _alone_of in both], both[-1][1]
        found = replace(found, alone=nobody)
    trends = compared(np.stack([one.z for one in stars]), np.stack([one.classes for one in stars]))
    progress("clustering", 0.7)
    alone = [] if study.is_ground else _alone(study, counts, star)
    for spot in alone:
        nobody[spot.hotspot.cells] = spot.hotspot.degree
    spots = [*_hot(study, counts, stars, nobody), *alone, *_gone(study, counts, stars, trends)]
    flares = _flares(study, counts, worlds, seed, threads) if worlds and last else []
    return replace(found, trends=trends, spots=spots, flares=flares)


def _tested(study: Study, cases: Integers, options: dict[str, Any]) -> tuple[Rates | None, GiStar]:
    reason = None
    if cases.sum() < FEWEST_CASES:
        reason = "too_few_cases"
    elif study.is_ground and np.count_nonzero(cases) < FEWEST_CELLS:
        reason = "too_few_cells"
    if reason:
        rates = None if study.households is None else smoothed(cases, study.households)
        return rates, _untested(len(cases), reason)
    if study.households is None:
        return None, gi_star(cases, study.near, **options)
    rates, star = gi_star_of_rates(cases, study.households, study.near, **options)
    return rates, replace(star, reason="no_households") if not rates.known.any() else star


def _untested(n: int, reason: str) -> GiStar:
    one, zero, none = np.ones(n), np.zeros(n), np.zeros(n, dtype=np.int8)
    draws = np.zeros(n, dtype=np.int64)
    return GiStar(zero, zero, one, one, one, one, draws, one, none, 0, reason)


def _with_alone(study: Study, cases: Integers, star: GiStar) -> tuple[GiStar, NDArray[np.int8]]:
    """Gi* in which a square that stands out by itself counts as hot, and the classes of those."""
    found = outliers(cases, study.households)
    only = (found.classes > 0) & (star.classes <= 0) & (star.reason is None)
    return (
        replace(
            star,
            z=np.where(only, found.z, star.z),
            p=np.where(only, found.p, star.p),
            corrected=np.where(only, found.corrected, star.corrected),
            classes=np.where(only, found.classes, star.classes),
        ),
        np.where(only, found.classes, np.int8(0)),
    )


def _hot(
    study: Study, counts: Integers, stars: list[GiStar], alone: NDArray[np.int8]
) -> list[Spot]:
    """Hotspots of the last period with categories and trends."""
    shapes, star = study.shapes, stars[-1]
    told = hotspots(star, counts[-1], shapes, study.touching, households=study.households)
    table = study.kinds[-1]
    inside = [table[spot.cells].sum(axis=0) for spot in told]
    kinds = standing_out(np.array(inside), table.sum(axis=0), study.categories) if told else []
    answer = []
    for spot, kind in zip(told, kinds, strict=True):
        earlier = tuple(int(n) for n in counts[:-1, spot.cells].sum(axis=1))
        trend = _trend(spot.cells, stars)
        by_itself = bool(study.is_ground and (alone[spot.cells] > 0).all())
        answer.append(Spot(replace(spot, categories=kind), str(trend), earlier, by_itself))
    return answer


def _trend(cells: Integers, stars: list[GiStar]) -> str | None:
    """The trend of several cells as one: the mean of their z, hot if any of them is."""
    z = np.array([[star.z[cells].mean()] for star in stars])
    hot = np.array([[int((star.classes[cells] > 0).any())] for star in stars])
    answer: str | None = compared(z, hot)[0]
    return answer


def _alone(study: Study, counts: Integers, star: GiStar) -> list[Spot]:
    """Places that stand out themselves, and are not of a hotspot."""
    found = [outliers(cases, study.households) for cases in counts]
    now = found[-1]
    cells = np.flatnonzero((now.classes > 0) & (star.classes <= 0))
    if not len(cells):
        return []
    trends = compared(np.stack([one.z for one in found]), np.stack([one.classes for one in found]))
    table = study.kinds[-1]
    kinds = standing_out(table[cells], table.sum(axis=0), study.categories)
    answer = []
    for cell, kind in zip(cells.tolist(), kinds, strict=True):
        here, mean = int(counts[-1, cell]), float(now.expected[cell])
        spot = Hotspot(
            cells=np.array([cell]),
            shape=study.shapes[cell],
            cases=here,
            expected=mean,
            ratio=here / mean if mean > 0 else float("nan"),
            z=float(now.z[cell]),
            p=float(now.p[cell]),
            corrected=float(now.corrected[cell]),
            degree=int(now.classes[cell]),
            categories=kind,
        )
        earlier = tuple(int(n) for n in counts[:-1, cell])
        answer.append(Spot(spot, str(trends[cell]), earlier, alone=True))
    return sorted(answer, key=lambda spot: (spot.hotspot.corrected, -spot.hotspot.z))


def _gone(
    study: Study, counts: Integers, stars: list[GiStar], trends: NDArray[np.object_]
) -> list[Spot]:
    """What was hot lately and is no more, apart from the rims of what still is."""
    star, was = stars[-1], trends == GONE
    rim = np.zeros(len(was), dtype=bool)
    one, other = study.touching.pairs()
    rim[one[star.classes[other] > 0]] = True
    cells = np.flatnonzero(was & ~rim)
    if not len(cells):
        return []
    mask = np.zeros(len(was), dtype=bool)
    mask[cells] = True
    rows, columns = study.touching.only(mask).pairs()
    links = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(len(cells),) * 2)
    number, label = connected_components(links.tocsr(), directed=False)
    expected = _expected(study, counts[-1])
    answer = []
    for k in range(number):
        group = cells[label == k]
        here, mean = int(counts[-1, group].sum()), float(expected[group].sum())
        spot = Hotspot(
            cells=group,
            shape=shapely.union_all(study.shapes[group]),
            cases=here,
            expected=mean,
            ratio=here / mean if mean > 0 else float("nan"),
            z=float(star.z[group].max()),
            p=float(star.p[group].min()),
            corrected=float(star.corrected[group].min()),
            degree=0,
        )
        earlier = tuple(int(n) for n in counts[:-1, group].sum(axis=1))
        answer.append(Spot(spot, GONE, earlier))
    return sorted(answer, key=lambda spot: (-sum(spot.earlier), int(spot.hotspot.cells[0])))


def _expected(study: Study, cases: Integers) -> NDArray[np.float64]:
    base = np.ones(len(cases)) if study.households is None else study.households
    base = np.where(base > 0, base, 0.0)
    return np.asarray(cases.sum() * base / (base.sum() or 1.0), dtype=float)


def _flares(
    study: Study, counts: Integers, worlds: int, seed: int, threads: int | None
) -> list[Flare]:
    middles = shapely.centroid(study.shapes)
    spots = np.column_stack((shapely.get_x(middles), shapely.get_y(middles)))
    part = np.flatnonzero(counts.any(axis=0) & np.isfinite(spots).all(axis=1))
    found = scan(counts[:, part], spots[part], worlds=worlds, seed=seed, threads=threads)
    found = [replace(one, middle=int(part[one.middle]), cells=part[one.cells]) for one in found]
    if not found:
        return []
    inside = np.array(
        [study.kinds[one.first : one.last + 1, one.cells].sum(axis=(0, 1)) for one in found]
    )
    kinds = standing_out(inside, study.kinds.sum(axis=(0, 1)), study.categories)
    return [
        Flare(one, shapely.union_all(study.shapes[one.cells]), kind)
        for one, kind in zip(found, kinds, strict=True)
    ]
