"""What changes hands between two nets, and how far several nets agree."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from made_nets import at, cells, lattice
from shapely import LineString, Polygon
from trying import tries

from geodata.errors import InvalidInput
from geodata.plans.actions import apply
from geodata.plans.agreeing import adjusted_rand_index, agreement, patches_to_grids
from geodata.plans.comparing import compare
from geodata.plans.fitting import fitted
from geodata.plans.net import COUNTED, Net
from geodata.plans.overlaying import overlay

HALVES = lattice(4, 2, grid_of=lambda c, r: 1 if c < 2 else 2)


def test_a_net_compared_with_itself_differs_in_nothing():
    found = compare(HALVES, HALVES)
    assert len(found.moved) == 0
    assert found.households_moved == 0
    assert (found.figures["change"].dropna() == 0).all()
    assert found.carried_on == {1: 1, 2: 2}


def test_ground_that_changes_hands_is_told_with_its_households():
    after = apply(HALVES, {"action": "assign", "units": [2, 6], "grid": 2}).net
    found = compare(HALVES, after)
    assert found.moved[["before", "after"]].to_numpy().tolist() == [[1, 2]]
    moved = int(HALVES.units.loc[[2, 6], "households"].sum())
    assert found.households_moved == found.moved["households"].sum() == moved
    assert found.moved.geometry.iloc[0].equals(shapely.box(*at((100, 0), (200, 200)).ravel()))
    table = found.grids.set_index("after")
    assert table["lost"].to_dict() == {1: moved, 2: 0}
    assert table["gained"].to_dict() == {1: 0, 2: moved}
    assert found.households_rehanded is None


def test_nets_that_cut_the_ground_into_other_units_are_compared_too():
    line = LineString(at((-1, 130), (401, 120)))
    cut = apply(HALVES, {"action": "split", "line": line}).net
    whole = apply(
        apply(cut, {"action": "merge", "grids": [1, 3]}).net, {"action": "merge", "grids": [2, 4]}
    ).net
    assert len(whole.units) > len(HALVES.units)
    assert len(compare(whole, HALVES).moved) == 0
    found = compare(HALVES, cut)
    assert set(found.moved["after"]) == {3, 4}
    assert (
        found.moved["households"].sum()
        == cut.units[cut.units["grid"].isin([3, 4])]["households"].sum()
    )


def test_households_whose_worker_is_another_are_counted():
    for number, name in ((1, "王芳"), (2, "李强")):
        HALVES.grids.loc[number, "worker"] = name
    after = apply(HALVES, {"action": "assign", "units": [2], "grid": 2}).net
    assert compare(HALVES, after).households_rehanded == HALVES.units.loc[2, "households"]
    HALVES.grids["worker"] = None


def test_a_grid_carries_on_the_one_with_its_code():
    before, after = HALVES, apply(HALVES, {"action": "assign", "units": [1, 2, 5], "grid": 2}).net
    assert compare(before, after).carried_on[2] in (1, 2)
    coded = [Net(net.units, net.grids.assign(code=["A", "B"])) for net in (before, after)]
    assert compare(*coded).carried_on == {1: 1, 2: 2}


def test_ground_in_no_grid_and_grids_that_are_gone_are_told():
    after = apply(HALVES, {"action": "remove", "grid": 1}).net
    found = compare(HALVES, after)
    assert found.moved["after"].isna().tolist() == [True]
    gone = found.grids[found.grids["after"].isna()]
    assert gone["before"].tolist() == [1]
    back = compare(after, HALVES)
    assert back.moved["before"].isna().tolist() == [True]


@given(seed=st.integers(0, 500), count=st.integers(6, 40), other=st.integers(2, 30))
@settings(max_examples=tries(8), deadline=None)
def test_an_overlay_covers_the_same_ground_with_the_same_counts(seed, count, other):
    net, patches = cells(count, 3, seed=seed), cells(other, 2, seed=seed + 1, holes=1).borders()
    patches = pd.concat([patches, patches.iloc[:1].translate(200, 100).to_frame("geometry")])
    pieces = overlay(net.units, {"police": gpd.GeoDataFrame(patches, crs=net.units.crs)})
    assert pieces["area_m2"].sum() == pytest.approx(
        shapely.area(net.units.geometry.to_numpy()).sum()
    )
    assert shapely.area(shapely.union_all(pieces.geometry.to_numpy())) == pytest.approx(
        pieces["area_m2"].sum()
    )
    assert pieces[list(COUNTED)].sum().equals(net.units[list(COUNTED)].sum())
    for name in COUNTED:
        assert pieces.groupby("unit")[name].sum().tolist() == net.units[name].tolist()


def brute_force(one, other, weights) -> float:
    """The index from all pairs of items, by its definition."""
    a, b = np.repeat(one, weights), np.repeat(other, weights)
    pairs = np.triu(np.ones((len(a), len(a)), dtype=bool), 1)
    same_a, same_b = (a[:, None] == a)[pairs], (b[:, None] == b)[pairs]
    both, left, right, every = (same_a & same_b).sum(), same_a.sum(), same_b.sum(), pairs.sum()
    expected = left * right / every
    largest = (left + right) / 2
    return 1.0 if largest == expected else float((both - expected) / (largest - expected))


@given(
    st.lists(
        st.tuples(st.integers(-1, 3), st.integers(-1, 3), st.integers(0, 4)),
        min_size=2,
        max_size=12,
    )
)
@settings(max_examples=200, deadline=None)
def test_the_measure_of_agreement_is_that_of_all_pairs_of_households(things):
    one, other, weights = (np.array(column) for column in zip(*things, strict=True))
    value = adjusted_rand_index(one, other, weights)
    if weights.sum() < 2:
        assert np.isnan(value)
    else:
        assert value == pytest.approx(brute_force(one, other, weights))


def shifted(net: Net, metres: float) -> gpd.GeoDataFrame:
    moved = net.borders().translate(metres, 0)
    return gpd.GeoDataFrame({"code": ["P1", "P2"]}, geometry=moved.to_numpy(), crs=net.units.crs)


def test_nets_of_departments_are_laid_over_each_other():
    police = shifted(HALVES, 30.0)
    found = agreement(
        HALVES.units, {"grids": HALVES.borders(), "police": police, "party": HALVES.borders()}
    )
    assert found.index.loc["grids", "party"] == pytest.approx(1.0)
    assert 0 < found.index.loc["grids", "police"] < 1
    assert found.best in ("grids", "party")
    worst = found.worst(1).iloc[0]
    assert {worst["one"], worst["other"]} == {"grids", "police"}
    of_two = found.disagreements.query("one == 'grids' and other == 'police'")
    assert of_two["area_m2"].sum() == pytest.approx(2 * 30 * 200)
    assert of_two["patch_other"].isna().sum() == 1


def test_old_patches_are_told_with_their_new_grids():
    table = patches_to_grids(HALVES, shifted(HALVES, 30.0).set_index("code"))
    assert table.groupby("patch")["share"].sum().tolist() == pytest.approx([1.0, 1.0])
    first = table.drop_duplicates("patch").set_index("patch")
    assert first["grid"].to_dict() == {"P1": 1, "P2": 2}
    assert first.loc["P2", "share"] == 1.0


def test_a_dirty_net_of_a_department_is_taken_as_far_as_it_goes():
    bow = Polygon(at((0, 0), (200, 200), (200, 0), (0, 200)))
    bad = gpd.GeoDataFrame({"code": ["X"]}, geometry=[bow], crs=HALVES.units.crs)
    found = agreement(HALVES.units, {"grids": HALVES.borders(), "city": bad})
    assert found.pieces["area_m2"].sum() == pytest.approx(80_000)


@pytest.mark.parametrize("names", [["one net"], ["households", "police"]])
def test_nets_that_cannot_be_laid_over_each_other_are_refused(names):
    with pytest.raises(InvalidInput):
        agreement(HALVES.units, {name: HALVES.borders() for name in names})


def pairs_agreed(net: Net, nets: dict) -> float:
    """The mean agreement of a net with others."""
    ours = net.borders()
    index = agreement(net.units, {"ours": ours, **nets}).index
    return float(index.loc["ours", list(nets)].mean())


def test_the_net_that_fits_equal_nets_is_that_net():
    ours = HALVES.borders()
    found = fitted(HALVES, {"police": ours, "party": ours})
    assert found.units["grid"].tolist() == (HALVES.units["grid"] + 2).tolist()
    assert found.grids["name"].tolist() == HALVES.grids["name"].tolist()
    assert found.next_grid == 5


def test_what_most_departments_hold_together_is_held_together():
    net = cells(60, 6, seed=8)
    other = apply(net, {"action": "merge", "grids": [1, int(neighbour_of(net, 1))]}).net
    nets = {"police": net.borders(), "party": net.borders(), "city": other.borders()}
    assert pairs_agreed(fitted(net, nets), {"police": net.borders()}) == pytest.approx(1.0)


def neighbour_of(net: Net, grid: int) -> int:
    pairs, _metres = net.beside()
    sides = net.units["grid"].loc[pairs.ravel()].to_numpy().reshape(-1, 2)
    return next(b if a == grid else a for a, b in sides if (a == grid) != (b == grid))


@pytest.mark.parametrize("seed", range(5))
def test_the_fitted_net_agrees_no_worse_than_the_best_of_the_given_and_holds_together(seed):
    net = cells(80, 6, seed=seed)
    nets = {f"net {k}": cells(80, 5 + k, seed=seed).borders() for k in range(3)}
    found = fitted(net, nets)
    best = max(pairs_agreed(apply_patches(net, patches), nets) for patches in nets.values())
    assert pairs_agreed(found, nets) > best - 0.02
    assert set(found.units["grid"].dropna()) == set(found.grids.index)
    if all(shape.geom_type == "Polygon" for net in nets.values() for shape in net.geometry):
        assert all(shape.geom_type == "Polygon" for shape in found.borders().geometry)


def apply_patches(net: Net, patches: gpd.GeoDataFrame) -> Net:
    return fitted(net, {"police": patches, "party": patches})
