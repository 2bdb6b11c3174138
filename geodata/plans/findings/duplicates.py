"""What the rules of names and codes have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import shapely

from geodata.plans.findings.finding import Found
from geodata.plans.findings.subject import Subject


def same(subject: Subject, column: str, within: str | None = None) -> Iterator[Found]:
    """Grids with the same value of a column, within one value of another."""
    if column not in subject.grids:
        return
    frame = subject.grids
    around = frame[within].tolist() if within is not None and within in frame else [""] * len(frame)
    groups: dict[tuple[str, str], list[int]] = {}
    for place, (value, where) in enumerate(zip(frame[column].tolist(), around, strict=True)):
        if not pd.isna(value) and str(value).strip():
            groups.setdefault((str(where), str(value).strip()), []).append(place)
    for (_, name), places in sorted(groups.items()):
        if len(places) > 1:
            inner = shapely.point_on_surface(frame.geometry.to_numpy()[places])
            ids = tuple(frame.index[places].tolist())
            yield Found(ids, shapely.multipoints(inner), {column: name}, {column: name})
