"""Grids below the band."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from geodata.plans.findings.finding import Found, said
from geodata.plans.findings.subject import Subject

RULE = "too_small"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid with fewer households than the band's lower end."""
    low = subject.limits.low
    if low is None or "households" not in subject.grids:
        return
    known = subject.grids["households"]
    shapes = subject.grids.geometry
    for who in subject.grids.index[(known < low).fillna(value=False).astype(bool)]:
        count = int(known[who])
        yield Found(
            (who,),
            shapes[who],
            {"households": count, "low": low},
            {"grid": subject.title(who), "households": said(count), "low": low},
            tuple(_mends(subject, who, count)),
        )


def _mends(subject: Subject, who: Any, count: int) -> Iterator[dict[str, Any]]:
    """Merge with a neighbour of the community that has room for it, the smallest first."""
    net = subject.net
    if net is None or bool(net.grids["locked"].get(who, False)):
        return
    high = subject.limits.high
    fitting = []
    for other in subject.touching.get(who, {}):
        same = net.grids["community"][other] == net.grids["community"][who]
        theirs = subject.grids["households"][other]
        if not same or bool(net.grids["locked"][other]) or pd.isna(theirs):
            continue
        if high is None or count + int(theirs) <= high:
            fitting.append((int(theirs), other))
    for _theirs, other in sorted(fitting):
        yield {"action": "merge", "grids": [other, who]}
