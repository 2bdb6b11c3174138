"""All cases without a place at once: the sure ones placed by their addresses, the others queued.

For tickets that came before their compounds did, or before somebody taught their words. Closed
cases are placed, too: they count on the map and in hotspots. Part after part is a transaction of
its own; what is done when it is stopped, or killed, stays, and the next time goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.cases import store
from geodata.cases.tables import case_steps
from geodata.cases.whereabouts import addresses
from geodata.places.address_book import book_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.accounts import Actor
    from geodata.cases.whereabouts.addresses import Found
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

AT_ONCE: Final = 1_000
WAITING: Final = "c.geom is null and c.joined_to is null and c.address ~ '\\S'"
"""Cases without a place whose address could say it; ``c`` is the case."""


@dataclass(frozen=True)
class Told:
    """What became of the addresses that were looked at.

    Attributes:
        looked: How many cases were looked at.
        placed: How many have a place now.
        doubtful: How many wait in the queue with candidates.
        none: How many addresses say nothing.
        whole: How many there were to look at.
        stopped: Whether somebody stopped it before the end.
    """

    looked: int = 0
    placed: int = 0
    doubtful: int = 0
    none: int = 0
    whole: int = 0
    stopped: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def place_all(
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    told: Callable[[Told], None] = lambda _so_far: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Told:
    """Place all cases without a place whose addresses are sure; gives what became of them.

    Who has areas of duty places cases that are known to lie there, and only into them.

    Raises:
        NotAllowed: the role handles no cases.
    """
    require(actor, "handle_case")
    book = book_of(database)
    book.settle()
    book.prepare(database, profile.smallest_level.key)
    book.settle()
    with database.read() as connection:
        duty = store.areas_below(connection, sorted(actor.areas)) if actor.areas else None
        so_far = Told(whole=_count(connection, duty))
    last: tuple[datetime, int] | None = None
    while not cancelled():
        with database.read() as connection:
            rows = _next(connection, duty, last)
        if not rows:
            return so_far
        last = (rows[-1].reported_at, rows[-1].id)
        found = addresses.find(database, profile, [row.address for row in rows])
        if duty is not None:
            found = [_within(one, duty) for one in found]
        by_case = {row.id: (row.address, one) for row, one in zip(rows, found, strict=True)}
        with database.begin() as tx:
            placed = _store(tx, actor, profile, by_case)
        states = [one.state for one in found]
        so_far = replace(
            so_far,
            looked=so_far.looked + len(rows),
            placed=so_far.placed + placed,
            doubtful=so_far.doubtful + states.count("doubtful"),
            none=so_far.none + states.count("none"),
        )
        so_far = replace(so_far, whole=max(so_far.whole, so_far.looked))
        told(so_far)
    return replace(so_far, stopped=True)


def anything_waits(connection: Connection) -> bool:
    """Whether there is a case that could find its place by its address."""
    query = sa.text(f"select exists (select from cases c where {WAITING})")  # noqa: S608
    return bool(connection.execute(query).scalar_one())


# --- inside ----------------------------------------------------------------------------------


def _count(connection: Connection, duty: frozenset[str] | None) -> int:
    query = sa.text(f"select count(*) from cases c where {WAITING} {_DUTY}")  # noqa: S608
    return int(connection.execute(query, _bound(duty)).scalar_one())


_DUTY: Final = "and (cast(:duty as text[]) is null or c.area_code = any(cast(:duty as text[])))"


def _bound(duty: frozenset[str] | None) -> dict[str, Any]:
    return {"duty": None if duty is None else sorted(duty)}


def _next(
    connection: Connection, duty: frozenset[str] | None, last: tuple[datetime, int] | None
) -> Sequence[Any]:
    """The newest first: they are waited for most."""
    more = "" if last is None else "and (c.reported_at, c.id) < (:at, :id)"
    query = sa.text(
        f"select c.id, c.reported_at, c.address from cases c where {WAITING} {_DUTY} {more}"  # noqa: S608
        " order by c.reported_at desc, c.id desc limit :limit"
    )
    bound = _bound(duty) | {"limit": AT_ONCE}
    if last is not None:
        bound |= {"at": last[0], "id": last[1]}
    return connection.execute(query, bound).all()


def _within(found: Found, duty: frozenset[str]) -> Found:
    """A place outside of the areas of duty is for somebody else to say."""
    if found.area is None or found.area in duty:
        return found
    return replace(found, state="doubtful", lon=None, lat=None, area=None)


def _store(
    tx: Transaction, actor: Actor, profile: Profile, by_case: dict[int, tuple[str, Found]]
) -> int:
    """Write what was found of cases that still wait with the same words; how many were placed."""
    query = sa.text(
        f"select c.id, c.address, c.state from cases c"  # noqa: S608
        f" where c.id = any(:ids) and {WAITING} order by c.id for update"
    )
    locked = tx.connection.execute(query, {"ids": sorted(by_case)}).all()
    same = {row.id: row.state for row in locked if by_case[row.id][0] == row.address}
    sure = {number: by_case[number][1] for number in same if by_case[number][1].state == "sure"}
    other = {number: by_case[number][1] for number in same if number not in sure}
    if sure:
        _place(tx, profile, sure)
        tx.connection.execute(
            sa.insert(case_steps),
            [
                {
                    "case_id": number,
                    "user_id": actor.user_id,
                    "actor": actor.name,
                    "kind": "place",
                    "from_state": same[number],
                    "to_state": same[number],
                    "details": {**found.why, "how": "address"},
                }
                for number, found in sure.items()
            ],
        )
        record(tx, actor, "placed_cases", "cases", cases=len(sure))
    moved = _queue(tx, other) if other else 0
    if sure or moved:
        tx.changed("cases", None, "changed", placed=len(sure), queued=moved)
    return len(sure)


_HELD: Final = """(select l.code from {layer} l where l.held @> c.reported_at {more}
    and st_intersects(l.geom, p.point) order by l.code limit 1)"""


def _place(tx: Transaction, profile: Profile, sure: dict[int, Found]) -> None:
    """Into the areas that stood on the day of each report."""
    area = _HELD.format(layer="areas", more="and l.level = :level")
    grid, compound = (_HELD.format(layer=layer, more="") for layer in ("grids", "compounds"))
    query = sa.text(
        f"""
        update cases set geom = f.point, area_code = f.area, grid_code = f.grid,
            compound_code = f.compound, place_state = 'sure', place_score = f.score,
            revision = revision + 1, updated_at = clock_timestamp()
        from (
            select c.id, p.point, a.score, {area} as area, {grid} as grid, {compound} as compound
            from unnest(cast(:ids as bigint[]), cast(:lons as float8[]), cast(:lats as float8[]),
                        cast(:scores as float8[])) as a (id, lon, lat, score)
            join cases c on c.id = a.id,
            lateral (select st_setsrid(st_point(a.lon, a.lat), 4326) as point) p
        ) f
        where cases.id = f.id
        """  # noqa: S608
    )
    bound: dict[str, Any] = {"ids": list(sure), "level": profile.smallest_level.key}
    bound["lons"] = [one.lon for one in sure.values()]
    bound["lats"] = [one.lat for one in sure.values()]
    bound["scores"] = [one.score for one in sure.values()]
    tx.connection.execute(query, bound)


def _queue(tx: Transaction, other: dict[int, Found]) -> int:
    """Keep what an address came to, where that is new; a known community stays."""
    query = sa.text(
        """
        update cases set place_state = a.state, place_score = a.score,
            area_code = coalesce(area_code, a.area), updated_at = clock_timestamp()
        from jsonb_to_recordset(cast(:told as jsonb))
            as a (id bigint, state text, score real, area text)
        where cases.id = a.id and (cases.place_state, cases.place_score)
            is distinct from (a.state, a.score)
        """
    )
    told = [
        {"id": number, "state": one.state, "score": one.score, "area": one.area}
        for number, one in other.items()
    ]
    return tx.connection.execute(query, {"told": orjson.dumps(told).decode()}).rowcount
