"""Cases that are one with another: refused steps of their own, they follow the case that leads.

Whoever changes a case that others may be joined to locks them all, in the order of their numbers
(``locked_family``), so that two never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.cases.clocks import reckoning
from geodata.cases.steps import store as steps
from geodata.cases.tables import cases
from geodata.errors import Conflict

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Transaction
    from geodata.profiles import Profile

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


def follow(tx: Transaction, actor: Actor, profile: Profile, leader: Mapping[str, Any]) -> None:
    """Bring the cases that are joined to ``leader``, which was just changed, into its state.

    The family is locked (``locked_family``); each gets an entry and is told.
    """
    if leader["reports"] <= 1:
        return
    query = (
        sa.select(*(cases.c[name] for name in steps.SEEN))
        .where(cases.c.joined_to == leader["id"], cases.c.state != leader["state"])
        .order_by(cases.c.id)
    )
    for row in tx.connection.execute(query).mappings().all():
        values = {"state": leader["state"], "closed_at": leader["closed_at"]}
        change(tx, actor, profile, dict(row), "follow", values, leader=leader["id"])


def change(
    tx: Transaction,
    actor: Actor,
    profile: Profile,
    case: Mapping[str, Any],
    kind: str,
    values: Mapping[str, Any],
    **details: Any,
) -> dict[str, Any]:
    """Change a case that is locked, enter what was done with it, and tell it.

    Its clocks are stored as its entries say, also those that a state begins.
    """
    now = steps.now_of(tx.connection, case["id"])
    state = values.get("state", case["state"])
    steps.enter(
        tx.connection,
        case_id=case["id"],
        user_id=actor.user_id,
        actor=actor.name,
        at=now,
        kind=kind,
        from_state=case["state"],
        to_state=state,
        details=details,
    )
    began = {"stage_since": now} if state != case["state"] or kind == "part" else {}
    whole = {**values, **began, "revision": case["revision"] + 1}
    changed = reckoning.keep(tx.connection, profile, case["id"], whole)
    told = {name: changed[name] for name in ("state", "category", "source", "revision")}
    tx.changed("cases", str(case["id"]), "changed", **told)
    return changed


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
