"""Compounds in no grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geodata.plans.findings.compounds import held
from geodata.plans.findings.finding import Found
from geodata.plans.findings.gap import takers
from geodata.plans.findings.subject import Subject

RULE = "compound_unassigned"

_MOST = 0.5


def find(subject: Subject) -> Iterator[Found]:
    """Each compound of which no grid has more than half."""
    for one in held(subject):
        if one.free <= _MOST or (subject.net is not None and one.free < 1 and one.shares):
            continue
        mends: tuple[Any, ...] = ()
        if subject.net is not None:
            units = subject.net.units
            free = units.index[(units["compound"] == one.code) & units["grid"].isna()]
            mends = tuple(takers(subject, tuple(free.tolist())))
        yield Found(
            tuple(one.shares),
            one.ground,
            {
                "compound": one.code,
                "area_m2": round(one.area_m2, 1),
                "share": round(one.free, 4),
                "households": one.households,
            },
            {"compound": subject.place(one.code)},
            mends,
        )
