"""Grids above the band (网眼过大)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from geodata.plans.coverage.faces import regions
from geodata.plans.findings.finding import Found, said
from geodata.plans.findings.gap import takers
from geodata.plans.findings.subject import Subject

RULE = "too_large"

_MOST_TRIED = 12


def find(subject: Subject) -> Iterator[Found]:
    """Each grid with more households than the band's upper end."""
    high = subject.limits.high
    if high is None or "households" not in subject.grids:
        return
    known = subject.grids["households"]
    shapes = subject.grids.geometry
    for who in subject.grids.index[(known > high).fillna(value=False).astype(bool)]:
        count = int(known[who])
        yield Found(
            (who,),
            shapes[who],
            {"households": count, "high": high},
            {"grid": subject.title(who), "households": said(count), "high": high},
            tuple(_mends(subject, who, count)),
        )


def _mends(subject: Subject, who: Any, count: int) -> Iterator[dict[str, Any]]:
    """Give one unit to a neighbour so that both are within the band and both stay in one part."""
    net, low, high = subject.net, subject.limits.low or 0, subject.limits.high
    if net is None or high is None or bool(net.grids["locked"].get(who, False)):
        return
    places = np.flatnonzero(subject.grid_of_unit == who)
    sizes = net.units["households"].array[places].fillna(0).astype(int)
    fits = (sizes >= count - high) & (count - sizes >= low) & (sizes > 0)
    for place, size in list(zip(places[fits], sizes[fits], strict=True))[:_MOST_TRIED]:
        if not _holds_without(subject, places, place):
            continue
        for action in takers(subject, (int(net.units.index[place]),)):
            theirs = subject.grids["households"][action["grid"]]
            if not pd.isna(theirs) and int(theirs) + int(size) <= high:
                yield action


def _holds_without(subject: Subject, places: Any, place: Any) -> bool:
    """Whether a grid stays in one part when it gives a unit away; both as positions."""
    rest = places[places != place]
    position = np.full(len(subject.grid_of_unit), -1, dtype=np.int64)
    position[rest] = np.arange(len(rest))
    pairs, _ = subject.beside
    inner = position[pairs]
    inner = inner[(inner >= 0).all(axis=1)]
    return len(rest) > 0 and int(regions(len(rest), inner).max()) == 0
