"""Grids that reach beyond the boundary."""

from __future__ import annotations

from collections.abc import Iterator

import shapely

from geodata.plans.findings.finding import Found, said
from geodata.plans.findings.subject import Subject

RULE = "outside"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid with ground beyond the boundary."""
    for patch in subject.outside:
        area = float(shapely.area(patch.ground))
        yield Found(
            patch.ids,
            patch.ground,
            {"area_m2": round(area, 3), "pieces": patch.pieces},
            {"grid": subject.title(patch.ids[0]), "area": said(area)},
            ({"action": "clip", "grid": patch.ids[0]},),
        )
