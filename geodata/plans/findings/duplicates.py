"""What the rules of names and codes have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import shapely

from geodata.plans.findings.finding import Found
from geodata.plans.findings.subject import Subject


def same(subject: Subject, column: str, within: str | None = None) -> Iterator[Found]:
    """Grids with the same value of a column, within one value of another.

    In a part of a plan those beyond it count as well; their place is not known there.
    """
    if column not in subject.grids:
        return
    frame = subject.grids
    groups = _places(frame, column, within)
    others = {} if subject.beyond is None else _places(subject.beyond, column, within)
    for key, places in sorted(groups.items()):
        ids = frame.index[places].tolist()
        if subject.beyond is not None:
            ids = sorted([*ids, *subject.beyond.index[others.get(key, [])].tolist()])
        if len(ids) > 1:
            inner = shapely.point_on_surface(frame.geometry.to_numpy()[places])
            name = {column: key[1]}
            yield Found(tuple(ids), shapely.multipoints(inner), name, name)


def _places(
    frame: pd.DataFrame, column: str, within: str | None
) -> dict[tuple[str, str], list[int]]:
    """The positions of each value of a column, by what it is within and the value."""
    around = frame[within].tolist() if within is not None and within in frame else [""] * len(frame)
    groups: dict[tuple[str, str], list[int]] = {}
    for place, (value, where) in enumerate(zip(frame[column].tolist(), around, strict=True)):
        if not pd.isna(value) and str(value).strip():
            groups.setdefault((str(where), str(value).strip()), []).append(place)
    return groups
