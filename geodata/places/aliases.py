"""Words that people taught for places: given, listed, ended and never deleted.

One word may be taught for two places; an address with it is doubtful then, and whoever teaches
the second is told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from geodata.accounts import record, require
from geodata.errors import InvalidInput, NotFound
from geodata.places.address_book import ALIASES
from geodata.places.spots import Spot, names_of, spot
from geodata.places.tables import place_aliases

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database, Transaction

LONGEST: Final = 60
MOST: Final = 2_000
_GENERAL: Final = frozenset(
    {"小区", "社区", "街道", "单元", "号楼", "家属院", "宿舍", "大院", "广场", "公园", "学校"}
    | {
        "超市",
        "市场",
        "医院",
        "幼儿园",
        "小学",
        "中学",
        "门口",
        "附近",
        "对面",
        "旁边",
        "楼下",
        "路口",
    }
)
"""What no place alone is called."""


@dataclass(frozen=True)
class Alias:
    """A taught word; ``others`` counts the other places that it is taught for now."""

    id: int
    word: str
    reading: str
    kind: str
    code: str | None
    name: str
    taught_by: str
    taught_at: datetime
    case_id: int | None
    ended_at: datetime | None
    ended_by: str | None
    others: int


def reading_of(word: str) -> str:
    """The word as addresses are compared.

    Raises:
        InvalidInput: too short, too long, or a word that many places share.
    """
    from geodata.places.addressing.reading import clean  # noqa: PLC0415 - heavy

    reading = clean(word).strip(",")
    if not 2 <= len(reading) <= LONGEST or reading.isdigit() or reading in _GENERAL:
        raise InvalidInput(
            "“%(word)s” cannot be taught: give the 2 to %(most)s signs by which people name this "
            "one place.",
            word=word[:LONGEST],
            most=LONGEST,
        )
    return reading


def teach(
    tx: Transaction, actor: Actor, word: str, spot: Spot, *, case: int | None
) -> tuple[int, str]:
    """Enter that people call a place so; what is known already is not entered twice.

    A building's word is its compound's; of a building in none, and of a mere point, the word is
    the point's. The caller has checked the actor's right.

    Returns:
        The number of the alias, and its reading.

    Raises:
        InvalidInput: the word will not do.
    """
    reading = reading_of(word)
    values: dict[str, Any] = {
        "word": word.strip(), "reading": reading, "taught_by": actor.name, "case_id": case,
    }  # fmt: skip
    kind, code = _meant(spot)
    if code is None:
        values |= {"kind": "point", "geom": f"SRID=4326;POINT({spot.lon} {spot.lat})"}
        at = sa.func.ST_GeomFromEWKT(values["geom"])
        known = (
            sa.select(place_aliases.c.id)
            .where(place_aliases.c.reading == reading, place_aliases.c.ended_at.is_(None))
            .where(place_aliases.c.kind == "point")
            .where(sa.func.ST_DistanceSphere(place_aliases.c.geom, at) < 1)
        )
        number = tx.connection.execute(known.limit(1)).scalar_one_or_none()
        query = insert(place_aliases).values(**values)
    else:
        values |= {"kind": kind, "code": code}
        number = None
        query = insert(place_aliases).values(**values).on_conflict_do_nothing()
    if number is None:
        number = tx.connection.execute(query.returning(place_aliases.c.id)).scalar_one_or_none()
        if number is not None:
            tx.changed(ALIASES, str(number), "added", kind=values["kind"], place=code)
            record(tx, actor, "taught_alias", f"aliases/{number}", place=code)
    if number is None:
        known = sa.select(place_aliases.c.id).where(
            place_aliases.c.reading == reading,
            place_aliases.c.kind == kind,
            place_aliases.c.code == code,
            place_aliases.c.ended_at.is_(None),
        )
        number = tx.connection.execute(known).scalar_one()
    return int(number), reading


def aliases(database: Database, actor: Actor, *, ended: bool = False) -> list[Alias]:
    """The words that are taught, the newest first; with ``ended`` those that count no more, too.

    Raises:
        NotAllowed: the role handles no cases.
    """
    require(actor, "handle_case")
    table = place_aliases.c
    query = sa.select(
        *(table[name] for name in Alias.__dataclass_fields__ if name in table)
    ).order_by(table.id.desc())
    if not ended:
        query = query.where(table.ended_at.is_(None))
    with database.read() as connection:
        rows = [dict(row) for row in connection.execute(query.limit(MOST)).mappings()]
        names = names_of(connection, {(row["kind"], row["code"]) for row in rows if row["code"]})
    now = Counter(row["reading"] for row in rows if row["ended_at"] is None)
    return [
        Alias(
            **row,
            name=names.get((row["kind"], row["code"]), ""),
            others=max(0, now[row["reading"]] - 1) if row["ended_at"] is None else 0,
        )
        for row in rows
    ]


def add(database: Database, actor: Actor, word: str, *, kind: str, code: str) -> tuple[int, int]:
    """Teach by hand that people call a place so; what is known already stays as it is.

    Returns:
        The number of the alias, and for how many other places its word is taught now.

    Raises:
        NotAllowed: the role handles no cases, or the place lies outside the areas of duty.
        NotFound: no such place stands.
        InvalidInput: the word will not do.
    """
    require(actor, "handle_case")
    reading_of(word)
    with database.begin() as tx:
        place = None if kind == "point" else spot(tx.connection, kind, code)
        if place is None:
            raise NotFound("No such place stands any more: choose another.")
        require(actor, "handle_case", area_codes=[place.area], connection=tx.connection)
        number, reading = teach(tx, actor, word, place, case=None)
        others = sa.select(sa.func.count()).where(
            place_aliases.c.reading == reading,
            place_aliases.c.ended_at.is_(None),
            place_aliases.c.id != number,
        )
        return number, int(tx.connection.execute(others).scalar_one())


def end_alias(database: Database, actor: Actor, number: int) -> None:
    """Let a taught word count no more; cases that it placed stay where they are.

    Raises:
        NotAllowed: the role handles no cases, or has areas of duty: words count everywhere.
        NotFound: no such word, or it counts no more already.
    """
    require(actor, "handle_case", area_codes=[None])
    if not 0 < number < 2**63:
        raise NotFound("There is no taught word %(number)s.", number=str(number))
    with database.begin() as tx:
        done = tx.connection.execute(
            sa.update(place_aliases)
            .where(place_aliases.c.id == number, place_aliases.c.ended_at.is_(None))
            .values(ended_at=sa.func.now(), ended_by=actor.name)
        )
        if not done.rowcount:
            raise NotFound("There is no taught word %(number)s.", number=str(number))
        tx.changed(ALIASES, str(number), "ended")
        record(tx, actor, "ended_alias", f"aliases/{number}")


def _meant(spot: Spot) -> tuple[str, str | None]:
    """Kind and code of what the word is for; no code: the point itself."""
    if spot.kind == "building" and spot.compound is not None:
        return "compound", spot.compound
    if spot.kind == "street":
        return "street", spot.name
    if spot.kind in {"building", "point"}:
        return "point", None
    return spot.kind, spot.code
