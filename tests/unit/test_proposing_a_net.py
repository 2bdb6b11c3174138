"""A net proposed for the units of a plan."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.plans.net import COUNTED, Net
from geodata.plans.proposal.propose import propose
from geodata.plans.succeeding import heirs

SIDE = 12


def net_of(households=None, *, communities=2, **columns) -> Net:
    """SIDE × SIDE blocks of 100 m, in communities from west to east, in no grid yet."""
    count = SIDE * SIDE
    shapes = [
        shapely.box(100 * i, 100 * j, 100 * i + 100, 100 * j + 100)
        for i in range(SIDE)
        for j in range(SIDE)
    ]
    if households is None:
        households = np.random.default_rng(1).integers(10, 151, count)
    counts = {name: pd.array(households, dtype="Int64") for name in COUNTED}
    given = {
        "grid": pd.array([pd.NA] * count, dtype="Int64"),
        "kind": "block",
        "compound": None,
        "closed": False,
        "community": [f"C{k * communities // count}" for k in range(count)],
        **counts,
        "homes": [[] for _ in range(count)],
    }
    units = gpd.GeoDataFrame(
        given | columns,
        geometry=np.array(shapes, dtype=object),
        crs=4548,
        index=pd.RangeIndex(1, count + 1, name="unit"),
    )
    grids = pd.DataFrame(
        {name: pd.Series(dtype=object) for name in ("code", "name", "community", "worker")}
        | {"locked": pd.Series(dtype=bool)},
        index=pd.Index([], name="grid", dtype="int64"),
    )
    return Net(units, grids, None, count + 1, 1)


def totals(net: Net):
    return net.units.groupby("grid")["households"].sum()


def test_every_unit_is_in_one_grid_of_the_band_and_no_grid_lies_in_two_communities():
    found = propose(net_of(), low=300, high=500)
    assert found.net.units["grid"].notna().all()
    assert totals(found.net).between(300, 500).all()
    assert (
        found.net.units.groupby("grid")["community"].agg(lambda names: len(set(names))) == 1
    ).all()
    assert (found.net.borders().geometry.geom_type == "Polygon").all()
    assert found.objective["in_band"] == found.objective["grids"] == len(found.net.grids)
    assert found.obstacles == []


def test_the_same_seed_gives_the_same_net():
    first = propose(net_of(), low=300, high=500, seed=3).net.units["grid"]
    again = propose(net_of(), low=300, high=500, seed=3).net.units["grid"]
    assert first.equals(again)


def test_a_closed_compound_is_never_cut():
    compound = np.full(SIDE * SIDE, None, dtype=object)
    compound[[5, 6, 17, 18]] = "estate"
    kind = np.where(compound == "estate", "compound", "block")
    weights = np.full(SIDE * SIDE, 90)
    net = net_of(weights, compound=compound, kind=kind, closed=compound == "estate")
    for seed in range(5):
        units = propose(net, low=300, high=500, seed=seed).net.units
        assert len(set(units.loc[units["compound"] == "estate", "grid"])) == 1


def test_locked_grids_stay_and_the_rest_is_divided_around_them():
    first = propose(net_of(), low=300, high=500).net
    kept = int(first.grids.index[3])
    grids = first.grids.copy()
    grids.loc[kept, "locked"] = True
    again = propose(replace(first, grids=grids), low=300, high=500, seed=9).net
    assert set(again.of(kept).index) == set(first.of(kept).index)
    assert again.grids.loc[kept, "locked"]
    assert set(again.grids.index) >= {kept}
    assert len(set(again.grids.index) & set(first.grids.index)) == 1


def test_the_more_of_today_is_kept_the_fewer_households_change_hands():
    today = propose(net_of(), low=300, high=500).net
    codes = [f"{number:03}" for number in today.grids.index]
    today = replace(today, grids=today.grids.assign(code=codes))
    free = propose(today, low=300, high=500, seed=5).objective["handed_over"]
    kept = propose(today, low=300, high=500, seed=5, keep=1.0).objective["handed_over"]
    assert kept < free / 2


def test_grids_of_the_draft_alone_are_handed_over_by_nobody():
    drawn = propose(net_of(), low=300, high=500).net
    assert propose(drawn, low=300, high=500, seed=5).objective["handed_over"] is None


def test_a_grid_is_called_as_the_one_of_today_that_it_carries_on():
    today = propose(net_of(), low=300, high=500).net
    grids = today.grids.assign(name=[f"grid {k}" for k in range(len(today.grids))])
    found = propose(replace(today, grids=grids), low=300, high=500, seed=5, keep=1.0).net
    names = found.grids["name"][found.grids["name"] != ""]
    assert names.is_unique
    assert len(names) > len(grids) * 0.8


def test_borders_run_along_streets_where_they_can():
    net = net_of(communities=1)
    across = [shapely.LineString([(0, 100 * k), (100 * SIDE, 100 * k)]) for k in (2, 4, 6, 8, 10)]
    lines = gpd.GeoDataFrame({"kind": "residential"}, geometry=across, crs=4548, index=range(5))
    plain = propose(net, low=300, high=500).net
    along = propose(replace(net, lines=lines), low=300, high=500)
    without = propose(replace(plain, lines=lines), low=300, high=500).objective
    assert along.objective["on_street_m"] > 0.5 * along.objective["border_m"]
    assert without["on_street_m"] is not None


def test_water_joins_no_banks_and_falls_to_the_grid_beside_it():
    kind = np.full(SIDE * SIDE, "block", dtype=object)
    weights = np.random.default_rng(1).integers(60, 120, SIDE * SIDE)
    river = np.arange(SIDE) + SIDE * 5  # one column of blocks, communities end beside it
    kind[river] = "water"
    weights[river] = 0
    community = np.repeat(["west", "east"], [SIDE * 6, SIDE * 6])
    found = propose(net_of(weights, kind=kind, community=community), low=300, high=500)
    assert found.net.units["grid"].notna().all()
    assert (found.net.borders().geometry.geom_type == "Polygon").all()


def test_banks_that_only_water_connects_are_still_divided():
    kind = np.full(SIDE * SIDE, "block", dtype=object)
    weights = np.full(SIDE * SIDE, 70)
    river = np.arange(SIDE) + SIDE * 5
    kind[river] = "water"
    weights[river] = 0
    found = propose(net_of(weights, kind=kind, communities=1), low=300, high=500)
    assert totals(found.net).between(300, 500).all()


def test_what_makes_the_band_impossible_is_named_and_a_net_still_proposed():
    weights = np.full(SIDE * SIDE, 80)
    weights[30] = 900
    found = propose(net_of(weights), low=300, high=500)
    (obstacle,) = found.obstacles
    assert obstacle.reason == "no_buildings"
    assert obstacle.units == [31]
    assert obstacle.helps == {"high": 900}
    assert found.net.units["grid"].notna().all()
    others = totals(found.net)[lambda sums: sums < 900]
    assert others.between(300, 500).all()


def test_every_pocket_that_makes_the_band_impossible_is_named():
    weights = np.full(SIDE * SIDE, 400)
    weights[[0, 77, SIDE * SIDE - 1]] = [110, 120, 130]  # with any neighbour more than 500
    found = propose(net_of(weights, communities=1), low=300, high=500)
    assert [one.reason for one in found.obstacles] == ["stuck"] * 3
    assert [one.units for one in found.obstacles] == [[1], [78], [SIDE * SIDE]]
    assert [one.helps for one in found.obstacles] == [
        {"low": light, "high": 400 + light} for light in (110, 120, 130)
    ]


def test_unknown_households_count_as_none():
    net = net_of()
    net.units.loc[[1, 2, 3], "households"] = pd.NA
    found = propose(net, low=300, high=500)
    assert found.net.units["grid"].notna().all()


def test_whoever_is_told_may_stop_and_gets_what_is_done():
    shares = []

    def told(share, best):
        shares.append((share, best().net.units["grid"].notna().mean()))
        return share >= 0.5

    found = propose(net_of(), low=300, high=500, told=told)
    assert shares[-1][0] == pytest.approx(0.5)
    assert found.net.units["grid"].notna().mean() == pytest.approx(0.5)


def test_heirs_are_found_by_the_households_that_stay():
    new = [10, 10, 11, 11, 12]
    old = [1, 1, 1, 2, pd.NA]
    households = [100, 50, 120, 30, 500]
    assert heirs(new, old, households=households, area_m2=[1] * 5) == {10: 1, 11: 2}
