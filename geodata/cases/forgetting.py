"""Deleting who reported a case when the city's time for keeping it is over.

Reports that came one by one keep their reporters in ``case_reporters``, each with its day. Files
keep them in ``cases`` itself: an import of a hundred thousand tickets is one COPY into one table,
and so is its repetition, which finds what has changed by the row. Both are emptied here, and an
import does not bring back what is over its time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from geodata.cases.tables import case_reporters, cases

if TYPE_CHECKING:
    from geodata.database import Database

AT_ONCE: Final = 20_000
"""Cases that are changed in one transaction."""
_PERSONAL: Final = ("name", "telephone", "email")


def over(keep_days: int) -> datetime:
    """Who reported before this moment is not kept any more."""
    return datetime.now(UTC) - timedelta(days=keep_days)


def forget_reporters(database: Database, *, keep_days: int) -> int:
    """Delete names, telephones and addresses of reporters past their time; gives how many had any.

    The code to follow the case by stays: it leads to nothing personal.
    """
    table = case_reporters.c
    known = sa.or_(*(table[name].is_not(None) for name in _PERSONAL))
    with database.begin() as tx:
        gone = tx.connection.execute(
            sa.update(case_reporters)
            .where(known, sa.or_(table.forget_at < sa.func.now(), table.at < over(keep_days)))
            .values(dict.fromkeys(_PERSONAL))
        ).rowcount
        if gone:
            tx.changed("cases", None, "changed", reporters_forgotten=gone)
    while True:
        some = _forget_some(database, keep_days)
        gone += some
        if some < AT_ONCE:
            return gone


def _forget_some(database: Database, keep_days: int) -> int:
    named = sa.or_(cases.c.reporter_name.is_not(None), cases.c.reporter_telephone.is_not(None))
    old = sa.select(cases.c.id).where(cases.c.reported_at < over(keep_days), named).limit(AT_ONCE)
    with database.begin() as tx:
        count = tx.connection.execute(
            sa.update(cases)
            .where(cases.c.id.in_(old))
            .values(reporter_name=None, reporter_telephone=None)
        ).rowcount
        if count:
            tx.changed("cases", None, "changed", reporters_forgotten=count)
    return count
