"""What the rules of compounds have in common: who has how much of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely

from geodata.plans.findings.subject import Subject


@dataclass(frozen=True)
class Held:
    """A compound and who has it.

    Attributes:
        code: The compound's.
        closed: Whether it may not be cut.
        shares: Grid → share of its ground, the largest first; only those that count.
        free: The share that no grid has.
        households: In all; None: unknown.
        area_m2: In all.
        parts: Its shape, or the shapes of its units.
        units: In a plan, the units of each grid.
    """

    code: str
    closed: bool
    shares: dict[Any, float]
    free: float
    households: int | None
    area_m2: float
    parts: Any
    units: dict[Any, tuple[int, ...]]

    def is_larger_than(self, high: int | None) -> bool:
        """Whether it has more households than one grid may have: then it must be cut."""
        return high is not None and self.households is not None and self.households > high

    @property
    def ground(self) -> Any:
        """All of it as one shape."""
        return self.parts[0] if len(self.parts) == 1 else shapely.union_all(self.parts)


def held(subject: Subject) -> list[Held]:
    """Every compound, by code; worked out once for a subject."""
    kept = subject.kept.get("compounds")
    if kept is None:
        kept = subject.kept["compounds"] = _held(subject)
    return list(kept)


def _held(subject: Subject) -> list[Held]:
    if subject.holdings is None:
        return []
    rows = subject.holdings
    columns = [rows[name].tolist() for name in ("compound", "closed", "grid", "households")]
    areas, shapes = rows["area_m2"].tolist(), rows.geometry.to_numpy()
    groups: dict[str, list[int]] = {}
    for place, code in enumerate(columns[0]):
        groups.setdefault(str(code), []).append(place)
    return [
        _one(subject, code, places, columns, areas, shapes, rows.index.tolist())
        for code, places in sorted(groups.items())
    ]


def _one(
    subject: Subject,
    code: str,
    places: list[int],
    columns: list[list[Any]],
    areas: list[float],
    shapes: Any,
    units: list[Any],
) -> Held:
    _, closed, grids, households = columns
    total = sum(areas[it] for it in places)
    known = [int(households[it]) for it in places if not pd.isna(households[it])]
    lived = sum(known)
    by_grid: dict[Any, list[int]] = {}
    for it in places:
        if not pd.isna(grids[it]):
            by_grid.setdefault(grids[it], []).append(it)
    taken = sum(areas[it] for parts in by_grid.values() for it in parts)
    shares: dict[Any, float] = {}
    for grid, parts in by_grid.items():
        share = sum(areas[it] for it in parts) / total if total else 0.0
        homes = sum(int(households[it]) for it in parts if not pd.isna(households[it]))
        inhabited = subject.net is not None and lived > 0 and homes > 0
        if share > subject.limits.share or inhabited:
            shares[grid] = share
    return Held(
        code,
        bool(closed[places[0]]),
        dict(sorted(shares.items(), key=lambda it: -it[1])),
        1 - taken / total if total else 1.0,
        lived if known else None,
        total,
        shapes[places],
        {grid: tuple(int(units[it]) for it in by_grid[grid]) for grid in shares},
    )


def whole_to(subject: Subject, one: Held) -> tuple[dict[str, Any], ...]:
    """Actions that give all of a compound to each of the grids that have part of it."""
    grids = list(one.shares)
    if subject.net is None:
        return tuple({"action": "give", "compound": one.code, "to": grid} for grid in grids)
    return tuple(
        {
            "action": "assign",
            "units": sorted(u for other in grids if other != grid for u in one.units[other]),
            "grid": grid,
        }
        for grid in grids
    )
