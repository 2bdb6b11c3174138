"""Reading cases as features, a page at a time, in the order in which they came in.

Free texts, address, reporter and unmapped columns are personal. They are left out unless asked
for; asked for, they are given to those whose role and area of duty permit it, and the reading is
entered in the audit trail, once for a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.cases import store
from geodata.cases.tables import cases
from geodata.errors import InvalidInput, NotFound
from geodata.places.featuring import (
    Box,
    Feature,
    Page,
    Wanted,
    equals,
    estimated_extent,
    geojson,
    read_page,
)

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

OPEN: Final = (
    "id",
    "external_id",
    "source",
    "category",
    "state",
    "reported_at",
    "due_at",
    "updated_at",
    "closed_at",
    "area_code",
    "grid_code",
    "compound_code",
)
PERSONAL: Final = (
    "title",
    "description",
    "address",
    "reporter_name",
    "reporter_telephone",
    "extra",
)


def properties(*, personal: bool = False) -> dict[str, sa.types.TypeEngine[Any]]:
    """The names and types of what a case tells, in order."""
    return {name: cases.c[name].type for name in (*OPEN, *(PERSONAL if personal else ()))}


def features(database: Database, actor: Actor, wanted: Wanted, *, personal: bool = False) -> Page:
    """A page of cases; ``since`` and ``until`` of ``wanted`` are times of report, both inclusive.

    Raises:
        NotAllowed: the actor may not see the map, or asked for personal fields without the right.
        InvalidInput: a property that cases do not have, or a value that it cannot have.
    """
    require(actor, "see_map")
    if wanted.at is not None:
        raise InvalidInput("Cases keep no versions; use datetime for the time of report.")
    if personal:
        require(actor, "see_personal")
    query = _query(personal=personal).where(*equals(cases, properties(), wanted.equal))
    if wanted.since is not None:
        query = query.where(cases.c.reported_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(cases.c.reported_at <= wanted.until)
    with database.read() as connection:
        page = read_page(connection, query, cases, wanted, _feature)
        duty = _duty(connection, actor) if personal else None
    if not personal:
        return page
    given = [one for one in page.features if _on_duty(one, duty)]
    if given:
        with database.begin() as tx:
            record(
                tx,
                actor,
                "read_personal",
                "cases",
                count=len(given),
                first=given[0].identifier,
                last=given[-1].identifier,
            )
    shown = tuple(one if _on_duty(one, duty) else _masked(one) for one in page.features)
    return Page(shown, page.after, page.matched)


def feature(database: Database, actor: Actor, number: int, *, personal: bool = False) -> Feature:
    """One case.

    Raises:
        NotAllowed: the actor may not see the map, or asked for personal fields without the right.
        NotFound: no such case.
    """
    require(actor, "see_map")
    if personal:
        require(actor, "see_personal")
    row = None
    with database.read() as connection:
        if 0 < number < 2**63:
            query = _query(personal=personal).where(cases.c.id == number)
            row = connection.execute(query).mappings().one_or_none()
        duty = _duty(connection, actor) if personal else None
    if row is None:
        raise NotFound("There is no %(layer)s %(code)s.", layer="cases", code=str(number))
    one = _feature(dict(row))
    if not personal:
        return one
    if not _on_duty(one, duty):
        return _masked(one)
    with database.begin() as tx:
        record(tx, actor, "read_personal", f"cases/{number}")
    return one


def extent(database: Database, actor: Actor) -> Box | None:
    """West, south, east, north of all cases, roughly; none when there is none."""
    require(actor, "see_map")
    with database.read() as connection:
        return estimated_extent(connection, cases)


def _query(*, personal: bool) -> sa.Select[Any]:
    columns = [cases.c[name] for name in properties(personal=personal)]
    return sa.select(*columns, geojson(cases.c.geom))


def _feature(row: dict[str, Any]) -> Feature:
    geometry = row.pop("geometry")
    return Feature(row["id"], geometry, row)


def _duty(connection: sa.Connection, actor: Actor) -> frozenset[str] | None:
    """The areas whose personal fields the actor may read; None is everywhere."""
    return store.areas_below(connection, sorted(actor.areas)) if actor.areas else None


def _on_duty(one: Feature, duty: frozenset[str] | None) -> bool:
    return duty is None or one.properties["area_code"] in duty


def _masked(one: Feature) -> Feature:
    hidden = dict.fromkeys(PERSONAL)
    return Feature(one.identifier, one.geometry, {**one.properties, **hidden})
