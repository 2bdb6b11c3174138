"""What a net comes to."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from made_nets import at, cells, lattice

from geodata.plans.actions import apply, part_of
from geodata.plans.figures import Reckoning, figures, histogram, reckoning_of, totals
from geodata.plans.net import COUNTED
from geodata.profiles import load_profile

HALVES = lattice(4, 2, grid_of=lambda c, r: 1 if c < 2 else 2)


def test_a_square_has_its_area_its_border_and_its_compactness():
    row = figures(HALVES).loc[1]
    assert row["area_m2"] == pytest.approx(40_000)
    assert row["perimeter_m"] == pytest.approx(800)
    assert row["compactness"] == pytest.approx(np.pi / 4)


def test_figures_are_those_of_the_union_of_the_units():
    net = cells(80, 9, seed=3, holes=3)
    table, union = figures(net), net.borders()
    union = union.loc[table.index]
    assert table["area_m2"].to_numpy() == pytest.approx(union.area.to_numpy())
    assert table["perimeter_m"].to_numpy() == pytest.approx(union.length.to_numpy())
    for name in COUNTED:
        assert table[name].tolist() == union[name].tolist()
    assert table["compounds"].tolist() == net.units.groupby("grid")["compound"].nunique().tolist()


def test_figures_of_some_grids_on_a_part_are_those_of_the_whole():
    net = cells(80, 9, seed=3)
    part = part_of(net, {"action": "merge", "grids": [2, 5]})
    pd.testing.assert_frame_equal(figures(part, grids=[2, 5]), figures(net).loc[[2, 5]])


def test_unknown_households_are_unknown_and_not_none():
    net = lattice(4, 1, grid_of=lambda c, r: 1 if c < 2 else 2)
    net.units["households"] = pd.array([None, None, 7, None], dtype="Int64")
    table = figures(net)
    assert pd.isna(table.loc[1, "households"])
    assert table.loc[2, "households"] == 7
    assert table["uncounted"].tolist() == [2, 1]
    assert table["band"].tolist() == [None, "below"]


def test_the_share_of_the_border_that_lies_on_streets():
    street = shapely.LineString(at((0, 0.5), (400, 0.5)))
    lines = gpd.GeoDataFrame({"kind": ["street"]}, geometry=[street], crs=HALVES.units.crs)
    table = figures(replace(HALVES, lines=lines))
    assert table["border_on_lines"].tolist() == pytest.approx([0.25, 0.25])
    assert figures(HALVES)["border_on_lines"].isna().all()


def test_the_farthest_walk_starts_from_the_station_if_the_grid_has_one():
    net = lattice(3, 1)
    net.units["homes"] = pd.Series(
        [[[*at((10, 50))[0], 5]], [[*at((150, 50))[0], 5]], [[*at((290, 50))[0], 5]]],
        index=net.units.index,
    )
    assert figures(net).loc[1, "walk_m"] == pytest.approx(140 * 1.3)
    stations = [shapely.Point(at((10, 50))[0]), shapely.Point(at((900, 900))[0])]
    assert figures(net, stations=stations).loc[1, "walk_m"] == pytest.approx(280 * 1.3)


def test_load_and_staff_are_as_the_profile_says():
    reckoning = reckoning_of(load_profile("linyi"))
    net = lattice(1, 1)
    for name, count in zip(COUNTED, (100, 1_501, 20, 10, 4, 6, 30), strict=True):
        net.units[name] = pd.array([count], dtype="Int64")
    row = figures(net, reckoning=reckoning).loc[1]
    weights = reckoning.workload
    load = 100 * weights.households + 20 * weights.elderly + 10 * weights.rented
    load += 4 * weights.shops + 30 * weights.cases
    assert row["workload"] == pytest.approx(load)
    assert (row["cadres"], row["workers"], row["heads"]) == (1, 2, 6)


def test_the_whole_counts_what_is_in_no_grid_apart():
    net = apply(HALVES, {"action": "assign", "units": [1, 2], "grid": None}).net
    whole = totals(net, figures(net))
    assert whole["grids"] == 2
    assert whole["left_units"] == 2
    assert whole["left_area_m2"] == pytest.approx(20_000)
    assert whole["households"] + whole["left_households"] == net.units["households"].sum()
    assert whole["below"] + whole["inside"] + whole["above"] == 2


def test_a_net_without_grids_has_no_figures():
    net = apply(lattice(2, 1), {"action": "remove", "grid": 1}).net
    table = figures(net)
    assert len(table) == 0
    assert totals(net, table)["households"] is None


@given(
    sizes=st.lists(st.one_of(st.none(), st.integers(0, 5_000)), max_size=60),
    low=st.integers(1, 900),
    wide=st.integers(0, 900),
)
@settings(max_examples=200, deadline=None)
def test_every_grid_stands_in_one_bar_and_the_band_ends_where_bars_end(sizes, low, wide):
    bars = histogram(pd.array(sizes, dtype="Int64"), low=low, high=low + wide)
    known = [size for size in sizes if size is not None]
    assert sum(bar["grids"] for bar in bars) == len(known)
    assert bars[0]["from"] == 0
    assert bars[-1]["to"] is None
    for bar, after in pairwise(bars):
        assert bar["to"] + 1 == after["from"]
    inside = [bar for bar in bars if bar["in_band"]]
    assert inside
    if inside[-1]["to"] is not None:
        assert inside[0]["from"] == low
        assert inside[-1]["to"] == low + wide
        assert sum(bar["grids"] for bar in inside) == sum(
            low <= size <= low + wide for size in known
        )


def test_the_reckoning_is_a_setting():
    far = figures(HALVES, reckoning=Reckoning(detour_factor=2.0))["walk_m"]
    assert (far / figures(HALVES)["walk_m"]).tolist() == pytest.approx([2 / 1.3] * 2)
