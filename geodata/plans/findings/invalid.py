"""Borders that cross themselves."""

from __future__ import annotations

from collections.abc import Iterator

from geodata.plans.findings.finding import Found
from geodata.plans.findings.subject import Subject

RULE = "invalid"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid whose border is no border, where it goes wrong."""
    shapes = dict(zip(subject.grids.index, subject.grids.geometry, strict=True))
    for who, place in subject.invalid:
        area = float(shapes[who].area)
        yield Found(
            (who,),
            place,
            {"area_m2": round(area, 3)},
            {"grid": subject.title(who)},
            ({"action": "repair", "grid": who},),
        )
