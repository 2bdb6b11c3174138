"""Grids over a community's border."""

from __future__ import annotations

from collections.abc import Iterator

from geodata.plans.findings.finding import Found, listed
from geodata.plans.findings.gap import takers
from geodata.plans.findings.subject import Subject

RULE = "two_communities"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid with ground in several communities; the mend gives away what lies in the others."""
    if subject.members is None:
        return
    whole = subject.members.groupby("grid")["area_m2"].transform("sum")
    counting = subject.members[subject.members["area_m2"] > whole * subject.limits.share]
    several = counting[counting["grid"].duplicated(keep=False)]
    for who, rows in several.groupby("grid", sort=True):
        ordered = rows.sort_values("area_m2", ascending=False)
        mends = []
        if subject.net is not None:
            mine = subject.net.of(int(str(who)))
            for code in ordered["community"].iloc[1:]:
                theirs = mine.index[mine["community"] == code]
                best = next(takers(subject, tuple(theirs.tolist())), None)
                mends += [] if best is None else [best]
        codes = ordered["community"].tolist()
        yield Found(
            (who,),
            subject.grids.geometry[who],
            {"communities": codes, "area_m2": round(float(ordered["area_m2"].iloc[1:].sum()), 1)},
            {"grid": subject.title(who), "communities": listed(map(subject.place, codes))},
            tuple(mends),
        )
