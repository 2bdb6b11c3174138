"""Two grids over one place."""

from __future__ import annotations

from collections.abc import Iterator

import shapely

from geodata.plans.findings.finding import Found, is_slight, listed, said, width_m
from geodata.plans.findings.subject import Subject

RULE = "overlap"


def find(subject: Subject) -> Iterator[Found]:
    """Each set of grids that claim the same ground, with all of it.

    Borders drawn twice lie over each other in hundreds of hairs, which together may have a few
    square metres: only a piece that is more than a hair counts, and is where the finding points.
    """
    for patch in subject.overlaps:
        area = float(shapely.area(patch.ground))
        pieces = [one for one in shapely.get_parts(patch.ground) if not is_slight(one)]
        yield Found(
            patch.ids,
            shapely.multipolygons(pieces) if pieces else patch.ground,
            {
                "area_m2": round(area, 3),
                "width_m": round(width_m(patch.ground), 3),
                "pieces": patch.pieces,
            },
            {"grids": listed(subject.titles(patch.ids)), "area": said(area)},
            tuple(
                {"action": "give", "from": other, "to": one}
                for one in patch.ids
                for other in patch.ids
                if other != one
            ),
            slight=not pieces,
        )
