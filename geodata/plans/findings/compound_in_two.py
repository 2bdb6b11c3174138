"""Open compounds in several grids."""

from __future__ import annotations

from collections.abc import Iterator

from geodata.plans.findings.compounds import held, whole_to
from geodata.plans.findings.finding import Found, listed
from geodata.plans.findings.subject import Subject

RULE = "compound_in_two"


def find(subject: Subject) -> Iterator[Found]:
    """Each open compound with ground in several grids, unless it is too large for one."""
    for one in held(subject):
        if one.is_larger_than(subject.limits.high):
            continue
        if len(one.shares) < 2 or one.closed is not False:
            continue
        grids = tuple(one.shares)
        yield Found(
            grids,
            one.ground,
            {
                "compound": one.code,
                "area_m2": round(one.area_m2, 1),
                "shares": [round(share, 4) for share in one.shares.values()],
                "households": one.households,
            },
            {"compound": subject.place(one.code), "grids": listed(subject.titles(grids))},
            whole_to(subject, one),
        )
