"""The one list of what the rooms do each minute, by the words of the city's profile."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from geodata.cases.clocks import escalating
from geodata.cases.clocks.jobs import notice_changes
from geodata.cases.whereabouts.jobs import notice_new_places
from geodata.cases.whistles.overdue import raise_late

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.database.nightly import Chore
    from geodata.profiles import Profile


def chores_of(profile: Profile) -> Mapping[str, Chore]:
    """What is done each minute in this city, by name."""
    return {
        "raise_late_calls": partial(raise_late, profile=profile),
        "notice_changed_limits": partial(notice_changes, profile=profile),
        "notice_new_places": notice_new_places,
        "escalate": partial(escalating.raise_late, profile=profile),
    }
