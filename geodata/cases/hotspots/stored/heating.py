"""The density surface of the stored cases, per km² or per 10,000 households."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.accounts import Actor, require
from geodata.cases.hotspots.cells import Grid, count_on_grid
from geodata.cases.hotspots.density import density
from geodata.cases.hotspots.stored import bases as spots
from geodata.cases.hotspots.stored.ground import WORLD
from geodata.cases.hotspots.stored.spotting import (
    LAYERS,
    MOST_CELLS,
    Asked,
    kept,
    nullable,
    read_period,
)
from geodata.cases.querying import check
from geodata.errors import InvalidInput

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.profiles import Profile


def get_heat(
    database: Database, actor: Actor, profile: Profile, asked: Asked, *, radius: float
) -> dict[str, Any]:
    """The surface on cells within ``radius`` metres of a case; what ``/api/v1/heat`` answers.

    ``asked.base`` says per what; periods before are not looked at.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: kinds that nobody uses, a radius below the side of a cell, too many cells.
        NotFound: an area that never was.
    """
    require(actor, "see_map")
    asked = replace(asked, earlier=0, by="cells").at(datetime.now(UTC))
    versions = tuple(sorted(database.versions(list(LAYERS)).items()))
    key = ("heat", database.url, versions, asked, radius, profile.timezone)
    return kept.get(key, lambda: _made(database, profile, asked, radius))


def _made(database: Database, profile: Profile, asked: Asked, radius: float) -> dict[str, Any]:
    grid = Grid(asked.cell)
    with database.read() as connection:
        check(connection, asked.wanted, profile)
        ground = spots.ground_of(connection)
        places, _categories = read_period(connection, profile, asked, ground)
        homes = None
        if asked.base == "households":
            homes = spots.read_homes(connection, ground, at=asked.limits[-1], side=asked.cell)
    counted = count_on_grid(places.x, places.y, grid)
    ids, counts = counted.cells, counted.counts[0]
    cells = ids
    for _ring in range(int(np.ceil(radius / asked.cell))):
        cells = grid.around(cells)
        if len(cells) > MOST_CELLS:
            raise InvalidInput(
                "Cells of %(size)s metres are too small for so large an area; take larger ones.",
                size=asked.cell,
            )
    on = np.zeros(len(cells))
    on[np.searchsorted(cells, ids)] = counts
    households = None if homes is None else homes.on(grid, cells)
    found = density(cells, on, grid, radius=radius, households=households)
    column, row = grid.columns_rows(cells)
    per_km2 = found.per_km2 * ground.true_size(grid.centres(cells)[:, 1])
    answer: dict[str, Any] = {
        "base": asked.base,
        "each_report": asked.each_report,
        "cell": asked.cell,
        "radius": radius,
        "since": asked.limits[-2].isoformat(),
        "until": asked.limits[-1].isoformat(),
        "cases": int(counts.sum()),
        "cells": {
            "side": asked.cell / ground.unit / WORLD,
            "column": column.tolist(),
            "row": row.tolist(),
            "cases": on.astype(int).tolist(),
            "per_km2": per_km2.round(4).tolist(),
        },
    }
    if found.per_households is not None:
        answer["cells"]["per_households"] = nullable(found.per_households.round(3))
    return answer
