"""Hot cells that touch are one hotspot: what a person is told of, and goes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.cases.hotspots.cells import Neighbours
from geodata.cases.hotspots.gi_star import GiStar

Integers = NDArray[np.int64]

_FEWEST_CASES = 5
_OUTSTANDING = 1.5
_SURE = 0.01


@dataclass(frozen=True)
class Category:
    """A category that stands out: its cases here, and how many times its share elsewhere."""

    key: Any
    cases: int
    times: float
    p: float


@dataclass(frozen=True)
class Hotspot:
    """One hotspot.

    ``cells`` are positions, ``shape`` their union in metres. ``expected`` is what as many cells,
    or as many households, have on the average of all cells; ``ratio`` is cases by expected, NaN if
    none are expected. ``p`` and ``corrected`` are the lowest of its cells, ``degree`` the highest
    class, ``z`` the highest z.
    """

    cells: Integers
    shape: Any
    cases: int
    expected: float
    ratio: float
    z: float
    p: float
    corrected: float
    degree: int
    categories: tuple[Category, ...] = ()


def hotspots(
    result: GiStar,
    cases: ArrayLike,
    shapes: Any,
    touching: Neighbours,
    *,
    households: ArrayLike | None = None,
    cell_of: ArrayLike | None = None,
    categories: ArrayLike | None = None,
) -> list[Hotspot]:
    """Hotspots, the strongest (class, then z) first.

    Args:
        result: Gi* of the cells.
        cases: How many in each cell.
        shapes: The cells' polygons, in metres.
        touching: Which cells touch: they are joined if both are hot.
        households: Of each cell; with them the expected cases follow the households. NaN and 0
            expect none.
        cell_of: Each case's cell, -1 for none; with ``categories``.
        categories: Each case's category.
    """
    hot = np.flatnonzero(result.classes > 0)
    if not len(hot):
        return []
    counts = np.asarray(cases, dtype=np.int64)
    base = np.ones(len(counts)) if households is None else np.asarray(households, dtype=float)
    base = np.where(base > 0, base, 0.0)
    expected = counts.sum() * base / base.sum() if base.sum() else base
    near = touching.only(result.classes > 0)
    rows, columns = near.pairs()
    links = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(len(hot),) * 2)
    number, label = connected_components(links.tocsr(), directed=False)
    order = np.argsort(label, kind="stable")
    groups = np.split(hot[order], np.cumsum(np.bincount(label, minlength=number))[:-1])
    outlines = np.asarray(shapes, dtype=object)
    told = [_hotspot(result, group, counts, expected, outlines) for group in groups]
    if cell_of is not None and categories is not None:
        kinds = _outstanding(groups, np.asarray(cell_of), np.asarray(categories), len(counts))
        told = [_with(spot, kind) for spot, kind in zip(told, kinds, strict=True)]
    return sorted(told, key=lambda spot: (-spot.degree, -spot.z, int(spot.cells[0])))


def _hotspot(
    result: GiStar, cells: Integers, counts: Integers, expected: Any, shapes: Any
) -> Hotspot:
    found, mean = int(counts[cells].sum()), float(expected[cells].sum())
    return Hotspot(
        cells=cells,
        shape=shapely.union_all(shapes[cells]),
        cases=found,
        expected=mean,
        ratio=found / mean if mean > 0 else float("nan"),
        z=float(result.z[cells].max()),
        p=float(result.p[cells].min()),
        corrected=float(result.corrected[cells].min()),
        degree=int(result.classes[cells].max()),
    )


def _with(spot: Hotspot, categories: tuple[Category, ...]) -> Hotspot:
    return Hotspot(**{**vars(spot), "categories": categories})


def _outstanding(
    groups: list[Integers], cell_of: Integers, categories: Any, cells: int
) -> list[tuple[Category, ...]]:
    """Of each hotspot the categories that stand out."""
    keys, code = np.unique(categories, return_inverse=True)
    group_of = np.full(cells + 1, len(groups), dtype=np.int64)  # the last is for cell -1
    for number, group in enumerate(groups):
        group_of[group] = number
    inside = cell_of >= 0
    pairs = group_of[cell_of[inside]] * len(keys) + code[inside]
    table = np.bincount(pairs, minlength=(len(groups) + 1) * len(keys))
    table = table.reshape(-1, len(keys))
    return standing_out(table[:-1], table.sum(axis=0), keys)


def standing_out(inside: ArrayLike, everywhere: ArrayLike, keys: Any) -> list[tuple[Category, ...]]:
    """Of each group the categories with a larger share than elsewhere, surest first.

    At least five cases, half as much again as elsewhere, and a binomial p of 0.01 shared among all
    categories of all groups (Bonferroni).

    Args:
        inside: Cases by group and category.
        everywhere: Cases by category, those of the groups among them.
        keys: The categories.
    """
    table = np.asarray(inside, dtype=np.int64).reshape(-1, len(keys))
    totals, answer = np.asarray(everywhere, dtype=np.int64), []
    for here in table:
        away = totals - here
        share = away / max(away.sum(), 1)
        times = np.divide(
            here / max(here.sum(), 1), share, out=np.full(len(keys), np.inf), where=share > 0
        )
        p = stats.binom.sf(here - 1, here.sum(), share)
        sure = p * len(keys) * len(table) <= _SURE
        chosen = np.flatnonzero((here >= _FEWEST_CASES) & (times >= _OUTSTANDING) & sure)
        chosen = chosen[np.lexsort((-here[chosen], p[chosen]))]
        answer.append(
            tuple(Category(keys[k], int(here[k]), float(times[k]), float(p[k])) for k in chosen)
        )
    return answer
