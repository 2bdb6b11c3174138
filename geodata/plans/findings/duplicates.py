"""What the rules of names and codes have in common."""

from __future__ import annotations

from collections.abc import Iterator

import shapely

from geodata.plans.findings.finding import Found
from geodata.plans.findings.subject import Subject


def same(subject: Subject, column: str, within: str | None = None) -> Iterator[Found]:
    """Grids with the same value of a column, within one value of another."""
    if column not in subject.grids:
        return
    frame = subject.grids
    known = frame[frame[column].notna() & (frame[column].astype(str).str.strip() != "")]
    by = [known[column].astype(str).str.strip()]
    if within is not None and within in frame:
        by.append(known[within].astype(str))
    for key, rows in known.groupby(by, sort=True):
        if len(rows) < 2:
            continue
        value = str(key[0])
        yield Found(
            tuple(rows.index.tolist()),
            shapely.multipoints(shapely.point_on_surface(rows.geometry.to_numpy())),
            {column: value},
            {column: value},
        )
