"""Sitings as long work."""

from __future__ import annotations

import math
import time
from typing import Any, Final

from geodata.accounts.users import actor_of
from geodata.database.jobs import Work, job_kind
from geodata.profiles import load_profile
from geodata.settings import Settings

EVERY: Final = 1.0
"""Seconds between two looks at the best so far."""


@job_kind("siting", again=True)
def run_siting(work: Work) -> dict[str, Any]:
    """Find places; the report has them with their figures. When stopped, it has the best so far.

    While places are looked for the report is ``{"so_far": {"objective": …, "gap": …}}``.

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

    shown = -math.inf

    def near(objective: float, gap: float) -> None:
        nonlocal shown
        if time.monotonic() - shown >= EVERY:
            shown = time.monotonic()
            work.show({"so_far": {"objective": objective, "gap": gap}})

    actor = actor_of(work.database, work.actor)
    done = site(
        work.database,
        actor,
        profile,
        Wish(**said),
        tell=tell,
        show=lambda so_far: work.show(report(so_far)),
        near=near,
    )
    return report(done)
