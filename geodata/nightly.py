"""The one list of what the rooms do each night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geodata.accounts.sessions import forget_expired
from geodata.cases.forgetting import forget_reporters
from geodata.cases.map.rollups import sum_up
from geodata.cases.photos.keeping import sweep
from geodata.cases.whereabouts.jobs import notice_new_words
from geodata.database.nightly import forget_old_jobs
from geodata.exchange.leftovers import throw_away
from geodata.plans.publishing import tell_of_begun
from geodata.profiles import load_profile
from geodata.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.database import Database
    from geodata.database.nightly import Chore


def _uploads(database: Database) -> int:  # noqa: ARG001 - it is about files
    return throw_away(Settings().data_dir.absolute())


def _photos(database: Database) -> int:
    return sweep(database, Settings().data_dir)


def _reporters(database: Database) -> int:
    profile = load_profile(Settings().profile)
    return forget_reporters(database, keep_days=profile.cases.keep_reporters_days)


CHORES: Final[Mapping[str, Chore]] = {
    "sum_up_case_cells": sum_up,
    "forget_expired_sessions": forget_expired,
    "forget_old_jobs": forget_old_jobs,
    "throw_away_uploads": _uploads,
    "sweep_photos": _photos,
    "forget_reporters": _reporters,
    "tell_of_begun_nets": tell_of_begun,
    "notice_new_words": notice_new_words,
}
