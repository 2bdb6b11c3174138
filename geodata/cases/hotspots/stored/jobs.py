"""Hotspots as long work: what would keep a request waiting."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts.users import actor_of
from geodata.database.jobs import Work, job_kind, submit
from geodata.errors import Cancelled
from geodata.profiles import load_profile
from geodata.settings import Settings
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.cases.hotspots.stored.spotting import Asked
    from geodata.database import Database

STAGES: Final = {
    "reading_cases": _("reading the cases"),
    "testing": _("testing the period"),
    "comparing": _("testing earlier periods"),
    "clustering": _("looking for what flared up"),
}


def ask(database: Database, actor: Actor, asked: Asked, *, profile: str) -> int:
    """Ask for it and get the job's number; its report is what ``get_hotspots`` answers."""
    wanted = asdict(asked.wanted)
    for end in ("since", "until"):
        wanted[end] = wanted[end] and wanted[end].isoformat()
    arguments = asdict(asked) | {"wanted": wanted, "profile": profile}
    known = {"user_id": actor.user_id, "name": actor.name}
    return submit(database, "hotspots", arguments, actor=known, asked_by=actor.user_id)


@job_kind("hotspots", again=True)
def run_hotspots(work: Work) -> dict[str, Any]:
    """Find hotspots; ``work.arguments`` are the fields of ``Asked``, and ``profile``."""
    from geodata.cases.filters import CaseFilter  # noqa: PLC0415
    from geodata.cases.hotspots.stored import spotting  # noqa: PLC0415 - compiled loops, seconds to load

    said = dict(work.arguments)
    profile = load_profile(said.pop("profile", None) or Settings().profile)
    given = dict(said.pop("wanted"))
    for end in ("since", "until"):
        given[end] = given[end] and datetime.fromisoformat(given[end])
    values: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in given.items()
    }
    wanted = CaseFilter(**values)

    def tell(stage: str, share: float) -> None:
        work.progress(stage, share)
        if work.cancelled():
            raise Cancelled("Stopped; nothing was kept.")

    actor = actor_of(work.database, work.actor)
    asked = spotting.Asked(wanted=wanted, **said)
    return spotting.get_hotspots(work.database, actor, profile, asked, progress=tell)
