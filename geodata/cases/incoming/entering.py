"""Entries of many cases at once, as files and the demo city bring them: set after set in SQL.

A new case gets the entry that it was reported, a known one that it was reported again, with the
states before and after. A case that somebody works on here keeps its state: what people entered
holds against a file, which may be older than it looks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.cases.tables import case_steps, cases

if TYPE_CHECKING:
    from sqlalchemy.sql.dml import Update

FROM_OUTSIDE: Final = ("reported", "reported_again", "place", "told")
"""Entries that are nobody's work on a case: it came, came again, was placed, was told of."""
_OWN: Final = ("state", "closed_at", "department")


@dataclass(frozen=True)
class By:
    """Whose entries they are, and the import that brought the cases."""

    user_id: int | None
    name: str
    import_id: int | None

    def details(self) -> dict[str, Any]:
        """What an entry tells besides."""
        return {} if self.import_id is None else {"import_id": self.import_id}


def newest_case(connection: sa.Connection) -> int:
    """The highest number that a case has; 0 if there is none."""
    query = sa.select(sa.func.coalesce(sa.func.max(cases.c.id), 0))
    return int(connection.execute(query).scalar_one())


def enter_new(connection: sa.Connection, by: By, *, after: int) -> int:
    """Enter the report of each case of this import whose number is above ``after``.

    A case that came closed has been in other states before, and nobody said when: its entry names
    no state.
    """
    came = sa.case((cases.c.closed_at.is_(None), cases.c.state))
    entered = sa.select(cases.c.id, *_same(by), sa.literal("reported"), came, _details(by)).where(
        cases.c.id > after, cases.c.import_id.is_not_distinct_from(by.import_id)
    )
    names = ["case_id", "user_id", "actor", "kind", "to_state", "details"]
    return connection.execute(
        sa.insert(case_steps).from_select(names, entered.order_by(cases.c.id)),
        execution_options={"preserve_rowcount": True},
    ).rowcount


def enter_generated(connection: sa.Connection, by: By, *, first: str) -> int:
    """Enter the report of each case of a generated city, at its time, into the state ``first``."""
    entered = sa.select(
        cases.c.id,
        cases.c.reported_at,
        *_same(by),
        sa.literal("reported"),
        sa.literal(first),
        _details(by),
    ).where(cases.c.import_id == by.import_id)
    names = ["case_id", "at", "user_id", "actor", "kind", "to_state", "details"]
    indexes = () if _has_entries(connection) else _put_off(connection)
    entry = sa.insert(case_steps).from_select(names, entered)
    done = connection.execute(entry, execution_options={"preserve_rowcount": True}).rowcount
    for statement in indexes:
        connection.exec_driver_sql(statement)
    return done


def enter_changed(connection: sa.Connection, by: By, change: Update) -> int:
    """Run a change of cases and enter each; gives their number."""
    changed = change.returning(cases.c.id, cases.c.state).cte("changed")
    # The same statement sees each case twice: as it was, and as the change gives it back.
    before = cases.alias("before")
    entered = sa.select(
        changed.c.id,
        *_same(by),
        sa.literal("reported_again"),
        before.c.state,
        changed.c.state,
        _details(by),
    ).join_from(changed, before, before.c.id == changed.c.id)
    names = ["case_id", "user_id", "actor", "kind", "from_state", "to_state", "details"]
    return connection.execute(
        sa.insert(case_steps).from_select(names, entered),
        execution_options={"preserve_rowcount": True},
    ).rowcount


def hold(
    connection: sa.Connection, waiting: sa.Table, says: Collection[str], kept: Collection[str]
) -> int:
    """Give the waiting rows of cases that are worked on here the state that these have.

    So it is with cases that are one with others: these go through their states together.

    Args:
        connection: Of the transaction.
        waiting: Rows for known cases, by source and number.
        says: The columns that they have.
        kept: Columns that a known case keeps anyway.

    Returns:
        How many cases would have got another state.
    """
    own = [name for name in _OWN if name in says and name not in kept]
    if not own:
        return 0
    worked_on = (
        sa.exists()
        .where(case_steps.c.case_id == cases.c.id)
        .where(case_steps.c.kind.not_in(FROM_OUTSIDE))
        .where(
            case_steps.c.user_id.is_not(None)
            | case_steps.c.from_state.is_distinct_from(case_steps.c.to_state)
        )
    )
    differs = sa.or_(*(cases.c[name].is_distinct_from(waiting.c[name]) for name in own))
    return connection.execute(
        sa.update(waiting)
        .where(cases.c.source == waiting.c.source)
        .where(cases.c.external_id == waiting.c.external_id)
        .where(differs)
        .where(worked_on | cases.c.joined_to.is_not(None) | (cases.c.reports > 1))
        .values({name: cases.c[name] for name in own})
    ).rowcount


def _has_entries(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(case_steps.c.id).limit(1)).first() is not None


def _put_off(connection: sa.Connection) -> Sequence[str]:
    """Drop the indexes of the entries; gives how to make them anew when all are there."""
    query = sa.text(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'case_steps'"
        " AND schemaname = current_schema() AND indexname LIKE 'ix_%'"
    )
    found = connection.execute(query).all()
    for row in found:
        connection.exec_driver_sql(f'DROP INDEX "{row.indexname}"')
    return [row.indexdef for row in found]


def _same(by: By) -> tuple[Any, Any]:
    return sa.literal(by.user_id, sa.BigInteger), sa.literal(by.name, sa.Text)


def _details(by: By) -> Any:
    return sa.literal(by.details(), case_steps.c.details.type)
