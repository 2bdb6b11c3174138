"""Fitted nets as long work."""

from __future__ import annotations

from typing import Any

from geodata.accounts.users import actor_of
from geodata.database.jobs import Work, job_kind
from geodata.profiles import load_profile
from geodata.settings import Settings


@job_kind("fit")
def run_fit(work: Work) -> dict[str, Any]:
    """Lay the net that fits several best on a draft; the report tells how far it agrees with each.

    ``work.arguments``: ``plan``, ``revision``, ``nets``, ``band`` and ``profile``.
    """
    from geodata.plans import uniting  # noqa: PLC0415 - takes seconds to load

    said = work.arguments
    profile = load_profile(said.get("profile") or Settings().profile)
    actor = actor_of(work.database, work.actor)

    def tell(stage: str, share: float) -> bool:
        work.progress(stage, share)
        return work.cancelled()

    return uniting.fit(
        work.database,
        actor,
        profile,
        said["plan"],
        said["nets"],
        band=said.get("band", True),
        revision=said["revision"],
        tell=tell,
    )
