"""The drafts that are kept: what is known of one, who may read it and who may change it.

Every verb of the room begins here: it asks for the row of a draft, which is given only to those
who may have it, and locked for those who change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import require
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound, StaleRevision
from geodata.plans import keeping, store, store_people
from geodata.plans.net import Net

if TYPE_CHECKING:
    import sqlalchemy as sa

    from geodata.accounts import Actor

LONGEST_NAME: Final = 100
LARGEST_PLAN: Final = 2**63 - 1
STEPS_TOLD: Final = 200
"""Steps of a difference that are told one by one."""


@dataclass(frozen=True)
class Draft:
    """What is known of a draft without its net."""

    id: int
    name: str
    area_code: str
    communities: tuple[str, ...]
    start: str
    copied_from: int | None
    state: str
    srid: int
    revision: int
    can_undo: bool
    can_redo: bool
    made_by: str
    made_at: datetime
    changed_at: datetime
    holds_from: date | None
    reason: str | None
    report: dict[str, Any]


def draft_of(row: Any) -> Draft:
    """What a row of ``plans`` tells."""
    return Draft(
        id=row.id,
        name=row.name,
        area_code=row.area_code,
        communities=tuple(row.communities),
        start=row.start,
        copied_from=row.copied_from,
        state=row.state,
        srid=row.srid,
        revision=row.revision,
        can_undo=row.undoable is not None,
        can_redo=row.redoable is not None,
        made_by=row.made_by_name,
        made_at=row.made_at,
        changed_at=row.changed_at,
        holds_from=row.holds_from,
        reason=row.reason,
        report=row.report,
    )


def readable(connection: sa.Connection, actor: Actor, plan_id: int) -> Any:
    """The row of a draft that the actor may read; raises NotFound or NotAllowed."""
    require(actor, "see_map")
    row = store.plan(connection, plan_id) if plan_id <= LARGEST_PLAN else None
    if row is None:
        raise NotFound("There is no draft %(number)s.", number=plan_id)
    if not store_people.is_shared(connection, plan_id, actor.user_id):
        try:
            require(actor, "draw_plan", area_codes=[row.area_code], connection=connection)
        except NotAllowed as error:
            raise NotAllowed(
                "This draft is not shared with you; ask one of its planners."
            ) from error
    return row


def drawable(
    connection: sa.Connection,
    actor: Actor,
    plan_id: int,
    *,
    revision: int | None = None,
    permission: str = "draw_plan",
    published_too: bool = False,
) -> Any:
    """The row of a draft that the actor may change, locked until the transaction ends.

    Raises:
        NotFound: no such draft.
        NotAllowed: the role or the area of duty.
        StaleRevision: it is not at ``revision`` any more.
        Conflict: it is published.
    """
    require(actor, permission)
    row = store.plan(connection, plan_id, lock=True) if plan_id <= LARGEST_PLAN else None
    if row is None:
        raise NotFound("There is no draft %(number)s.", number=plan_id)
    require(actor, permission, area_codes=[row.area_code], connection=connection)
    if revision is not None and revision != row.revision:
        raise _stale(connection, row, revision)
    if row.state == "published" and not published_too:
        raise Conflict("This draft is published; copy it to go on drawing.")
    return row


def _stale(connection: sa.Connection, row: Any, seen: int) -> StaleRevision:
    """The refusal, with what was done since."""
    since = store.steps(connection, row.id, after=seen, limit=STEPS_TOLD)
    error = StaleRevision(
        "The draft was changed meanwhile by %(who)s: you saw revision %(seen)s, it is at %(now)s.",
        who=", ".join(sorted({step.actor for step in since})) or "?",
        seen=seen,
        now=row.revision,
    )
    error.members["difference"] = {
        "since": seen,
        "revision": row.revision,
        "grids": sorted({number for step in since for number in step.grids}),
        "units": sorted({number for step in since for number in step.units}),
        "steps": [
            {
                "revision": step.revision,
                "at": step.at.isoformat(),
                "actor": step.actor,
                "kind": step.kind,
                "grids": step.grids,
                "units": step.units,
            }
            for step in since
        ],
    }
    return error


def whole(connection: sa.Connection, row: Any) -> Net:
    """The whole net of a draft."""
    return keeping.net_of(
        store.units(connection, row.id),
        store.grids_of(connection, row.id),
        srid=row.srid,
        next_unit=row.next_unit,
        next_grid=row.next_grid,
    )


def checked_name(name: str) -> str:
    """A draft's name without space around it."""
    if not name.strip() or len(name) > LONGEST_NAME:
        raise InvalidInput(
            "A draft's name has between 1 and %(most)s characters.", most=LONGEST_NAME
        )
    return name.strip()
