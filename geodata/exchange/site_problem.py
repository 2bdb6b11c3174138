"""The files of a siting as a problem: who is where, what could be, and the ways between them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from geodata.crs import local_crs
from geodata.errors import InvalidInput
from geodata.exchange.site_wish import SiteWish
from geodata.exchange.spots_in import Spots
from geodata.exchange.street_words import LISTED, Note, apart_note, notes_of_network, shift_note
from geodata.exchange.streets_in import read_streets
from geodata.reach.siting.problem import Problem
from geodata.words import sentence as _


def weights(demand: Spots, column: str) -> tuple[NDArray[np.float64], list[Note]]:
    """How many are where; what is no number counts as nobody, and is told."""
    if column not in demand.frame:
        raise InvalidInput(
            "The file has no column %(column)s; it has %(known)s.",
            column=column,
            known=", ".join(map(str, demand.frame.columns.drop("geometry")[:40])),
        )
    numbers = pd.to_numeric(demand.frame[column], errors="coerce")
    numbers = numbers.replace([np.inf, -np.inf], np.nan)
    unknown = numbers.isna()
    if unknown.all():
        raise InvalidInput("The column %(column)s holds no numbers.", column=column)
    if (numbers < 0).any():
        row = int(demand.rows[int(np.flatnonzero((numbers < 0).to_numpy())[0])])
        raise InvalidInput("Weights cannot be negative, as in row %(row)s.", row=row)
    notes: list[Note] = []
    if unknown.any():
        words = _("%(count)s rows have no number in %(column)s; they count as nobody.")
        notes.append((words, {"count": int(unknown.sum()), "column": column}))
    return numbers.fillna(0.0).to_numpy(dtype=float), notes


def twice(spots: Spots) -> list[Note]:
    """How many candidates lie where another one lies."""
    xy = np.column_stack([spots.frame.geometry.x, spots.frame.geometry.y])
    count = len(xy) - len(np.unique(xy, axis=0))
    if not count:
        return []
    words = _("%(file)s: %(count)s candidates lie where another one lies.")
    return [(words, {"file": spots.filename, "count": count})]


def idle(problem: Problem, candidates: Spots, limit_m: float) -> list[Note]:
    """Which candidates are so far from everybody that they cover nobody."""
    near = problem.metres <= limit_m
    near &= problem.weights[problem.demand] > 0
    rows = np.setdiff1d(np.arange(len(candidates)), problem.candidate[near])
    if not len(rows):
        return []
    names = ", ".join(candidates.names[row] for row in rows[:LISTED])
    words = _("%(file)s: %(count)s candidates have nobody within %(metres)s m: %(names)s.")
    params = {
        "file": candidates.filename,
        "count": len(rows),
        "metres": f"{limit_m:,.0f}",
        "names": names + (" …" if len(rows) > LISTED else ""),
    }
    return [(words, params)]


def choosable(
    wish: SiteWish, problem: Problem, candidates: Spots, joined: NDArray[np.int64]
) -> tuple[Problem, Spots]:
    """The candidates that a street reaches; only they can be chosen."""
    if len(joined) == len(candidates):
        return problem, candidates
    if not len(joined):
        raise InvalidInput(
            "None of the %(count)s candidates is near a street that leads to somebody.",
            count=len(candidates),
        )
    if wish.count is not None and wish.count > len(joined):
        raise InvalidInput(
            "%(count)s places were asked for, but streets reach only %(joined)s of the "
            "%(candidates)s candidates.",
            count=wish.count,
            joined=len(joined),
            candidates=len(candidates),
        )
    kept = replace(
        candidates,
        frame=candidates.frame.iloc[joined].reset_index(drop=True),
        rows=candidates.rows[joined],
        names=tuple(candidates.names[row] for row in joined.tolist()),
        compounds=None,
    )
    return problem.only(joined), kept


def straight(
    weights: NDArray[np.float64],
    demand: Spots,
    candidates: Spots,
    existing: Spots | None,
    limit_m: float,
) -> Problem:
    """The problem as the crow flies."""
    from geodata.reach.siting.costs import straight as flown  # noqa: PLC0415 - scipy

    plane = _plane([demand, candidates] + ([] if existing is None else [existing]))
    people, places = _xy(demand, plane), _xy(candidates, plane)
    ways = flown(people, places, limit_m)
    standing = None
    if existing is not None:
        near = flown(people, _xy(existing, plane), limit_m)
        standing = np.full(len(people), np.inf)
        np.minimum.at(standing, near.demand, near.metres)
    return Problem.of(
        weights,
        ways.demand,
        ways.candidate,
        ways.metres,
        candidates=len(candidates),
        standing=standing,
    )


def walked(
    wish: SiteWish,
    weights: NDArray[np.float64],
    demand: Spots,
    candidates: Spots,
    existing: Spots | None,
    limit_m: float,
    notes: list[Note],
) -> tuple[Problem, NDArray[np.int64]]:
    """The problem along the streets, and rows of the candidates that are joined to them."""
    from geodata.reach.areas.searching import nearest, nearest_at  # noqa: PLC0415 - numba
    from geodata.reach.networks.building import build  # noqa: PLC0415
    from geodata.reach.networks.joining import join  # noqa: PLC0415
    from geodata.reach.siting.costs import walked as ways_of  # noqa: PLC0415

    streets = read_streets(wish.streets or Path(), declared=wish.crs, layer_name=wish.streets_layer)
    network = build(streets.frame)
    notes += [*streets.notes, *notes_of_network(network)]
    graph = network.graph()
    for given in (candidates, demand):
        notes += shift_note(network, given)
    people, places = join(network, demand.frame), join(network, candidates.frame)
    for spots, joints in ((demand, people), (candidates, places)):
        notes += apart_note(spots, joints)
    ways = ways_of(network, graph, people, places, limit_m, count=len(candidates))
    standing = None
    if existing is not None:
        there = join(network, existing.frame)
        notes += apart_note(existing, there)
        found = nearest(graph, network, there)
        standing = nearest_at(
            graph, network, found, people, sources=there, count=len(demand)
        ).metres
    problem = Problem.of(
        weights,
        ways.demand,
        ways.candidate,
        ways.metres,
        candidates=len(candidates),
        standing=standing,
    )
    return problem, np.setdiff1d(np.arange(len(candidates)), places.apart)


def _plane(spots: list[Spots]) -> pyproj.CRS:
    bounds = np.array([one.frame.total_bounds for one in spots])
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    return local_crs((west + east) / 2, (south + north) / 2)


def _xy(spots: Spots, plane: pyproj.CRS) -> NDArray[np.float64]:
    points = spots.frame.geometry.to_crs(plane)
    return np.column_stack([points.x, points.y])
