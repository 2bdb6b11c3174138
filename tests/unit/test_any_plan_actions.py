"""Whatever is done to a net in whatever order, it stays a net."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from made_nets import EAST, NORTH, cells
from shapely import LineString, Point, Polygon
from trying import tries

from geodata.plans.actions import Refused, Step, apply, part_of
from geodata.plans.net import COUNTED

SIZE = 1_000.0
METRES = st.integers(-80_000, 1_080_000).map(lambda mm: mm / 1_000)
SPOTS = st.one_of(
    st.tuples(METRES, METRES),
    # a corner of the net as it is, and how far from it
    st.tuples(
        st.integers(0, 9_999), st.sampled_from([0.0, 0.00004, 0.3, 0.7, 30.0]), st.integers(0, 7)
    ),
)


def changed(step: Step) -> tuple:
    """All that tells one step from another."""
    units = step.net.units.loc[[*step.units_changed, *step.units_added]]
    grids = step.net.grids.loc[[*step.grids_changed, *step.grids_added]]
    return (
        shapely.to_wkb(units.geometry.to_numpy()).tolist(),
        units[["grid", *COUNTED]]
        .astype(object)
        .where(units[["grid", *COUNTED]].notna(), None)
        .to_numpy()
        .tolist(),
        units["homes"].tolist(),
        grids.astype(object).where(grids.notna(), None).to_numpy().tolist(),
        replace(step, net=None),
        (step.net.next_unit, step.net.next_grid),
    )


class AnyActions(RuleBasedStateMachine):
    """A planner who draws whatever comes to mind on a net of random cells."""

    @initialize(
        seed=st.integers(0, 10_000),
        count=st.integers(8, 60),
        grids=st.integers(1, 9),
        holes=st.integers(0, 3),
    )
    def begin(self, seed: int, count: int, grids: int, holes: int) -> None:
        self.net = cells(count, min(grids, count - holes), seed=seed, size=SIZE, holes=holes)
        shapes = self.net.units.geometry.to_numpy()
        self.ground = shapely.union_all(shapes)
        self.sums = self.net.units[list(COUNTED)].sum()
        self.used = {*self.net.units.index}

    def spot(self, given: tuple) -> tuple[float, float]:
        if len(given) == 2:
            return EAST + given[0], NORTH + given[1]
        corners = shapely.get_coordinates(self.net.units.geometry.to_numpy())
        x, y = corners[given[0] % len(corners)]
        turn = given[2] * np.pi / 4
        return x + given[1] * np.cos(turn), y + given[1] * np.sin(turn)

    def grid(self, number: int) -> int:
        known = self.net.grids.index
        return int(known[number % len(known)]) if len(known) else 0

    def do(self, **action: object) -> None:
        part = part_of(self.net, action)
        try:
            step = apply(self.net, action)
        except Refused as refusal:
            reason = refusal.reason
        else:
            reason = None
        if reason is not None:
            with pytest.raises(Refused) as found:
                apply(part, action)
            assert found.value.reason == reason
            return
        of_part = apply(part, action)
        assert changed(step) == changed(of_part)
        self.prove_told(step)
        self.net = step.net

    def prove_told(self, step: Step) -> None:
        """What the step says is what differs."""
        before, after = self.net.units, step.net.units
        assert set(before.index) - set(after.index) == set(step.units_removed)
        assert set(after.index) - set(before.index) == set(step.units_added)
        assert not set(step.units_added) & self.used
        self.used |= set(step.units_added)
        both = before.index.intersection(after.index)
        old, new = before.loc[both], after.loc[both]
        differs = (
            shapely.to_wkb(old.geometry.to_numpy()) != shapely.to_wkb(new.geometry.to_numpy())
        ) | (old["grid"].fillna(-1) != new["grid"].fillna(-1)).to_numpy()
        assert set(both[differs]) == set(step.units_changed)
        assert set(self.net.grids.index) - set(step.net.grids.index) == set(step.grids_removed)
        assert set(step.net.grids.index) - set(self.net.grids.index) == set(step.grids_added)
        still = self.net.grids.index.intersection(step.net.grids.index).difference(
            step.grids_redrawn
        )
        for grid in still:
            was, now = (
                shapely.area(net.of(grid).geometry.to_numpy()).sum() for net in (self.net, step.net)
            )
            assert abs(was - now) < 0.5, grid

    @rule(a=SPOTS, b=SPOTS, c=SPOTS, d=SPOTS, named=st.one_of(st.none(), st.integers(0, 99)))
    def split(self, a, b, c, d, named) -> None:
        line = LineString([self.spot(one) for one in (a, b, c, d)])
        self.do(action="split", line=line, **({} if named is None else {"grid": self.grid(named)}))

    @rule(a=METRES, b=METRES, along=st.booleans(), bend=METRES)
    def split_across(self, a, b, along, bend) -> None:
        ends = [(-10, a), (500, bend), (SIZE + 10, b)]
        self.do(
            action="split",
            line=LineString(
                [(EAST + (y if along else x), NORTH + (x if along else y)) for x, y in ends]
            ),
        )

    @rule(middle=SPOTS, radius=st.integers(1, 400), sides=st.integers(3, 12))
    def split_round(self, middle, radius, sides) -> None:
        turns = np.linspace(0, 2 * np.pi, sides, endpoint=False)
        x, y = self.spot(middle)
        ring = np.stack((x + radius * np.cos(turns), y + radius * np.sin(turns)), axis=1)
        self.do(action="split", line=LineString(np.concatenate((ring, ring[:1]))))

    @rule(spots=st.lists(SPOTS, min_size=3, max_size=7), hole=st.booleans())
    def draw(self, spots, hole) -> None:
        shell = Polygon([self.spot(one) for one in spots])
        inner = shell.buffer(-20) if hole and shell.is_valid else Polygon()
        holes = [inner.exterior] if isinstance(inner, Polygon) and not inner.is_empty else []
        self.do(action="draw", polygon=Polygon(shell.exterior, holes))

    @rule(a=SPOTS, b=SPOTS, c=SPOTS, d=SPOTS)
    def reshape(self, a, b, c, d) -> None:
        self.do(action="reshape", line=LineString([self.spot(one) for one in (a, b, c, d)]))

    @rule(
        number=st.integers(0, 9_999),
        to=st.integers(0, 9_999),
        out=st.tuples(st.integers(-90, 90), st.integers(-90, 90)),
    )
    def reshape_near(self, number, to, out) -> None:
        """From a border to a border, out into one of the grids."""
        borders = self.net.borders()
        if not len(borders):
            return
        ring = shapely.get_exterior_ring(
            shapely.get_parts(borders.geometry.to_numpy()[number % len(borders)])[0]
        )
        at = [
            shapely.line_interpolate_point(ring, (number + k * (to % 200 + 5)) % ring.length)
            for k in (0, 1, 2)
        ]
        line = [(at[0].x, at[0].y), (at[1].x + out[0], at[1].y + out[1]), (at[2].x, at[2].y)]
        self.do(action="reshape", line=LineString(line))

    @rule(start=SPOTS, end=SPOTS)
    def drag(self, start, end) -> None:
        self.do(action="drag", **{"from": Point(self.spot(start)), "to": Point(self.spot(end))})

    @rule(number=st.integers(0, 9_999), by=st.tuples(st.integers(-60, 60), st.integers(-60, 60)))
    def drag_a_little(self, number, by) -> None:
        x, y = self.spot((number, 0.0, 0))
        self.do(action="drag", **{"from": Point(x, y), "to": Point(x + by[0], y + by[1])})

    @rule(
        units=st.lists(st.integers(0, 9_999), min_size=1, max_size=4),
        grid=st.one_of(st.none(), st.integers(0, 99)),
    )
    def assign(self, units, grid) -> None:
        index = self.net.units.index
        named = [int(index[one % len(index)]) for one in units]
        self.do(action="assign", units=named, grid=None if grid is None else self.grid(grid))

    @rule(a=st.integers(0, 99), b=st.integers(0, 99))
    def merge(self, a, b) -> None:
        self.do(action="merge", grids=[self.grid(a), self.grid(b)])

    @rule(a=st.integers(0, 99))
    def merge_with_a_neighbour(self, a) -> None:
        pairs, _metres = self.net.beside()
        of = self.net.units["grid"].fillna(0).astype(int)
        grids = sorted({(of[i], of[j]) for i, j in pairs.tolist() if 0 < of[i] != of[j] > 0})
        if grids:
            self.do(action="merge", grids=list(map(int, grids[a % len(grids)])))

    @rule(grid=st.integers(0, 99), to=st.sampled_from(["none", "neighbours"]))
    def remove(self, grid, to) -> None:
        self.do(action="remove", grid=self.grid(grid), units_to=to)

    @rule(grid=st.integers(0, 99), action=st.sampled_from(["lock", "unlock", "unlock"]))
    def lock(self, grid, action) -> None:
        self.do(action=action, grid=self.grid(grid))

    @invariant()
    def is_a_net(self) -> None:
        if not hasattr(self, "net"):
            return
        units = self.net.units
        shapes = units.geometry.to_numpy()
        assert all(shape.geom_type == "Polygon" for shape in shapes)
        assert shapely.is_valid(shapes).all()
        assert shapely.coverage_is_valid(shapes)
        assert abs(shapely.area(shapes).sum() - self.ground.area) < 1e-6 * self.ground.area
        now = shapely.coverage_union_all(shapes)
        assert now.symmetric_difference(self.ground).area < 1e-6 * self.ground.area
        assert units.index.is_unique
        assert units.index.max() < self.net.next_unit
        assert units[list(COUNTED)].sum().equals(self.sums)
        assert set(units["grid"].dropna()) == set(self.net.grids.index)
        assert units["grid"].dtype == pd.Int64Dtype()
        for homes, shape in zip(units["homes"], shapes, strict=True):
            assert all(shape.dwithin(Point(home[:2]), 0.001) for home in homes)


TestAnyActions = AnyActions.TestCase
TestAnyActions.settings = settings(
    max_examples=tries(8),
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
