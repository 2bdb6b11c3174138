"""Cases as bare points for a map that leaves the house: where, when, of what kind, in what state.

No number, no title, no description, no address, no reporter: nothing of it is read, so nothing
of it can leave.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np

from geodata.accounts import Actor, require
from geodata.cases import store
from geodata.cases.filters import CaseFilter
from geodata.cases.map.columns import NONE
from geodata.cases.querying import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.database import Database
    from geodata.profiles import Profile

MOST: Final = 50_000
"""So many cases are given at most; of more, the newest."""
_PLACED: Final = "c.geom is not null"


@dataclass(frozen=True)
class Amount:
    """How many cases meet the conditions, and how many of them have a place."""

    total: int
    placed: int


@dataclass(frozen=True)
class Plot:
    """The points: ``category``, ``state``, ``reported_at`` and ``geometry`` (WGS 84).

    ``since`` is None if all that have a place are there; else those reported after it are.
    """

    points: gpd.GeoDataFrame
    total: int
    placed: int
    since: datetime | None


NO_CASES: Final = Plot(
    gpd.GeoDataFrame(
        {"category": [], "state": [], "reported_at": np.array([], "datetime64[s]")},
        geometry=[],
        crs=4326,
    ),
    total=0,
    placed=0,
    since=None,
)


def amount(database: Database, actor: Actor, profile: Profile, wanted: CaseFilter) -> Amount:
    """How many there are.

    Raises:
        InvalidInput, NotFound: the conditions make no sense.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    with database.read() as connection:
        check(connection, wanted, profile)
        where, values = _conditions(wanted, profile)
        total = store.number(connection, where, values)
        return Amount(total, store.number(connection, f"({where}) and {_PLACED}", values))


def plot(
    database: Database, actor: Actor, profile: Profile, wanted: CaseFilter, *, most: int = MOST
) -> Plot:
    """The cases that have a place, at most so many, the newest of more.

    Raises:
        InvalidInput, NotFound: the conditions make no sense.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    with database.read() as connection:
        check(connection, wanted, profile)
        where, values = _conditions(wanted, profile)
        total = store.number(connection, where, values)
        where = f"({where}) and {_PLACED}"
        placed = store.number(connection, where, values)
        since = None
        if placed > most:
            # The case at place ``most`` is the first left out, and all of its moment with it.
            since = store.nth_newest(connection, where, values, most)
            where, values = (
                f"({where}) and c.reported_at > :left_out",
                {**values, "left_out": since},
            )
        known = {
            name: sorted({row[name] for row in store.kinds(connection, where, values)})
            for name in ("category", "state")
        }
        none: dict[str, Sequence[str]] = dict.fromkeys(("source", "area", "grid", "compound"), ())
        columns = store.read_columns(connection, where, values, {**known, **none})
    return Plot(_frame(columns, known), total, placed, since)


def until(wanted: CaseFilter, moment: datetime | None) -> CaseFilter:
    """The same conditions for the district of a moment: nothing reported after it."""
    if moment is None or (wanted.until is not None and wanted.until <= moment):
        return wanted
    return replace(wanted, until=max(moment, wanted.since) if wanted.since else moment)


def _conditions(wanted: CaseFilter, profile: Profile) -> tuple[str, dict[str, Any]]:
    return store.conditions(
        wanted,
        open_states=profile.open_states,
        timezone=profile.timezone,
        now=datetime.now(UTC),
    )


def _frame(columns: store.Columns, known: dict[str, list[str]]) -> gpd.GeoDataFrame:
    placed = columns["lon"] != NONE
    lon, lat = (columns[name][placed].astype(float) / 1e7 for name in ("lon", "lat"))
    minutes = columns["reported"][placed].astype("datetime64[m]")
    kinds = {
        name: np.array([*words, ""], dtype=object)[
            np.minimum(columns[name][placed], len(words)).astype(int)
        ]
        for name, words in known.items()
    }
    points = gpd.points_from_xy(lon, lat)
    frame = gpd.GeoDataFrame(kinds, geometry=points, crs=4326)
    return frame.assign(reported_at=minutes.astype("datetime64[s]")).assign(
        reported_at=lambda made: made["reported_at"].dt.tz_localize("UTC")
    )
