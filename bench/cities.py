"""A net proposed for the whole demo city, and for one twenty times as large.

``python bench/cities.py`` prints JSON lines. There is no peer: no public engine keeps closed
compounds whole and a band of households. What is measured is the search, from units to a net; the
figures are those that the proposal must keep.
"""

from __future__ import annotations

import json
import time
from typing import Any

from geodata.demo import generate
from geodata.plans import units
from geodata.plans.proposal.propose import propose

LOW, HIGH = 300, 500
LIMITS = {1: 10, 20: 300}
"""Seconds that the search may take, by scale."""


def city(scale: int) -> Any:
    """The units of a demo city, in no grid."""
    made = generate(scale=scale, seed=2026)
    communities = made.areas[made.areas["level"] == "community"]
    buildings = made.buildings.assign(buildings=1)
    return units.build(communities, made.compounds, made.streets, buildings=buildings)


def closed_cut(net: Any) -> int:
    """Closed compounds of a size that fits into a grid that lie in several."""
    closed = net.units[net.units["closed"] & net.units["compound"].notna()]
    by_compound = closed.groupby("compound")
    several = by_compound["grid"].nunique() > 1
    return int((several & (by_compound["households"].sum() <= HIGH)).sum())


def measure() -> list[dict[str, Any]]:
    """Each scale once, after everything is compiled."""
    rows: list[dict[str, Any]] = []
    small = city(1)
    propose(small, low=LOW, high=HIGH)
    for scale, limit in LIMITS.items():
        net = small if scale == 1 else city(scale)
        start = time.perf_counter()
        found = propose(net, low=LOW, high=HIGH)
        seconds = time.perf_counter() - start
        figures = {name: value or 0.0 for name, value in found.objective.items()}
        name = f"city of {len(net.units):,} units"
        outside = 1 - figures["in_band"] / figures["grids"]
        rows += [
            {
                "name": f"{name}: seconds",
                "value": round(seconds, 1),
                "limit": limit,
                "communities": int(net.units["community"].nunique()),
            },
            {
                "name": f"{name}: share of grids outside the band",
                "value": round(outside, 4),
                "limit": 0.01,
                "grids": figures["grids"],
                "obstacles": len(found.obstacles),
                "on_street": round(figures["on_street_m"] / figures["border_m"], 3),
            },
            {
                "name": f"{name}: closed compounds cut",
                "value": closed_cut(found.net),
                "limit": 0,
                "too_heavy_and_cut": len(found.cuts),
            },
        ]
    return rows


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line))
