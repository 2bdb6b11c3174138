"""Cases that are one with another: refused steps of their own, they follow the case that leads.

Whoever changes a case that others may be joined to locks them all, in the order of their numbers
(``locked_family``), so that two never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.cases.steps import store as steps
from geodata.cases.tables import cases
from geodata.errors import Conflict

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Transaction

_TRIES: Final = 20


def refuse_joined(case: Mapping[str, Any]) -> None:
    """Let a case of its own pass.

    Raises:
        Conflict: it is joined to another, which the message names; ``leader`` and ``case`` among
            the error's members.
    """
    if case["joined_to"] is None:
        return
    problem = Conflict(
        "This case is one with case %(leader)s; take the step there, or part it first.",
        leader=str(case["joined_to"]),
    )
    problem.members["leader"] = case["joined_to"]
    problem.members["case"] = dict(case)
    raise problem


def locked_family(connection: sa.Connection, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """These cases, those that lead them and all that are joined to any of them, locked.

    Locks are taken in the order of the numbers. What was joined or parted while it waited is
    looked for once more, with the locks given back in between.

    Raises:
        Conflict: it changed again and again.
    """
    asked = sorted(set(numbers))
    for _ in range(_TRIES):
        wanted = _family(connection, asked)
        point = connection.begin_nested()
        query = (
            sa.select(*(cases.c[name] for name in (*steps.SEEN, "joined_state")))
            .where(cases.c.id.in_(wanted))
            .order_by(cases.c.id)
            .with_for_update()
        )
        rows = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
        if _family(connection, asked) == wanted:
            point.commit()
            return rows
        point.rollback()
    raise Conflict("Somebody else changed the same records just now; try again.")


def follow(tx: Transaction, actor: Actor, leader: Mapping[str, Any]) -> None:
    """Bring the cases that are joined to ``leader``, which was just changed, into its state.

    The family is locked (``locked_family``); each gets an entry and is told.
    """
    if leader["reports"] <= 1:
        return
    query = (
        sa.select(cases.c.id, cases.c.state, cases.c.revision)
        .where(cases.c.joined_to == leader["id"], cases.c.state != leader["state"])
        .order_by(cases.c.id)
    )
    for row in tx.connection.execute(query).all():
        values = {"state": leader["state"], "closed_at": leader["closed_at"]}
        values |= {"stage_since": datetime.now(UTC), "revision": row.revision + 1}
        changed = steps.change(tx.connection, row.id, values)
        enter(tx, actor, changed, "follow", from_state=row.state, leader=leader["id"])


def enter(
    tx: Transaction,
    actor: Actor,
    case: Mapping[str, Any],
    kind: str,
    *,
    from_state: str,
    **details: Any,
) -> None:
    """Enter what was done with a case that was just changed, and tell it."""
    steps.enter(
        tx.connection,
        case_id=case["id"],
        user_id=actor.user_id,
        actor=actor.name,
        kind=kind,
        from_state=from_state,
        to_state=case["state"],
        details=details,
    )
    told = {name: case[name] for name in ("state", "category", "source", "revision")}
    tx.changed("cases", str(case["id"]), "changed", **told)


def _family(connection: sa.Connection, asked: list[int]) -> list[int]:
    """The numbers themselves, of those that lead them, and of all that any of these leads."""
    query = sa.text(
        """
        with own as (select id, joined_to from cases where id = any(cast(:asked as bigint[]))),
        heads as (select id from own union select joined_to from own where joined_to is not null)
        select id from heads union
        select c.id from cases c join heads h on c.joined_to = h.id order by 1
        """
    )
    return list(connection.execute(query, {"asked": asked}).scalars())
