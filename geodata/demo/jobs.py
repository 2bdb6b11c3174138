"""Loading the demo city as long work, asked for on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import Actor, record, require
from geodata.accounts.users import actor_of
from geodata.database import jobs
from geodata.database.jobs import Work, job_kind
from geodata.demo.vacancy import NOT_GENERATED, taken
from geodata.errors import Cancelled, Conflict
from geodata.profiles import load_profile
from geodata.settings import Settings
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.database import Database

KIND: Final = "demo"
LOCK: Final = 0x64656D6F
"""Key of the advisory lock under which the demo city is asked for."""

STAGES: Final = {
    "generating": _("Drawing the city"),
    "areas": _("Storing places"),
    "grids": _("Storing places"),
    "compounds": _("Storing places"),
    "buildings": _("Storing places"),
    "facilities": _("Storing places"),
    "streets": _("Storing places"),
    "gates": _("Storing places"),
    "cases": _("Storing cases"),
    "indexing": _("Making indexes"),
    "measuring": _("Measuring the tables"),
    "done": _("Done"),
}
"""What is being done, in the order in which it is."""

TOO_LATE: Final = frozenset({"measuring", "done"})
"""Stages after the city is stored: who stops it now is not heard, so that it is all there."""


def ask(
    database: Database,
    actor: Actor,
    *,
    replace: bool = False,
    language: str = "zh",
    profile: str | None = None,
) -> int:
    """Ask for the demo city and get the job's number; if it is being loaded, that job's.

    No account is added or changed by it: who loads it from a page has an account already, and
    accounts with a password that others know are no business of a page.

    Raises:
        NotAllowed: not an administrator.
        Conflict: the district is not empty; with ``replace``: not all of it is generated.
    """
    require(actor, "import")
    require(actor, "manage_users")
    with database.begin() as tx:
        tx.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        running = jobs.running(tx.connection, KIND)
        if running is not None:
            return running
        _refuse_if_taken(database, replace=replace)
        number = jobs.submit_within(
            tx,
            KIND,
            {"replace": replace, "profile": profile},
            actor={"user_id": actor.user_id, "language": language},
            asked_by=actor.user_id,
        )
        record(tx, actor, "demo_asked", "demo", job=number, replace=replace)
    return number


def _refuse_if_taken(database: Database, *, replace: bool) -> None:
    found = taken(database)
    if found is None:
        return
    layer, generated = found
    if not generated:
        raise Conflict(NOT_GENERATED, layer=layer)
    if not replace:
        raise Conflict("The demo city is here already; ask with “replace” to load it anew.")


@job_kind(KIND)
def run_demo(work: Work) -> dict[str, Any]:
    """Load the city for who asked, whole or not at all; the report counts what was stored."""
    from geodata.demo.loading import load  # noqa: PLC0415 - takes seconds to load

    def tell(stage: str, share: float) -> None:
        work.progress(stage, share)
        if stage not in TOO_LATE and work.cancelled():
            raise Cancelled("The demo city was not loaded: it was stopped.")

    tell("generating", 0.0)
    said = work.arguments
    loaded = load(
        work.database,
        actor=actor_of(work.database, work.actor),
        accounts=False,
        replace=bool(said.get("replace")),
        profile=load_profile(said.get("profile") or Settings().profile),
        progress=tell,
    )
    return {"counts": loaded.counts, "seconds": round(loaded.seconds, 1)}
