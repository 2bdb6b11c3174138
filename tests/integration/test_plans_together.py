"""Two planners in one draft, in any order of events: nothing is lost, and all can be undone."""

from __future__ import annotations

import hypothesis
import numpy as np
import orjson
import pytest
import shapely
from hypothesis import stateful
from hypothesis import strategies as st
from kept_drafts import ANNE, BERT, SIDE, SOUTH, STEP_M, WEST, bytes_of, kept, lattice
from trying import tries

from geodata.crs import convert_geometries
from geodata.errors import Conflict, StaleRevision
from geodata.plans import actions, drafting, reading
from geodata.plans.net import COUNTED
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
NET = lattice()
GROUND_M2 = float(shapely.area(NET.units.geometry.to_numpy()).sum())
WIDTH = SIDE * STEP_M
places = st.tuples(*(st.floats(-20, WIDTH + 20, allow_nan=False) for _ in "xy"))
few = st.integers(0, 10_000)


def degrees(shape):
    moved = convert_geometries(np.array([shape]), from_="EPSG:4548", to="wgs84")[0]
    return orjson.loads(shapely.to_geojson(moved))


def at(points):
    return [(WEST + x, SOUTH + y) for x, y in points]


class TwoPlanners(stateful.RuleBasedStateMachine):
    """Anne and Bert draw in turn; each knows the revision that he saw last."""

    database = None

    @stateful.initialize()
    def open(self):
        self.plan = kept(self.database, NET)
        self.start = bytes_of(self.database, self.plan)
        self.saw = {"anne": 0, "bert": 0}
        self.states = {0: self.start}
        self.revision = 0

    def act(self, actor, action):
        before = bytes_of(self.database, self.plan)
        seen = self.saw[actor.name]
        try:
            done = drafting.act(self.database, actor, PROFILE, self.plan, action, revision=seen)
        except StaleRevision as refusal:
            assert seen != self.revision
            self.learns(refusal.members["difference"], seen, before)
            self.saw[actor.name] = self.revision
        except actions.Refused:
            assert bytes_of(self.database, self.plan) == before
        else:
            assert seen == self.revision
            self.moved(actor, done, before)

    def learns(self, difference, seen, now):
        """The difference names every unit whose row is another than then."""
        assert bytes_of(self.database, self.plan) == now
        then = self.states[seen]
        changed = {row.split(",")[1] for row in set(then[0]) ^ set(now[0])}
        assert {int(number) for number in changed} <= set(difference["units"])
        assert difference["revision"] == self.revision

    def moved(self, actor, done, before):
        assert done.draft.revision == self.revision + 1
        self.revision += 1
        self.saw[actor.name] = self.revision
        self.states[self.revision] = bytes_of(self.database, self.plan)
        assert self.states[self.revision] != before

    @stateful.rule(bert=st.booleans(), places=st.lists(places, min_size=2, max_size=4))
    def split(self, bert, places):
        line = degrees(shapely.LineString(at(places)))
        self.act(BERT if bert else ANNE, {"action": "split", "line": line})

    @stateful.rule(bert=st.booleans(), places=st.lists(places, min_size=2, max_size=4))
    def reshape(self, bert, places):
        line = degrees(shapely.LineString(at(places)))
        self.act(BERT if bert else ANNE, {"action": "reshape", "line": line})

    @stateful.rule(bert=st.booleans(), places=st.lists(places, min_size=3, max_size=5))
    def draw(self, bert, places):
        polygon = degrees(shapely.Polygon(at(places)))
        self.act(BERT if bert else ANNE, {"action": "draw", "polygon": polygon})

    @stateful.rule(bert=st.booleans(), units=st.lists(few, min_size=1, max_size=4), grid=few)
    def assign(self, bert, units, grid):
        net = reading.read(self.database, ANNE, self.plan)[1]
        numbers = [int(net.units.index[k % len(net.units)]) for k in units]
        to = int(net.grids.index[grid % len(net.grids)])
        self.act(BERT if bert else ANNE, {"action": "assign", "units": numbers, "grid": to})

    @stateful.rule(bert=st.booleans(), pair=st.tuples(few, few))
    def merge(self, bert, pair):
        grids = reading.read(self.database, ANNE, self.plan)[1].grids
        numbers = [int(grids.index[k % len(grids)]) for k in pair]
        self.act(BERT if bert else ANNE, {"action": "merge", "grids": numbers})

    @stateful.rule(bert=st.booleans(), grid=few, what=st.sampled_from(["lock", "unlock", "remove"]))
    def handle(self, bert, grid, what):
        grids = reading.read(self.database, ANNE, self.plan)[1].grids
        number = int(grids.index[grid % len(grids)])
        self.act(BERT if bert else ANNE, {"action": what, "grid": number})

    @stateful.rule(bert=st.booleans(), back=st.booleans())
    def turn(self, bert, back):
        actor = BERT if bert else ANNE
        verb = drafting.undo if back else drafting.redo
        before = bytes_of(self.database, self.plan)
        try:
            done = verb(self.database, actor, PROFILE, self.plan)
        except Conflict:
            assert bytes_of(self.database, self.plan) == before
        else:
            self.moved(actor, done, before)

    @stateful.invariant()
    def the_units_cover_the_ground(self):
        net = reading.read(self.database, ANNE, self.plan)[1]
        shapes = net.units.geometry.to_numpy()
        assert shapely.coverage_is_valid(shapes)
        assert abs(shapely.area(shapes).sum() / GROUND_M2 - 1) < 1e-6
        assert set(net.units["grid"].dropna().astype(int)) == set(net.grids.index)
        for name in COUNTED:
            assert net.units[name].sum() == NET.units[name].sum()

    def teardown(self):
        if not hasattr(self, "plan"):
            return
        steps = reading.history(self.database, ANNE, self.plan, limit=1_000)
        assert [step.revision for step in steps] == list(range(self.revision, 0, -1))
        while reading.draft(self.database, ANNE, self.plan).can_undo:
            drafting.undo(self.database, BERT, PROFILE, self.plan)
        assert bytes_of(self.database, self.plan) == self.start


@pytest.mark.parametrize("seed", [1, 2])
def test_two_planners_lose_nothing_and_can_undo_all(database, seed):
    machine = type("Planners", (TwoPlanners,), {"database": database})
    stateful.run_state_machine_as_test(
        hypothesis.seed(seed)(machine),
        settings=hypothesis.settings(
            max_examples=tries(3),
            stateful_step_count=15,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
