"""What everybody may know of a case by the code that its reporter was given: how far it has come.

No text of anybody, no names, no place: only the number, what it is about, and its stations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from geodata.cases.steps import store as steps
from geodata.cases.tables import case_reporters, case_steps
from geodata.errors import NotFound

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.profiles import Profile

_CODE: Final = re.compile(r"[A-Za-z0-9_-]{8,40}")


@dataclass(frozen=True)
class Station:
    """A state that a case came into, and when."""

    state: str
    at: datetime


@dataclass(frozen=True)
class Followed:
    """A case as its reporter may see it.

    Attributes:
        number: Of the case that was reported.
        category: A category key.
        state: The state that it is in now, or that of the case it was joined with.
        closed: Whether it is over.
        late: Whether it is open past its time.
        reported_at: When this reporter told of it.
        due_at: By when it should be done; None: no limit.
        stations: The states that it came into, the first first, each once in a row.
        joined: Whether others have reported the same, and it is handled with theirs.
    """

    number: int
    category: str
    state: str
    closed: bool
    late: bool
    reported_at: datetime
    due_at: datetime | None
    stations: tuple[Station, ...]
    joined: bool


def follow(database: Database, profile: Profile, code: str) -> Followed:
    """The case of that code; nobody needs an account for it.

    Raises:
        NotFound: no such code.
    """
    with database.read() as connection:
        query = sa.select(case_reporters.c.case_id, case_reporters.c.at)
        row = (
            connection.execute(query.where(case_reporters.c.follow_code == code)).one_or_none()
            if _CODE.fullmatch(code)
            else None
        )
        own = None if row is None else steps.seen(connection, row.case_id)
        if row is None or own is None:
            raise NotFound("Nothing was reported under this code; look at it again.")
        case = own
        if own["joined_to"] is not None:
            case = steps.seen(connection, own["joined_to"]) or own
        entries = connection.execute(
            sa.select(case_steps.c.to_state, case_steps.c.at)
            .where(case_steps.c.case_id == case["id"], case_steps.c.to_state.is_not(None))
            .order_by(case_steps.c.id)
        ).all()
        now = connection.execute(sa.select(sa.func.now())).scalar_one()
    stations: list[Station] = []
    for state, at in entries:
        if not stations or stations[-1].state != state:
            stations.append(Station(state, at))
    is_open = case["state"] in profile.open_states
    return Followed(
        number=own["id"],
        category=case["category"],
        state=case["state"],
        closed=not is_open,
        late=is_open and case["due_at"] is not None and case["due_at"] < now,
        reported_at=row.at,
        due_at=case["due_at"],
        stations=tuple(stations) or (Station(case["state"], case["reported_at"]),),
        joined=case["id"] != own["id"],
    )
