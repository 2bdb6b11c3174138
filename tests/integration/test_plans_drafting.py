"""Drafts on a real PostGIS: nothing is lost, everything can be taken back."""

from __future__ import annotations

import threading

import pandas as pd
import psycopg
import pytest
import shapely
import sqlalchemy as sa
from kept_drafts import ANNE, BERT, assign, bytes_of, kept, lattice

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound, StaleRevision, Unavailable
from geodata.plans import drafting, reading, remarking
from geodata.plans.net import COUNTED
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")


@pytest.fixture
def plan(database):
    """The number of a draft of 36 units and 9 grids."""
    return kept(database, lattice())


def test_a_draft_is_read_as_it_was_stored(database, plan):
    net = lattice()
    draft, found = reading.read(database, ANNE, plan)
    assert (draft.revision, draft.state, draft.can_undo, draft.can_redo) == (
        0,
        "draft",
        False,
        False,
    )
    pd.testing.assert_frame_equal(found.grids, net.grids, check_index_type=False)
    assert list(found.units.index) == list(net.units.index)
    assert shapely.equals_identical(
        found.units.geometry.to_numpy(), net.units.geometry.to_numpy()
    ).all()
    for name in net.units.columns.drop("geometry"):
        assert found.units[name].tolist() == net.units[name].tolist() or name in COUNTED
        if name in COUNTED:
            assert found.units[name].equals(net.units[name])
    assert (found.next_unit, found.next_grid) == (net.next_unit, net.next_grid)


def test_an_action_changes_what_it_says_and_nothing_else(database, plan):
    before = bytes_of(database, plan)
    outcome = drafting.act(database, ANNE, PROFILE, plan, assign([3], 1), revision=0)
    assert outcome.draft.revision == 1
    assert outcome.changed == (1, 2)
    assert outcome.changed_units == (3,)
    after = bytes_of(database, plan)
    assert sum(a != b for a, b in zip(before[0], after[0], strict=True)) == 1
    assert before[1] == after[1]


def test_undo_and_redo_lead_back_and_forth_to_the_byte(database, plan):
    states = [bytes_of(database, plan)]
    for action in (assign([3], 1), {"action": "merge", "grids": [1, 4]}, assign([22], 3)):
        draft = reading.draft(database, ANNE, plan)
        drafting.act(database, ANNE, PROFILE, plan, action, revision=draft.revision)
        states.append(bytes_of(database, plan))
    for _ in range(3):  # as often as one wishes
        for state in reversed(states[:-1]):
            drafting.undo(database, BERT, PROFILE, plan)
            assert bytes_of(database, plan) == state
        with pytest.raises(Conflict):
            drafting.undo(database, ANNE, PROFILE, plan)
        for state in states[1:]:
            drafting.redo(database, ANNE, PROFILE, plan)
            assert bytes_of(database, plan) == state
        with pytest.raises(Conflict):
            drafting.redo(database, ANNE, PROFILE, plan)
    kinds = [step.kind for step in reading.history(database, ANNE, plan)]
    assert len(kinds) == 3 + 3 * 6
    assert kinds[-3:] == ["assign", "merge", "assign"]


def test_a_new_step_ends_what_could_be_done_again(database, plan):
    drafting.act(database, ANNE, PROFILE, plan, assign([3], 1), revision=0)
    drafting.undo(database, ANNE, PROFILE, plan)
    drafting.act(database, ANNE, PROFILE, plan, assign([9], 1), revision=2)
    with pytest.raises(Conflict):
        drafting.redo(database, ANNE, PROFILE, plan)


def test_the_later_of_two_planners_learns_what_changed(database, plan):
    drafting.act(database, ANNE, PROFILE, plan, assign([3], 1), revision=0)
    state = bytes_of(database, plan)
    with pytest.raises(StaleRevision) as refusal:
        drafting.act(database, BERT, PROFILE, plan, assign([3], 3), revision=0)
    assert bytes_of(database, plan) == state
    difference = refusal.value.members["difference"]
    assert (difference["since"], difference["revision"]) == (0, 1)
    assert (difference["grids"], difference["units"]) == ([1, 2], [3])
    assert [step["actor"] for step in difference["steps"]] == ["anne"]


def test_of_two_at_once_one_wins_and_the_other_is_told(database, plan):
    ready = threading.Barrier(2)
    ends = []

    def draw(actor, unit):
        ready.wait()
        try:
            ends.append(drafting.act(database, actor, PROFILE, plan, assign([unit], 1), revision=0))
        except StaleRevision as refusal:
            ends.append(refusal)

    threads = [threading.Thread(target=draw, args=one) for one in ((ANNE, 3), (BERT, 9))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in ends) == ["Outcome", "StaleRevision"]
    refusal = next(one for one in ends if isinstance(one, StaleRevision))
    assert refusal.members["difference"]["steps"]
    assert reading.draft(database, ANNE, plan).revision == 1


def test_a_connection_killed_in_the_middle_leaves_the_draft_as_it_was(
    database, plan, server, monkeypatch
):
    before = bytes_of(database, plan)
    real = drafting.store.add_step

    def killed(connection, **values):
        real(connection, **values)
        mine = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(server.admin_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [mine])

    monkeypatch.setattr(drafting.store, "add_step", killed)
    with pytest.raises(Unavailable):
        drafting.act(database, ANNE, PROFILE, plan, assign([3], 1), revision=0)
    monkeypatch.undo()
    assert bytes_of(database, plan) == before
    draft = reading.draft(database, ANNE, plan)
    assert (draft.revision, draft.can_undo) == (0, False)
    assert reading.history(database, ANNE, plan) == []


def test_steps_are_never_edited(database, plan):
    drafting.act(database, ANNE, PROFILE, plan, assign([3], 1), revision=0)
    for statement in (
        "UPDATE plan_steps SET actor = 'bert'",
        "DELETE FROM plan_steps",
        "TRUNCATE plan_steps",
    ):
        with (
            pytest.raises(sa.exc.ProgrammingError, match="never edited"),
            database.begin() as tx,
        ):
            tx.connection.execute(sa.text(statement))


def test_each_verb_leaves_one_entry_in_the_audit(database, plan):
    drafting.act(database, ANNE, PROFILE, plan, assign([3], 1), revision=0)
    drafting.undo(database, ANNE, PROFILE, plan)
    remarking.comment(database, ANNE, plan, "这里有围墙", lon=117.0, lat=35.0)
    with database.read() as connection:
        actions = connection.execute(sa.text("SELECT action FROM audit ORDER BY id")).scalars()
        assert list(actions) == [
            "opened_draft",
            "changed_draft",
            "changed_draft",
            "remarked_on_draft",
        ]


def test_a_copy_begins_anew_and_leaves_the_original_alone(database, plan):
    drafting.act(database, ANNE, PROFILE, plan, assign([3], 1), revision=0)
    state = bytes_of(database, plan)
    copy = drafting.copy(database, BERT, plan, name="另一方案")
    assert (copy.revision, copy.copied_from, copy.can_undo) == (0, plan, False)
    drafting.act(database, BERT, PROFILE, copy.id, assign([9], 1), revision=0)
    assert bytes_of(database, plan) == state


def test_who_may_do_what(database, plan):
    for role in ("worker", "commander", "viewer"):
        stranger = Actor(user_id=None, name=role, role=role)
        with pytest.raises(NotAllowed):
            drafting.act(database, stranger, PROFILE, plan, assign([3], 1), revision=0)
        with pytest.raises(NotAllowed):
            reading.read(database, stranger, plan)
        assert reading.drafts(database, stranger) == []
    elsewhere = Actor(None, "carl", "planner", frozenset({"371399001002"}))
    for verb in (drafting.undo, drafting.redo):
        with pytest.raises(NotAllowed):
            verb(database, elsewhere, PROFILE, plan)
    for verb in (reading.read, reading.history):
        with pytest.raises(NotAllowed):
            verb(database, elsewhere, plan)
    here = Actor(None, "dora", "planner", frozenset({"371399001001"}))
    assert drafting.act(database, here, PROFILE, plan, assign([3], 1), revision=0)
    assert [draft.id for draft in reading.drafts(database, here)] == [plan]
    with pytest.raises(NotFound):
        reading.read(database, ANNE, plan + 1)


def test_a_shared_draft_is_read_and_remarked_on_but_not_changed(database, plan):
    user = add_user(database, Actor.terminal(), "emil", role="commander")
    reader = user.actor()
    with pytest.raises(NotAllowed):
        reading.read(database, reader, plan)
    remarking.share(database, ANNE, plan, "emil")
    remarking.share(database, ANNE, plan, "emil")
    assert remarking.readers(database, ANNE, plan) == ["emil"]
    assert reading.read(database, reader, plan)[0].id == plan
    remarking.comment(database, reader, plan, " 这里分开更好 ", lon=118.25, lat=35.05)
    [remark] = remarking.comments(database, reader, plan)
    assert (remark.words, remark.lon, remark.lat) == ("这里分开更好", 118.25, 35.05)
    for verb in (drafting.undo, drafting.redo):
        with pytest.raises(NotAllowed):
            verb(database, reader, PROFILE, plan)
    with pytest.raises(NotAllowed):
        remarking.share(database, reader, plan, "emil")
    remarking.unshare(database, ANNE, plan, "emil")
    with pytest.raises(NotAllowed):
        remarking.comments(database, reader, plan)
    with pytest.raises(NotFound):
        remarking.unshare(database, ANNE, plan, "emil")


@pytest.mark.parametrize(
    "given",
    [
        {"type": "LineString", "coordinates": []},
        {"type": "LineString", "coordinates": [[1e400, 2], [3, 4]]},
        {"type": "LineString", "coordinates": [[500, 2], [3, 4]]},
        {"type": "Nonsense"},
        {"coordinates": [[1, 2]]},
        "LINESTRING (0 0, 1 1)",
        [],
        {"type": "LineString", "coordinates": [["a", "b"], [3, 4]]},
    ],
)
def test_what_is_no_geometry_is_refused_with_a_reason(database, plan, given):
    before = bytes_of(database, plan)
    with pytest.raises(InvalidInput) as refusal:
        drafting.act(
            database, ANNE, PROFILE, plan, {"action": "reshape", "line": given}, revision=0
        )
    assert refusal.value.reason in {"no_place", "not_a_line", "no_length"}
    assert bytes_of(database, plan) == before
