"""Proposals and fitted nets as long work."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from geodata.accounts.users import actor_of
from geodata.database.jobs import Work, job_kind
from geodata.profiles import load_profile
from geodata.settings import Settings


@job_kind("proposal")
def run_proposal(work: Work) -> dict[str, Any]:
    """Propose a net for a draft; the report has the objective's parts and what stood in the way.

    While it runs, and when it was stopped, the report has the best net so far instead.

    ``work.arguments``: ``plan``, ``revision``, ``profile`` and the fields of ``proposing.Demand``.
    """
    from geodata.plans import proposing  # noqa: PLC0415 - takes seconds to load

    said = dict(work.arguments)
    plan, revision = said.pop("plan"), said.pop("revision")
    profile = load_profile(said.pop("profile", None) or Settings().profile)
    actor = actor_of(work.database, work.actor)

    def tell(stage: str, share: float) -> bool:
        work.progress(stage, share)
        return work.cancelled()

    done = proposing.propose_for(
        work.database,
        actor,
        profile,
        plan,
        proposing.Demand(**said),
        revision=revision,
        tell=tell,
        show=work.show,
    )
    return asdict(done)
