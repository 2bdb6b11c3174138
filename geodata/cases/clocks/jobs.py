"""Open cases brought in line with a calendar or limits that changed, some hundreds at a time.

By which rules they were last reckoned is kept. Each minute the worker compares that with the
profile that it was started with, and with the days off that are known of: a changed profile, or a
release that knows the next year's holidays, reaches the cases by itself, and what was broken off
is done after all.
"""

from __future__ import annotations

import hashlib
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from geodata.cases.clocks import calendar, reckoning
from geodata.cases.clocks.calendar import RECKON
from geodata.cases.duty.tables import clock_rules
from geodata.cases.tables import cases
from geodata.cases.whistles import overdue
from geodata.database.jobs import Work, job_kind, running, submit_within
from geodata.errors import Cancelled
from geodata.profiles import load_profile
from geodata.settings import Settings
from geodata.words import sentence as _
from geodata.workdays import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.database import Database
    from geodata.profiles import Profile

AT_ONCE: Final = 300
STAGES: Final = {"reckoning": _("reckoning the clocks of open cases anew")}
CHECK_LOCK: Final = 0x636C6F63
"""Key of the advisory lock under which it is looked whether the rules changed."""


def reckon_open(
    database: Database,
    profile: Profile,
    *,
    told: Callable[[int, int], None] = lambda _done, _all: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Reckon all open cases and the running calls of whistles; gives how many cases moved.

    Each part is a transaction of its own, in the order of the numbers: broken off and begun again,
    it comes to the same. ``told`` hears how many of how many are done.

    Raises:
        Cancelled: ``cancelled`` said so; the parts that are done stay.
    """
    moved = done = last = 0
    closed = [one.key for one in profile.states if not one.open]
    wanted = sa.select(cases.c.id).where(cases.c.state.not_in(closed))
    with database.read() as connection:
        digest = digest_of(connection, profile)
        count = sa.select(sa.func.count()).select_from(wanted.subquery())
        whole = int(connection.execute(count).scalar_one())
    while True:
        if cancelled():
            raise Cancelled("Stopped; what was done by then stays.")
        with database.begin() as tx:
            query = wanted.where(cases.c.id > last).order_by(cases.c.id).limit(AT_ONCE)
            numbers = list(tx.connection.execute(query).scalars())
            if not numbers:
                break
            changed = reckoning.reckon_again(tx.connection, profile, numbers)
            calls = overdue.reckon_again(tx, profile, numbers)
            if changed or calls:
                tx.changed("cases", None, "changed", clocks=len(changed), calls=calls)
        moved += len(changed)
        done += len(numbers)
        last = numbers[-1]
        told(done, max(whole, done))
    with database.begin() as tx:
        kept = insert(clock_rules).values(digest=digest)
        new = {"digest": kept.excluded.digest, "reckoned_at": sa.func.now()}
        kept = kept.on_conflict_do_update(index_elements=["only_one"], set_=new)
        tx.connection.execute(kept)
    return moved


def notice_changes(database: Database, profile: Profile) -> int:
    """Ask for the reckoning if the rules are others than those of the last; 1 if it was asked for.

    A reckoning that failed is asked for again; one that waits or runs is not asked for twice.
    """
    with database.begin() as tx:
        tx.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CHECK_LOCK)))
        digest = digest_of(tx.connection, profile)
        kept = tx.connection.execute(sa.select(clock_rules.c.digest)).scalar_one_or_none()
        if kept == digest or running(tx.connection, RECKON) is not None:
            return 0
        submit_within(tx, RECKON, {})
    return 1


def digest_of(connection: sa.Connection, profile: Profile) -> str:
    """All that clocks depend on, of the profile and of the days that are worked, as one word."""
    said = profile.model_dump(mode="json")
    own = calendar.workdays(connection, profile).own
    rules = {
        "timezone": said["timezone"],
        "working": said["working"],
        "states": [[one[name] for name in ("key", "open", "limit")] for one in said["states"]],
        "categories": [
            [one.key, one.whole_limit and one.whole_limit.model_dump()]
            for one in profile.categories
        ],
        "levels": profile.keys("levels"),
        "escalation": said["escalation"],
        "whistle": [said["whistle"][name] for name in _OF_WHISTLE],
        "days": [_days(profile), sorted((str(day), works) for day, works in own.items())],
    }
    return hashlib.sha256(orjson.dumps(rules)).hexdigest()


_OF_WHISTLE: Final = ("answer_minutes", "arrive_minutes", "finish_hours")


@lru_cache(maxsize=4)
def _days(profile: Profile) -> str:
    """Which days are worked without the operator's word, as one number."""
    office = profile.working.workdays(profile.zone)
    first, last = date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal()
    worked = bytes(office.is_worked(date.fromordinal(day)) for day in range(first, last + 1))
    return hashlib.sha256(worked).hexdigest()


@job_kind(RECKON, again=True)
def run_reckoning(work: Work) -> dict[str, Any]:
    """Reckon them by the profile that the server was started with."""
    work.progress("reckoning", 0.0)
    profile = load_profile(Settings().profile)

    def told(done: int, whole: int) -> None:
        work.progress("reckoning", done / whole)

    return {"moved": reckon_open(work.database, profile, told=told, cancelled=work.cancelled)}
