"""A period played back: the cases that were open in it, as they were."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from test_case_steps import ANNE, PROFILE, TOLD, WEI, take

from geodata.accounts import Actor
from geodata.cases.filters import CaseFilter
from geodata.cases.incoming.reporting import report
from geodata.cases.map.columns import unpack
from geodata.cases.playback import playing_back
from geodata.cases.steps import store as steps
from geodata.errors import InvalidInput

HOUR = timedelta(hours=1)


def played(database, since, until, **more):
    """Case number → [(minute, state)] of the period."""
    wanted = CaseFilter(since=since, until=until, **more)
    answer = playing_back.history(database, Actor(None, "V", "viewer"), PROFILE, wanted).plain
    header, cases = unpack(answer)
    size = 8 + int.from_bytes(answer[4:8], "little")
    last = header["columns"][-1]
    width = {"uint8": 1, "uint16": 2, "uint32": 4, "int32": 4, "float64": 8}[last["type"]]
    size += last["offset"] + -(-header["count"] * width // 8) * 8
    _, events = unpack(answer[size:])
    found = {int(number): [] for number in cases["id"]}
    for case, moment, state in zip(events["case"], events["moment"], events["state"], strict=True):
        key = header["dictionaries"]["state"][state]
        found[int(cases["id"][case])].append((int(moment), key))
    return found


def minute(moment):
    return -int(-moment.timestamp() // 60)


def state_told(entries, reported, moment):
    """The state that the entries give for a moment, one after the other."""
    if moment < reported:
        return None
    state = entries[0][1]
    for at, _, new in entries:
        if at <= moment:
            state = new
    return state


def test_at_each_minute_what_is_played_is_what_the_entries_say(database):
    chance = random.Random(7)  # noqa: S311 - the same cases in each run
    start = datetime(2026, 6, 1, tzinfo=UTC)
    keys = PROFILE.keys("states")
    cases = {}
    with database.begin() as tx:
        for _ in range(30):
            reported = start + timedelta(seconds=chance.randrange(-9_000, 9_000))
            at, state = reported, "reported"
            entries = []
            for _ in range(chance.randrange(1, 6)):
                at += timedelta(seconds=chance.randrange(1, 3_000))
                new = chance.choice([key for key in keys if key != state])
                entries.append((at, state, new))
                state = new
            ended = None if state in PROFILE.open_states else at
            number = steps.add(
                tx.connection,
                {"source": "snap", "category": "noise", "state": state, "reported_at": reported,
                 "closed_at": ended, "updated_at": at},
            )  # fmt: skip
            for at, old, new in entries:
                steps.enter(
                    tx.connection, case_id=number, actor="Anne", kind="moved",
                    from_state=old, to_state=new, at=at,
                )  # fmt: skip
            cases[number] = (reported, ended, entries)
    until = start + 2 * HOUR
    found = played(database, start, until)
    lasting = {
        n
        for n, (begun, ended, _) in cases.items()
        if begun < until and (ended is None or ended >= start)
    }
    assert found.keys() == lasting
    for number in lasting:
        reported, _, entries = cases[number]
        for k in range(121):
            moment = start + timedelta(minutes=k)
            shown = [state for at, state in found[number] if at <= minute(moment)]
            assert (shown or [None])[-1] == state_told(entries, reported, moment)


def test_a_state_that_only_old_entries_name_is_played_by_its_name(database):
    start = datetime(2026, 6, 1, tzinfo=UTC)
    with database.begin() as tx:
        number = steps.add(
            tx.connection,
            {"source": "snap", "category": "noise", "state": "dispatched", "reported_at": start},
        )
        for hour, old, new in ((1, "reported", "pondered"), (2, "pondered", "dispatched")):
            steps.enter(
                tx.connection, case_id=number, user_id=None, actor="A", kind="x",
                from_state=old, to_state=new, at=start + hour * HOUR,
            )  # fmt: skip
    shown = played(database, start, start + 3 * HOUR)[number]
    assert [state for _, state in shown] == ["reported", "pondered", "dispatched"]


def test_what_somebody_does_now_is_played_from_the_next_minute_on(database):
    number = report(database, WEI, PROFILE, TOLD).case["id"]
    take(database, ANNE, number, "file", 0)
    past = datetime.now(UTC) - HOUR
    with database.begin() as tx:
        tx.connection.execute(
            sa.text("UPDATE cases SET reported_at = :p, stage_since = :p"), {"p": past}
        )
    found = played(database, past - HOUR, datetime.now(UTC) + HOUR)
    assert found[number][0] == (minute(past), "reported")
    # The minute in which it was filed may not be over yet.
    assert {state for _, state in found[number][1:]} <= {"reported", "filed"}


def test_cases_closed_before_and_reported_after_the_period_are_not_in_it(database):
    start = datetime(2026, 6, 1, tzinfo=UTC)
    rows = [
        ("before", start - 9 * HOUR, start - HOUR),
        ("over its begin", start - 9 * HOUR, start + HOUR),
        ("within", start + HOUR, start + 2 * HOUR),
        ("over its end", start + HOUR, start + 99 * HOUR),
        ("open since", start - 9 * HOUR, None),
        ("after", start + 24 * HOUR, None),
    ]
    numbers = {}
    with database.begin() as tx:
        for name, reported, closed in rows:
            query = sa.text(
                "INSERT INTO cases (source, category, state, reported_at, closed_at) VALUES"
                " ('snap', 'noise', :s, :r, :c) RETURNING id"
            )
            values = {"s": "closed" if closed else "filed", "r": reported, "c": closed}
            numbers[tx.connection.execute(query, values).scalar_one()] = name
    found = played(database, start, start + 24 * HOUR)
    begin = minute(start)
    assert {numbers[number]: moments for number, moments in found.items()} == {
        "over its begin": [(begin, "reported"), (begin + 60, "closed")],
        "within": [(begin + 60, "reported"), (begin + 120, "closed")],
        "over its end": [(begin + 60, "reported")],
        "open since": [(begin, "filed")],
    }
    assert played(database, start, start + HOUR, categories=("parking",)) == {}


def test_too_many_cases_are_told_with_their_number_and_no_period_is_refused(database, monkeypatch):
    for _ in range(3):
        report(database, WEI, PROFILE, TOLD)
    monkeypatch.setattr(playing_back, "MOST_CASES", 2)
    now = datetime.now(UTC)
    with pytest.raises(InvalidInput, match="3 cases"):
        played(database, now - HOUR, now + HOUR)
    with pytest.raises(InvalidInput):
        played(database, None, now)
