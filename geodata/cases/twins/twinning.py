"""Twins of a case as they stand in the database, and the cases that are one with it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.cases.store import areas_below
from geodata.cases.twins.likeness import Told, likely
from geodata.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

WORLD: Final = 2**30
EARTH_METRES: Final = 40_075_016.7
"""Round the equator."""
MOST_COMPARED: Final = 60
MOST_WAITING: Final = 200

_CASE: Final = """
    select id, source, category, state, reported_at, title, description, address, area_code,
           joined_to, revision, reports, mx, my, st_x(geom) as lon, st_y(geom) as lat
    from cases where id = :number
"""
NEAR: Final = """
    with near as materialized (
        select id from cases
        where reported_at between :first and :last
          and mx between :west and :east and my between :north and :south
          and id <> :number and state = any(cast(:open as text[]))
    )
    select c.id, c.source, c.category, c.state, c.reported_at, c.title, c.description, c.address,
           c.area_code, c.revision, c.reports,
           st_distancesphere(c.geom, st_setsrid(st_point(:lon, :lat), 4326)) as metres
    from near join cases c using (id)
    where not exists (select from case_partings p
                      where p.low = least(c.id, cast(:number as bigint))
                        and p.high = greatest(c.id, cast(:number as bigint)))
    order by metres, c.id limit :most
"""
"""Cases round a place and a time. All that ``near`` asks stands in one index, so that the days'
other cases are not read."""
_WAITING: Final = """
    select c.id, c.source, c.category, c.state, c.reported_at, c.title, c.description, c.address,
           c.area_code, c.revision, c.reports, null as metres
    from cases c
    where c.geom is null and c.joined_to is null and c.reported_at between :first and :last
      and c.id <> :number and c.state = any(cast(:open as text[])) and c.address <> ''
      and not exists (select from case_partings p
                      where p.low = least(c.id, cast(:number as bigint))
                        and p.high = greatest(c.id, cast(:number as bigint)))
    order by c.reported_at desc, c.id limit :most
"""
_MEMBERS: Final = """
    select id, source, category, reported_at, revision, joined_state from cases
    where joined_to = :number order by id
"""


@dataclass(frozen=True)
class Kin:
    """What is one with a case, or likely is.

    ``twins`` are offered; ``members`` are joined to it; ``leader`` is the case that it is joined
    to. ``words`` of twins are there for those who may read texts of both.
    """

    revision: int
    leader: int | None
    members: list[dict[str, Any]]
    twins: list[dict[str, Any]]
    may_join: bool


def kin_of(database: Database, actor: Actor, profile: Profile, number: int) -> Kin:
    """Likely twins of a case, and what it is joined with.

    Titles of twins are given to those who may read them; that reading is audited.

    Raises:
        NotFound: no such case.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    with database.read() as connection:
        known = 0 < number < 2**63
        found = connection.execute(sa.text(_CASE), {"number": number}) if known else None
        row = None if found is None else found.mappings().one_or_none()
        if row is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        case = dict(row)
        members = [
            dict(one)
            for one in connection.execute(sa.text(_MEMBERS), {"number": number}).mappings()
        ]
        alone = case["joined_to"] is None and case["state"] in profile.open_states
        near = round_about(connection, case, profile) if alone else []
        duty = areas_below(connection, sorted(actor.areas)) if actor.areas else None
    texts = actor.may("see_personal")
    twins = []
    for twin in likely(_told(case), (_told(one) for one in near), profile.twins):
        other = next(one for one in near if one["id"] == twin.id)
        permitted = texts and (duty is None or other["area_code"] in duty)
        twins.append(
            {name: other[name] for name in ("source", "state", "category", "reported_at")}
            | {"revision": other["revision"], "reports": other["reports"]}
            | asdict(twin)
            | {"title": other["title"] if permitted else None}
        )
    read = [one["id"] for one in twins if one["title"]]
    if read:
        with database.begin() as tx:
            record(tx, actor, "read_personal", "cases", count=len(read), ids=read)
    may = actor.may("handle_case") and (duty is None or case["area_code"] in duty)
    return Kin(case["revision"], case["joined_to"], members, twins, may)


def offered(database: Database, profile: Profile, number: int) -> list[dict[str, Any]]:
    """Likely twins of a case that was just reported: numbers and reasons, no words."""
    with database.read() as connection:
        row = connection.execute(sa.text(_CASE), {"number": number}).mappings().one()
        case = dict(row)
        alone = case["joined_to"] is None and case["state"] in profile.open_states
        near = round_about(connection, case, profile) if alone else []
    return [asdict(twin) for twin in likely(_told(case), map(_told, near), profile.twins)]


def round_about(
    connection: Connection, case: dict[str, Any], profile: Profile
) -> list[dict[str, Any]]:
    """Open cases near a case in place and time; of one without a place those without, too."""
    span = timedelta(hours=profile.twins.hours)
    bound: dict[str, Any] = {
        "number": case["id"],
        "first": case["reported_at"] - span,
        "last": case["reported_at"] + span,
        "open": sorted(profile.open_states),
    }
    if case["lon"] is None:
        query, bound["most"] = _WAITING, MOST_WAITING
    else:
        flat = math.cos(math.radians(min(abs(case["lat"]), 85.0)))
        reach = math.ceil(profile.twins.metres / EARTH_METRES * WORLD / flat)
        query = NEAR
        bound |= {
            "lon": case["lon"], "lat": case["lat"], "most": MOST_COMPARED,
            "west": case["mx"] - reach, "east": case["mx"] + reach,
            "north": case["my"] - reach, "south": case["my"] + reach,
        }  # fmt: skip
    return [dict(row) for row in connection.execute(sa.text(query), bound).mappings()]


def _told(row: dict[str, Any]) -> Told:
    return Told(
        row["id"],
        row["category"],
        row["reported_at"],
        row["title"],
        row["description"],
        row["address"],
        row.get("metres"),
    )
