"""Open cases brought in line with a calendar that changed, some hundreds at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.cases.clocks import reckoning
from geodata.cases.clocks.calendar import RECKON
from geodata.cases.tables import cases
from geodata.database.jobs import Work, job_kind
from geodata.profiles import load_profile
from geodata.settings import Settings
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.profiles import Profile

AT_ONCE: Final = 200
STAGES: Final = {"reckoning": _("reckoning the clocks of open cases anew")}


def reckon_open(database: Database, profile: Profile, *, told: Any = None) -> int:
    """Reckon all open cases whose clocks run or stand; gives how many moved.

    Each part is a transaction of its own, in the order of the numbers: broken off and begun again,
    it comes to the same.
    """
    moved = 0
    last = 0
    wanted = sa.select(cases.c.id).where(
        cases.c.state.in_(profile.open_states),
        sa.or_(
            cases.c.warn_at.is_not(None),
            cases.c.stage_due_at.is_not(None),
            cases.c.paused_since.is_not(None),
        ),
    )
    while True:
        with database.begin() as tx:
            query = wanted.where(cases.c.id > last).order_by(cases.c.id).limit(AT_ONCE)
            numbers = list(tx.connection.execute(query).scalars())
            if not numbers:
                return moved
            changed = reckoning.reckon_again(tx.connection, profile, numbers)
            if changed:
                tx.changed("cases", None, "changed", clocks=len(changed))
        moved += len(changed)
        last = numbers[-1]
        if told is not None:
            told(moved)


@job_kind(RECKON, again=True)
def run_reckoning(work: Work) -> dict[str, Any]:
    """Reckon them by the profile that the server was started with."""
    work.progress("reckoning", 0.0)
    profile = load_profile(Settings().profile)
    return {"moved": reckon_open(work.database, profile)}
