"""Placing all waiting cases as long work: when somebody asks, and when new places came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import require
from geodata.accounts.users import actor_of
from geodata.cases.whereabouts.placing_all import Told, anything_waits, place_all
from geodata.database.jobs import Work, job_kind, running, submit_within
from geodata.database.tables import jobs
from geodata.errors import Cancelled
from geodata.places.address_book import ALIASES, LAYERS
from geodata.profiles import load_profile
from geodata.settings import Settings
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database, Transaction

PLACE: Final = "place_cases"
STAGES: Final = {"placing": _("looking for the places of addresses")}
_LOCK: Final = 0x706C6365
"""Key of the advisory lock under which it is looked whether it is asked for already."""


def ask(database: Database, actor: Actor) -> int:
    """Ask for all waiting cases to be placed; gives the job's number.

    Raises:
        NotAllowed: the role handles no cases.
    """
    require(actor, "handle_case")
    known = {"user_id": actor.user_id, "name": actor.name, "language": actor.language}
    with database.begin() as tx:
        return submit_within(tx, PLACE, {}, actor=known, asked_by=actor.user_id)


def notice_new_places(database: Database) -> int:
    """Ask for it if places came in since it was last asked for so; 1 if it was asked for."""
    return _notice(database, LAYERS)


def notice_new_words(database: Database) -> int:
    """The same for places and for words that people taught: each night."""
    return _notice(database, (*LAYERS, ALIASES))


def _notice(database: Database, names: tuple[str, ...]) -> int:
    versions = database.versions([*LAYERS, ALIASES])
    with database.begin() as tx:
        tx.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        known = _last(tx)
        if known is not None and all(known.get(name) == versions[name] for name in names):
            return 0
        if running(tx.connection, PLACE) is not None or not anything_waits(tx.connection):
            return 0
        submit_within(tx, PLACE, {"versions": versions})
    return 1


def _last(tx: Transaction) -> dict[str, int] | None:
    """With which places it was last asked for, whatever became of that."""
    versions = jobs.c.arguments["versions"]
    query = sa.select(versions).where(jobs.c.kind == PLACE, versions.is_not(None))
    found: dict[str, int] | None = tx.connection.scalar(query.order_by(jobs.c.id.desc()).limit(1))
    return found


@job_kind(PLACE, again=True)
def run_placing(work: Work) -> dict[str, Any]:
    """Place them, for who asked; its report counts what became of them, also when stopped."""
    actor = actor_of(work.database, work.actor)

    def told(so_far: Told) -> None:
        work.progress("placing", so_far.looked / max(so_far.whole, 1))
        work.show(so_far.as_dict())

    work.progress("placing", 0.0)
    profile = load_profile(Settings().profile)
    done = place_all(work.database, actor, profile, told=told, cancelled=work.cancelled)
    if done.stopped:
        raise Cancelled("Stopped; what was done by then stays.")
    return done.as_dict()
