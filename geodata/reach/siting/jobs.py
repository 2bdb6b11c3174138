"""Sitings as long work."""

from __future__ import annotations

from typing import Any

from geodata.accounts.users import actor_of
from geodata.database.jobs import Work, job_kind
from geodata.profiles import load_profile
from geodata.settings import Settings


@job_kind("siting", again=True)
def run_siting(work: Work) -> dict[str, Any]:
    """Find places; the report has them with their figures. When stopped, it has the best so far.

    ``work.arguments``: ``profile`` and the fields of ``wishing.Wish``.
    """
    from geodata.reach.siting.stored import site  # noqa: PLC0415 - takes seconds to load
    from geodata.reach.siting.telling import report  # noqa: PLC0415
    from geodata.reach.siting.wishing import Wish  # noqa: PLC0415

    said = dict(work.arguments)
    profile = load_profile(said.pop("profile", None) or Settings().profile)
    for name in ("candidates", "kinds"):
        if isinstance(said[name], list):
            said[name] = tuple(tuple(one) if name == "candidates" else one for one in said[name])

    def tell(stage: str, share: float) -> bool:
        work.progress(stage, share)
        return work.cancelled()

    actor = actor_of(work.database, work.actor)
    done = site(
        work.database,
        actor,
        profile,
        Wish(**said),
        tell=tell,
        show=lambda so_far: work.show(report(so_far)),
    )
    return report(done)
