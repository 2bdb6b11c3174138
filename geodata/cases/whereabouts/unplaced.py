"""Cases that wait for a place: the queue, and what the address of one can mean.

Their addresses are read by those who may read them, and that is entered in the audit trail. Whoever
has areas of duty sees the cases that are known to lie in one; the others wait for the centre.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.cases import store
from geodata.cases.querying import page_key, page_mark
from geodata.cases.whereabouts import addresses
from geodata.errors import NotFound
from geodata.places.address_book import book_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.places.addressing import Candidate, Match
    from geodata.profiles import Profile

STATES: Final = ("doubtful", "none")
PARTS: Final = ("county", "office", "community", "street", "house", "compound", "building", "unit")
"""Parts of an address that are told as read."""

_WAITING: Final = """
    c.geom is null and c.joined_to is null and c.state = any(cast(:open as text[]))
    and (cast(:duty as text[]) is null or c.area_code = any(cast(:duty as text[])))
"""


@dataclass(frozen=True)
class Queue:
    """Cases that wait, newest first, with how many wait of each kind."""

    cases: list[dict[str, Any]]
    counts: dict[str, int]
    after: str | None


@dataclass(frozen=True)
class Meanings:
    """What the address of a case can mean.

    ``read`` are the parts of the address; ``word`` is what names the place in it, to be taught.
    """

    case: dict[str, Any]
    verdict: str
    read: dict[str, str]
    word: str
    candidates: list[dict[str, Any]]


def count_unplaced(database: Database, actor: Actor, profile: Profile) -> dict[str, int]:
    """How many open cases wait for a place: ``all``, and by what their address came to.

    Also has the places read for addresses, beside the work: who counts will soon ask.

    Raises:
        NotAllowed: the role handles no cases.
    """
    require(actor, "handle_case")
    book_of(database).prepare(database, profile.smallest_level.key)
    with database.read() as connection:
        return _counts(connection, _bound(connection, actor, profile))


def unplaced(
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    state: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Queue:
    """The cases that wait for a place, newest first, with their words.

    Args:
        database: Where they are.
        actor: Who asks; needs the right to handle cases and to read texts.
        profile: Says which states are open.
        state: Only ``doubtful`` ones, or those of which the address says nothing: ``none``.
        after: The key that the page before gave.
        limit: How many at most.

    Raises:
        NotAllowed: the role handles no cases.
        InvalidInput: a key that is none.
    """
    require(actor, "handle_case")
    require(actor, "see_personal")
    key = None if after is None else page_key(after)
    where = _WAITING
    if state is not None:
        where += " and coalesce(c.place_state, 'none') = :state"
    if key is not None:
        where += " and (c.reported_at, c.id) < (:after_at, :after_id)"
    query = sa.text(
        "select c.id, c.external_id, c.source, c.category, c.state, c.reported_at, c.due_at,"  # noqa: S608
        " c.area_code, c.revision, c.address, c.title, c.place_score,"
        " coalesce(c.place_state, 'none') as place_state"
        f" from cases c where {where} order by c.reported_at desc, c.id desc limit :limit"
    )
    with database.read() as connection:
        bound = _bound(connection, actor, profile)
        counts = _counts(connection, bound)
        more: dict[str, Any] = {"state": state, "limit": limit + 1}
        if key is not None:
            more |= {"after_at": key[0], "after_id": key[1]}
        rows = [dict(row) for row in connection.execute(query, bound | more).mappings()]
    shown = rows[:limit]
    if shown:
        with database.begin() as tx:
            numbers = [row["id"] for row in shown]
            record(tx, actor, "read_personal", "cases", count=len(numbers), ids=numbers)
    return Queue(shown, counts, page_mark(shown[-1]) if len(rows) > limit else None)


def meanings(database: Database, actor: Actor, profile: Profile, number: int) -> Meanings:
    """What the address of a case can mean, the likeliest first; also of one that has a place.

    Raises:
        NotFound: no such case.
        NotAllowed: the role, or the area of duty.
    """
    require(actor, "handle_case")
    require(actor, "see_personal")
    query = sa.text(
        "select id, address, revision, area_code, place_state, place_score, joined_to,"
        " st_x(geom) as lon, st_y(geom) as lat from cases where id = :number"
    )
    with database.read() as connection:
        known = 0 < number < 2**63
        row = connection.execute(query, {"number": number}).mappings().first() if known else None
        if row is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        require(actor, "handle_case", area_codes=[row["area_code"]], connection=connection)
    case = dict(row)
    match = addresses.matched(database, profile, case["address"])
    with database.begin() as tx:
        record(tx, actor, "read_personal", f"cases/{number}")
    read = asdict(match.address)
    return Meanings(
        case,
        match.verdict,
        {part: read[part] for part in PARTS if read[part]},
        _word(match),
        [_told(candidate) for candidate in match.candidates],
    )


def _told(candidate: Candidate) -> dict[str, Any]:
    kind, code = addresses.kind_and_code(candidate)
    return asdict(candidate) | {"kind": kind, "code": code}


def _word(match: Match) -> str:
    """What names the place in the address; the street where no compound is named."""
    return match.address.compound or match.address.street


def _bound(connection: Connection, actor: Actor, profile: Profile) -> dict[str, Any]:
    duty = sorted(store.areas_below(connection, sorted(actor.areas))) if actor.areas else None
    return {"open": sorted(profile.open_states), "duty": duty}


def _counts(connection: Connection, bound: dict[str, Any]) -> dict[str, int]:
    query = sa.text(
        "select coalesce(c.place_state, 'none') as state, count(*) as number"  # noqa: S608
        f" from cases c where {_WAITING} group by 1"
    )
    found = {row.state: int(row.number) for row in connection.execute(query, bound)}
    told = {state: found.get(state, 0) for state in STATES}
    return {"all": sum(found.values()), **told}
