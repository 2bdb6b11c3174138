"""Looking at drafts: their nets, figures, findings and history, and two of them compared."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.accounts import require
from geodata.errors import Conflict, NotAllowed
from geodata.plans import comparing, examined, laying, store, store_people, store_standing
from geodata.plans.comparing import Comparison
from geodata.plans.drafts import Draft, draft_of, readable, whole
from geodata.plans.figures import reckoning_of
from geodata.plans.findings import Finding
from geodata.plans.net import Net
from geodata.plans.opening import standing_grids
from geodata.plans.surrounding import seen

if TYPE_CHECKING:
    import sqlalchemy as sa

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile


@dataclass(frozen=True)
class Step:
    """One entry of the history.

    ``stands``: undo would take it back sooner or later. ``names`` are those of grids that were
    made, changed or dissolved, ``households`` what each grid got (less than 0: lost), by number.
    """

    revision: int
    at: datetime
    actor: str
    kind: str
    of: int | None
    action: dict[str, Any]
    units: tuple[int, ...]
    grids: tuple[int, ...]
    stands: bool = False
    names: dict[str, str | None] = field(default_factory=dict)
    households: dict[str, int] = field(default_factory=dict)


def drafts(database: Database, actor: Actor, *, limit: int = 200) -> list[Draft]:
    """All that the actor may read, those changed last first."""
    require(actor, "see_map")
    with database.read() as connection:
        shared = store_people.shared_with(connection, actor.user_id)
        known: dict[str, bool] = {}
        found = []
        for row in store.all_plans(connection, limit=limit):
            if row.area_code not in known:
                known[row.area_code] = _is_on_duty(connection, actor, row.area_code)
            if known[row.area_code] or row.id in shared:
                found.append(draft_of(row))
    return found


def draft(database: Database, actor: Actor, plan_id: int) -> Draft:
    """One draft.

    Raises:
        NotFound: no such draft.
        NotAllowed: neither one's area of duty nor shared with one.
    """
    with database.read() as connection:
        return draft_of(readable(connection, actor, plan_id))


def read(database: Database, actor: Actor, plan_id: int) -> tuple[Draft, Net]:
    """A draft with its whole net, as of one moment."""
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        return draft_of(row), whole(connection, row)


def grids(
    database: Database, actor: Actor, profile: Profile, plan_id: int
) -> tuple[Draft, Net, pd.DataFrame]:
    """A draft with its whole net and each grid in figures, as of one moment."""
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        around = seen(connection, whole(connection, row), profile)
    return draft_of(row), around.net, around.figures(profile)


def findings(
    database: Database, actor: Actor, profile: Profile, plan_id: int
) -> tuple[Draft, list[Finding]]:
    """What is wrong with a draft, the gravest first."""
    draft, found = examined.findings(database, actor, profile, plan_id)
    return draft, [*found]


def history(
    database: Database, actor: Actor, plan_id: int, *, before: int | None = None, limit: int = 100
) -> list[Step]:
    """The newest steps first; ``before``: only those of smaller revisions."""
    with database.read() as connection:
        readable(connection, actor, plan_id)
        rows = store.steps(connection, plan_id, before=before, limit=limit)
        if not rows:
            return []
        least, most = rows[-1].revision, rows[0].revision
        standing = store_people.standing_steps(connection, plan_id, least=least)
        changes = store_people.changes_of_steps(connection, plan_id, least=least, most=most)
    return [_step(row, changes[row.revision], stands=row.revision in standing) for row in rows]


def compare(
    database: Database, actor: Actor, profile: Profile, plan_id: int, *, other: int | None = None
) -> tuple[Draft, Comparison]:
    """What changes hands from another draft, or from the net in force, to this one.

    Args:
        database: Where.
        actor: Who may read both.
        profile: What figures are reckoned with.
        plan_id: The draft after.
        other: The draft before; None: the net in force now.

    Raises:
        Conflict: they have no community in common, or lie in different zones.
    """
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        after = whole(connection, row)
        if other is None:
            rows = store_standing.standing(connection, "grids", list(row.communities))
            before = laying.assign(after, standing_grids(rows))[0] if rows else _without(after)
        else:
            one = readable(connection, actor, other)
            if one.srid != row.srid or not {*one.communities} & {*row.communities}:
                raise Conflict("These two drafts are not of the same ground.")
            before = whole(connection, one)
    return draft_of(row), comparing.compare(before, after, reckoning=reckoning_of(profile))


def _without(net: Net) -> Net:
    """The ground without a grid."""
    return dataclasses.replace(net.having(net.units.index, None), grids=net.grids.iloc[:0])


def _is_on_duty(connection: sa.Connection, actor: Actor, area_code: str) -> bool:
    try:
        require(actor, "draw_plan", area_codes=[area_code], connection=connection)
    except NotAllowed:
        return False
    return True


def _step(row: Any, changes: Any, *, stands: bool) -> Step:
    return Step(
        revision=row.revision,
        at=row.at,
        actor=row.actor,
        kind=row.kind,
        of=row.of,
        action=row.action,
        units=tuple(row.units),
        grids=tuple(row.grids),
        stands=stands,
        names=changes.names or {},
        households=changes.households or {},
    )
