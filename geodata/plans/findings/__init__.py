"""What is wrong with a net: one rule a file, and a finding is data.

A rule looks at a ``Subject`` (a plan, or the polygons of a file) and gives what it found, in
metres; how grave that is says the city's profile. Nothing here changes a net: mends are named as
actions, and who reads them decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from geodata.plans.findings import (
    compound_cut,
    compound_in_two,
    compound_unassigned,
    duplicate_code,
    duplicate_name,
    gap,
    invalid,
    no_station,
    no_worker,
    not_contiguous,
    off_street,
    other_net,
    outside,
    overlap,
    sliver,
    too_large,
    too_small,
    two_communities,
)
from geodata.plans.findings.finding import (
    SENTENCES,
    SEVERITIES,
    TITLES,
    Finding,
    Found,
    Severity,
    Where,
    said,
)
from geodata.plans.findings.subject import Limits, Patch, Subject, of_net
from geodata.plans.net import Net
from geodata.profiles import Profile

__all__ = [
    "SENTENCES",
    "SEVERITIES",
    "TITLES",
    "Finding",
    "Found",
    "Limits",
    "Net",
    "Patch",
    "Severity",
    "Subject",
    "Where",
    "examine",
    "findings_of",
    "limits_of",
    "of_net",
    "said",
]

RULES = (
    invalid,
    overlap,
    gap,
    sliver,
    not_contiguous,
    outside,
    compound_cut,
    compound_in_two,
    compound_unassigned,
    too_large,
    too_small,
    two_communities,
    off_street,
    duplicate_code,
    duplicate_name,
    no_worker,
    no_station,
    other_net,
)


def limits_of(profile: Profile, **changed: Any) -> Limits:
    """What a city's profile measures against; ``changed`` replaces single limits."""
    plans = profile.plans
    return Limits(
        **{
            "low": profile.grid_band.low,
            "high": profile.grid_band.high,
            "narrow_m": plans.narrow_m,
            "street_m": plans.street_m,
            "reach_m": profile.radius_m(max(one.minutes for one in profile.service_circles)),
            **changed,
        }
    )


def examine(
    net: Net,
    *,
    profile: Profile,
    stations: Any = None,
    grids: Iterable[int] | None = None,
    no_border: frozenset[str] = frozenset(),
    names: Mapping[str, str] | None = None,
    beyond: pd.DataFrame | None = None,
) -> list[Finding]:
    """The findings of a plan, the gravest first.

    Args:
        net: The plan, or the part of it that changed with its neighbours.
        profile: Says the band, how grave each rule is, and how far stations reach.
        stations: Points of service stations in the plan's metres; None: not known.
        grids: Only findings that touch these grids, and those of ground in no grid.
        no_border: Kinds of lines that no border needs to lie on.
        names: What compounds and communities are called, by code.
        beyond: Rows of the plan's grids that are not in this part of it.
    """
    subject = of_net(
        net, limits=limits_of(profile), stations=stations, no_border=no_border, names=names
    )
    if beyond is not None:
        subject = replace(subject, beyond=beyond)
    found = findings_of(subject, profile=profile, crs=net.units.crs)
    if grids is None:
        return found
    wanted = set(grids)
    return [one for one in found if not one.ids or wanted & set(one.ids)]


def findings_of(subject: Subject, *, profile: Profile, crs: Any) -> list[Finding]:
    """What every rule finds: the gravest first, rule by rule, the largest of each first.

    Args:
        subject: What is looked at.
        profile: Says how grave each rule is.
        crs: The subject's metres.
    """
    pairs = [(rule.RULE, found) for rule in RULES for found in rule.find(subject)]
    places = _places([found.place for _, found in pairs], crs)
    found = [
        Finding(
            rule,
            "note" if it.slight else profile.plans.severity(rule),
            where,
            tuple(_plain(one) for one in it.ids),
            it.numbers,
            it.params,
            it.mends,
        )
        for (rule, it), where in zip(pairs, places, strict=True)
    ]
    weight = {name: place for place, name in enumerate(SEVERITIES)}
    turn = {rule.RULE: place for place, rule in enumerate(RULES)}
    return sorted(
        found, key=lambda one: (weight[one.severity], turn[one.rule], *(-it for it in _size(one)))
    )


def _size(finding: Finding) -> tuple[float, float]:
    """How much of a fault it is, as far as its rule measures that; compounds stay in order."""
    numbers = finding.numbers
    if "compound" in numbers:
        return 0.0, 0.0
    if finding.rule == too_small.RULE:
        return -float(numbers["households"]), 0.0
    if finding.rule == other_net.RULE:
        return -float(numbers["share"]), 0.0
    first = numbers.get("length_m", numbers.get("households"))
    return float(first or 0.0), float(numbers.get("area_m2", 0.0))


@cache
def _to_degrees(wkt: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(wkt, 4326, always_xy=True)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _places(shapes: list[Any], crs: Any) -> list[Where]:
    """Points and boxes in WGS 84, all at once."""
    if not shapes:
        return []
    array = np.array(shapes, dtype=object)
    array[shapely.is_missing(array) | shapely.is_empty(array)] = shapely.Point(0, 0)
    inner = shapely.get_coordinates(shapely.point_on_surface(array))
    west, south, east, north = shapely.bounds(array).T
    to = _to_degrees(pyproj.CRS(crs).to_wkt())
    lon, lat = to.transform(inner[:, 0], inner[:, 1])
    corners = [to.transform(x, y) for x in (west, east) for y in (south, north)]
    xs, ys = np.array([it[0] for it in corners]), np.array([it[1] for it in corners])
    boxes = np.stack((xs.min(axis=0), ys.min(axis=0), xs.max(axis=0), ys.max(axis=0)), axis=1)
    return [
        Where(x, y, (box[0], box[1], box[2], box[3]))
        for x, y, box in zip(
            lon.round(7).tolist(), lat.round(7).tolist(), boxes.round(7).tolist(), strict=True
        )
    ]
