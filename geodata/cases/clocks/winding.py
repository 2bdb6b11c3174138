"""The clocks of cases that come in by the hundred thousand, set going column by column.

What a file says of when a case is due holds; where it has no such column, the city's limits do. A
case that is late already when it comes is not raised to anybody: the file is no news.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from geodata.cases.clocks.limits import moments_of_all
from geodata.cases.clocks.reckoning import limit_of
from geodata.errors import InvalidInput

if TYPE_CHECKING:
    from geodata.profiles import Profile
    from geodata.workdays import Workdays

OF_NEW: Final = frozenset({"warn_at", "raise_at"})
"""Columns that a new case gets and a known one keeps; ``due_at`` is one where no file says it."""

Moments = NDArray[np.datetime64]


def wind(
    columns: Mapping[str, Any], profile: Profile, workdays: Workdays, *, now: datetime | None = None
) -> dict[str, Moments]:
    """``due_at``, ``warn_at`` and ``raise_at`` of cases, as UTC; NaT where no clock runs.

    ``columns`` are ``state`` and ``category`` as arrow strings, ``reported_at`` in UTC, and
    ``due_at`` if the file says it.
    """
    states = np.asarray(columns["state"].to_numpy(zero_copy_only=False))
    running = np.isin(states, profile.open_states)
    count = len(states)
    due: Moments = np.full(count, np.datetime64("NaT"), dtype="datetime64[us]")
    warn = due.copy()
    if "due_at" in columns:
        due = np.asarray(columns["due_at"]).astype("datetime64[us]")
    else:
        categories = np.asarray(columns["category"].to_numpy(zero_copy_only=False))
        starts = np.asarray(columns["reported_at"]).astype("datetime64[us]")
        share = profile.working.yellow_share
        for category in profile.categories:
            its = running & (categories == category.key)
            if category.whole_limit is None or not its.any():
                continue
            limit = limit_of(category.whole_limit)
            try:
                warn[its], due[its] = moments_of_all(
                    limit, starts[its], workdays=workdays, yellow_share=share
                )
            except InvalidInput:  # before or after all calendars: they have no clock
                continue
    moment = np.datetime64((now or datetime.now(UTC)).replace(tzinfo=None), "us")
    raised = due.copy()
    raised[~running | ~(due > moment)] = np.datetime64("NaT")
    if not profile.escalation:
        raised[:] = np.datetime64("NaT")
    return {"due_at": due, "warn_at": warn, "raise_at": raised}
