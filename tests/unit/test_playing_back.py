"""What the playback shows at a moment is what the entries say of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geodata.cases.map.columns import NONE
from geodata.cases.playback.playing_back import events_of, state_at, within

STATES = 5  # the last is closed
IS_OPEN = np.array([True] * 4 + [False])
FIRST = 0


@st.composite
def pasts(draw):
    """Cases with entries, as the verbs make them: each begins where the one before ended."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        reported = draw(st.integers(0, 50))
        at, state = reported, draw(st.integers(0, 3))
        begin, entries = state, []
        for _ in range(draw(st.integers(0, 6))):
            at += draw(st.integers(0, 20))
            new = draw(st.integers(0, STATES - 1))
            if new != state:
                entries.append((at, state, new))
            state = new
        found.append(
            {"id": 10 + 3 * number, "reported": reported, "begin": begin, "entries": entries}
        )
    return found


def asked(found):
    """The columns of these cases as the database gives them."""
    rows, steps = [], []
    for one in found:
        last = one["entries"][-1] if one["entries"] else None
        state = last[2] if last else one["begin"]
        closed = last[0] if last and not IS_OPEN[state] else NONE
        rows.append(
            (one["id"], one["reported"], closed, last[0] if last else one["reported"], state)
        )
        steps += [(one["id"], *entry) for entry in one["entries"]]
    cases = dict(
        zip(("id", "reported", "closed", "updated", "state"), np.array(rows).T, strict=True)
    )
    columns = np.array(steps, int).reshape(-1, 4).T
    return cases, dict(zip(("case_id", "moment", "from_state", "to_state"), columns, strict=True))


def told(one, minute):
    """The state that the entries of a case give for a minute, one after the other."""
    if minute < one["reported"]:
        return None
    state = one["begin"]
    for at, _, new in one["entries"]:
        if at <= minute:
            state = new
    return state


@given(pasts(), st.integers(0, 100), st.integers(0, 100))
def test_at_every_moment_of_the_period_the_state_is_the_one_of_the_entries(found, since, length):
    events = events_of(*asked(found), is_open=IS_OPEN, first=FIRST)
    until = since + length
    played = within(events, since, until)
    assert (np.diff(played["moment"]) >= 0).all()
    assert ((played["moment"] >= since) & (played["moment"] <= until)).all()
    for k, one in enumerate(found):
        for minute in range(since, until + 1):
            assert state_at(played, k, minute) == told(one, minute)


def case(*, reported=10, closed=NONE, updated=10, state=0):
    values = {"id": 1, "reported": reported, "closed": closed, "updated": updated, "state": state}
    return {name: np.array([value]) for name, value in values.items()}


def no_steps():
    return {name: np.zeros(0, int) for name in ("case_id", "moment", "from_state", "to_state")}


def states_of(events, *minutes):
    return [state_at(events, 0, minute) for minute in minutes]


def test_a_case_without_entries_stands_in_the_first_state_until_it_is_closed():
    events = events_of(case(closed=30, state=4), no_steps(), is_open=IS_OPEN, first=FIRST)
    assert states_of(events, 9, 10, 29, 30) == [None, 0, 0, 4]


def test_an_open_case_without_entries_stands_where_it_stands_now():
    events = events_of(case(state=2, updated=50), no_steps(), is_open=IS_OPEN, first=FIRST)
    assert states_of(events, 9, 10, 99) == [None, 2, 2]


def test_what_a_file_changed_after_the_last_entry_is_shown_from_then_on():
    steps = {"case_id": [1], "moment": [20], "from_state": [1], "to_state": [2]}
    steps = {name: np.array(value) for name, value in steps.items()}
    events = events_of(case(state=3, updated=50), steps, is_open=IS_OPEN, first=FIRST)
    assert states_of(events, 10, 20, 49, 50) == [1, 2, 2, 3]
    events = events_of(case(state=4, closed=40, updated=50), steps, is_open=IS_OPEN, first=FIRST)
    assert states_of(events, 39, 40) == [2, 4]


def test_an_entry_made_before_the_report_s_own_time_counts_from_the_report():
    steps = {"case_id": [1], "moment": [5], "from_state": [-1], "to_state": [1]}
    steps = {name: np.array(value) for name, value in steps.items()}
    events = events_of(case(state=1), steps, is_open=IS_OPEN, first=FIRST)
    assert states_of(events, 5, 9, 10) == [None, None, 1]
