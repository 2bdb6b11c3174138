"""Playback: which cases were open at any moment of a period, and in which state.

What is known of a case's past are its entries (``case_steps``). Where it has none, as cases from
files have, it is taken to have stood in the first state from its report until it was closed, or in
the state that it has now if it was not. A change that a file made without an entry is shown from
the moment of that change on.

The answer is two tables of ``geodata.cases.map.columns``, one behind the other: the cases, then
the moments at which they came into a state, in the order of time. ``case`` is a position in the
first table, ``moment`` the first whole minute since 1970-01-01 UTC at which the state held, so what
is shown at a whole minute is what held at that instant.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from geodata.accounts import require
from geodata.cases import querying, store
from geodata.cases.filters import CaseFilter
from geodata.cases.map import columns
from geodata.cases.playback import store as history_store
from geodata.errors import InvalidInput

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

MOST_CASES: Final = 300_000
"""More are refused with their number: a shorter period or an area can be played."""
_NOWHERE: Final = columns.NONE


def history(
    database: Database,
    actor: Actor,
    profile: Profile,
    wanted: CaseFilter,
) -> querying.Packed:
    """The cases that were open at some moment of the filter's period, and their states in it.

    Of the filter, categories, sources and areas are heeded besides the period.

    Raises:
        NotFound: an area that never was.
        NotAllowed: the role sees no map.
        InvalidInput: no period, or more cases than can be played.
    """
    require(actor, "see_map")
    if wanted.since is None or wanted.until is None:
        raise InvalidInput("Say from when to when: from=2026-06-01&to=2026-06-07.")
    since, until = wanted.since, min(wanted.until, datetime.now(UTC))
    kinds = replace(wanted, since=None, until=None, states=(), is_open=None, overdue=None,
                    hours=None, box=None, words="")  # fmt: skip
    where, values = store.conditions(
        kinds, open_states=profile.open_states, timezone=profile.timezone, now=until
    )
    values |= {"since": since, "until": until, "open_states": list(profile.open_states)}
    with database.read() as connection:
        querying.check(connection, kinds, profile)
        categories = [one.key for one in profile.categories]
        for entered in (False, True):  # all entries are read only for a state of former days
            states = history_store.states(connection, profile.keys("states"), entered=entered)
            cases = history_store.cases(
                connection, where, values, states, categories, limit=MOST_CASES + 1
            )
            if len(cases["id"]) > MOST_CASES:
                raise InvalidInput(
                    "%(count)s cases were open in this period; at most %(most)s can be played."
                    " Choose a shorter period, an area or a category.",
                    count=history_store.count(connection, where, values),
                    most=MOST_CASES,
                )
            steps = history_store.steps(connection, where, values, states)
            if not history_store.is_any_unknown(steps):
                break
        # A list of states ends with the 255th; what is beyond is told as the first.
        steps["to_state"] = np.maximum(steps["to_state"], 0)
    is_open = np.array([key in profile.open_states for key in states], bool)
    first = states.index(profile.first_state)
    events = events_of(cases, steps, is_open=is_open, first=first)
    events = within(events, _minute(since), _minute(until))
    header = {
        "from": _minute(since),
        "to": _minute(until),
        "dictionaries": {"state": states, "category": profile.keys("categories")},
        "open": [key for key in states if key in profile.open_states],
    }
    plain = columns.pack(_case_columns(cases, len(profile.categories)), header)
    plain += columns.pack(
        {
            "case": events["case"].astype("<u4"),
            "moment": events["moment"].astype("<i4"),
            "state": events["state"].astype("<u1"),
        },
        {},
    )
    return querying.Packed(plain, gzip.compress(plain, 1, mtime=0))


Events = dict[str, NDArray[np.int64]]


def events_of(
    cases: Mapping[str, NDArray[Any]],
    steps: Mapping[str, NDArray[Any]],
    *,
    is_open: NDArray[np.bool_],
    first: int,
) -> Events:
    """When each case came into which state, in the order of time.

    Args:
        cases: ``id`` in order, ``reported``, ``closed`` and ``updated`` in minutes (the lowest
            int32: never), ``state`` now.
        steps: ``case_id`` ``moment`` ``from_state`` (−1: none) ``to_state``, in the order of the
            case and then of their entry; only those that changed the state.
        is_open: Of each state.
        first: The state of a case that was just reported.

    Returns:
        ``case`` (a position in ``cases``), ``moment`` and ``state``. Of what came at one minute
        the last holds.
    """
    number = len(cases["id"])
    at = np.searchsorted(cases["id"], steps["case_id"])
    begins = np.searchsorted(at, np.arange(number))
    ends = np.searchsorted(at, np.arange(number), side="right")
    has = ends > begins
    now = cases["state"].astype(np.int64)
    was_closed = cases["closed"] != columns.NONE
    # Before its first entry a case stood where that entry found it.
    begin = np.where(was_closed, first, now)
    if len(at):
        earliest = np.minimum(begins, len(at) - 1)
        found = steps["from_state"][earliest].astype(np.int64)
        found = np.where(found < 0, steps["to_state"][earliest], found)
        begin = np.where(has, found, begin)
    last = begin.copy()
    last_at = cases["reported"].astype(np.int64)
    if len(at):
        latest = np.maximum(ends - 1, 0)
        last = np.where(has, steps["to_state"][latest], last)
        last_at = np.where(has, np.maximum(steps["moment"][latest], last_at), last_at)
    # What no entry tells of: a file closed it, or brought it into another state.
    differs = last != now
    unsaid = np.where(was_closed & ~is_open[now], cases["closed"], cases["updated"])
    unsaid = np.maximum(unsaid.astype(np.int64), last_at)
    rows = np.arange(number)
    case = np.concatenate([rows, at, rows[differs]])
    moment = np.concatenate([cases["reported"], steps["moment"], unsaid[differs]]).astype(np.int64)
    state = np.concatenate([begin, steps["to_state"], now[differs]]).astype(np.int64)
    # A step cannot lie before the report, though the clocks of reporters differ from ours.
    moment = np.maximum(moment, cases["reported"].astype(np.int64)[case])
    order = np.lexsort((np.arange(len(case)), moment))
    return {"case": case[order], "moment": moment[order], "state": state[order]}


def within(events: Events, since: int, until: int) -> Events:
    """The events of a period; what came before stands at its begin, the last of each case."""
    early = events["moment"] <= since
    case, state = events["case"][early], events["state"][early]
    # The last entry of each case: the first when read backwards.
    kept, place = np.unique(case[::-1], return_index=True)
    later = ~early & (events["moment"] <= until)
    return {
        "case": np.concatenate([kept, events["case"][later]]),
        "moment": np.concatenate([np.full(len(kept), since), events["moment"][later]]),
        "state": np.concatenate([state[::-1][place], events["state"][later]]),
    }


def _case_columns(cases: Mapping[str, NDArray[Any]], categories: int) -> dict[str, NDArray[Any]]:
    small = columns.position_type(categories)
    return {
        "id": cases["id"].astype("<u4" if cases["id"].max(initial=0) < 2**32 else "<f8"),
        "lon": cases["lon"].astype("<i4"),
        "lat": cases["lat"].astype("<i4"),
        "due": cases["due"].astype("<i4"),
        "category": cases["category"].astype(np.int64).astype(small),
    }


def _minute(moment: datetime) -> int:
    """The first whole minute at or after a moment."""
    return -int(-moment.timestamp() // 60)


def state_at(events: Events, case: int, minute: int) -> int | None:
    """In which state a case stood at a minute; None before its report."""
    chosen = (events["case"] == case) & (events["moment"] <= minute)
    found: Sequence[int] = events["state"][chosen].tolist()
    return found[-1] if found else None
