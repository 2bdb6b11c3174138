"""Grids that no service station reaches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from geodata.plans.findings.finding import Found, said
from geodata.plans.findings.subject import Subject

RULE = "no_station"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid most of whose households have no station within ``reach_m``, as the crow flies."""
    if subject.stations is None:
        return
    reach = subject.limits.reach_m
    grids = subject.grids
    ids, points = grids.index, shapely.point_on_surface(grids.geometry.to_numpy())
    weights = np.ones(len(grids))
    if subject.lived is not None and len(subject.lived):
        lived = subject.lived
        empty = ~grids.index.isin(lived["grid"])
        ids = lived["grid"].tolist() + grids.index[empty].tolist()
        points = np.concatenate((lived.geometry.to_numpy(), points[empty]))
        weights = np.concatenate((lived["households"].to_numpy(dtype=float), weights[empty]))
    reached = np.zeros(len(points), dtype=bool)
    if len(subject.stations):
        tree = shapely.STRtree(subject.stations)
        reached[tree.query(points, predicate="dwithin", distance=reach)[0]] = True
    place = grids.index.get_indexer(ids)
    total = np.bincount(place, weights, minlength=len(grids))
    far = np.bincount(place[~reached], weights[~reached], minlength=len(grids))
    for position in np.flatnonzero(far > total / 2):
        who = grids.index[position]
        yield Found(
            (who,),
            grids.geometry.iloc[position],
            {"share": round(float(far[position] / total[position]), 3), "reach_m": round(reach)},
            {"grid": subject.title(who), "metres": said(reach)},
        )
