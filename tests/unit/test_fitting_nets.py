"""One net out of several: within communities, round closed compounds, within the band."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from made_nets import at, cells, lattice

from geodata.plans.agreeing import agreement, patches_to_grids
from geodata.plans.fitting import Fitted, fitted, within_band
from geodata.plans.net import Net

EAST = "371311001002"


def counted(net: Net, households) -> Net:
    """The net with these households and no buildings."""
    units = net.units.assign(
        households=np.broadcast_to(households, len(net.units)), homes=[[] for _ in net.units.index]
    )
    return replace(net, units=units.astype({"households": "Int64"}))


def stripes(*cuts: float, height: float = 600.0) -> gpd.GeoDataFrame:
    """Patches side by side, from line to line."""
    boxes = [shapely.box(*at((a, 0), (b, height)).ravel()) for a, b in pairwise(cuts)]
    names = [f"片{k}" for k in range(len(boxes))]
    return gpd.GeoDataFrame({"name": names}, geometry=boxes, crs="EPSG:4548")


def two_communities(columns: int = 6, rows: int = 6) -> Net:
    """A lattice whose eastern half is another community."""
    net = counted(lattice(columns, rows), 50)
    east = net.units.geometry.centroid.x > at((columns * 50, 0))[0][0]
    return replace(net, units=net.units.assign(community=net.units["community"].mask(east, EAST)))


def sizes(net: Net) -> list[int]:
    return net.units.groupby("grid")["households"].sum().tolist()


def agreed(net: Net, nets: dict[str, gpd.GeoDataFrame]) -> float:
    index = agreement(net.units, {"ours": net.borders(), **nets}).index
    return float(index.loc["ours", list(nets)].mean())


def in_band(net: Net, nets: dict[str, gpd.GeoDataFrame], *, low: int, high: int) -> Fitted:
    return within_band(fitted(net, nets), nets, low=low, high=high)


def test_no_grid_that_fits_others_lies_in_two_communities():
    net = two_communities()
    across = {"police": stripes(0, 200, 400, 600), "party": stripes(0, 200, 400, 600)}

    for found in (fitted(net, across), in_band(net, across, low=300, high=600).net):
        assert found.units["grid"].notna().all()
        assert found.units.groupby("grid")["community"].nunique().max() == 1
        held = found.units.groupby("grid")["community"].first()
        assert found.grids["community"].to_dict() == held.to_dict()


def test_the_parts_of_a_patch_in_two_communities_are_not_called_alike():
    across = {"police": stripes(0, 200, 400, 600), "party": stripes(0, 200, 400, 600)}

    found = fitted(two_communities(), across)

    names = found.grids["name"].dropna()
    assert sorted(names) == ["片0", "片1", "片2"]
    assert len(found.grids) == 4


def test_a_net_that_lies_in_the_band_is_left_as_it_is():
    net = counted(lattice(6, 6), 50)
    nets = {"police": stripes(0, 100, 300, 400, 600), "party": stripes(0, 100, 300, 400, 600)}

    found = in_band(net, nets, low=300, high=600)

    assert agreed(found.net, nets) == pytest.approx(1.0)
    assert sizes(found.net) == [300, 600, 300, 600]
    assert found.obstacles == found.cuts == []


def test_grids_outside_the_band_are_made_anew_along_the_borders_that_there_are():
    net = counted(lattice(6, 6), 50)
    nets = {"police": stripes(0, 300, 600), "party": stripes(0, 300, 600)}

    found = in_band(net, nets, low=300, high=500)

    assert sizes(fitted(net, nets)) == [900, 900]
    assert all(300 <= size <= 500 for size in sizes(found.net))
    west = found.net.units.geometry.centroid.x < at((300, 0))[0][0]
    assert found.net.units.groupby("grid").apply(lambda it: west[it.index].nunique()).max() == 1
    assert all(shape.geom_type == "Polygon" for shape in found.net.borders().geometry)


@pytest.mark.parametrize("seed", range(4))
def test_what_the_band_costs_in_agreement_is_as_little_as_a_search_for_compact_grids_loses(seed):
    net = counted(cells(150, 18, seed=seed), 50)
    nets = {f"net {k}": cells(150, 16 + k, seed=seed).borders() for k in range(3)}
    other = {"net 0": cells(150, 18, seed=seed + 50).borders()}

    found = in_band(net, nets, low=300, high=500)

    assert all(300 <= size <= 500 for size in sizes(found.net))
    assert agreed(found.net, nets) <= agreed(fitted(net, nets), nets) + 0.05
    blind = in_band(net, other | {"net 1": other["net 0"]}, low=300, high=500).net
    assert agreed(found.net, nets) > agreed(blind, nets) + 0.1


def test_a_closed_compound_comes_whole_into_one_grid_though_departments_cut_it():
    net = counted(lattice(6, 6), 50)
    gated = net.units.geometry.centroid.distance(shapely.Point(at((300, 300))[0])) < 100
    units = net.units.assign(closed=gated, compound=net.units["compound"].mask(gated, "G"))
    nets = {"police": stripes(0, 300, 600), "party": stripes(0, 300, 600)}

    for found in (
        fitted(replace(net, units=units), nets),
        in_band(replace(net, units=units), nets, low=300, high=500).net,
    ):
        assert gated.sum() == 4
        assert found.units["grid"][gated].nunique() == 1


def test_locked_grids_keep_their_ground_and_their_neighbours_keep_to_the_band():
    net = counted(lattice(6, 6, grid_of=lambda c, r: 1 if c == 0 else 2), 50)
    net = replace(net, grids=net.grids.assign(locked=[True, False]))
    nets = {"police": stripes(0, 300, 600), "party": stripes(0, 400, 600)}

    found = in_band(net, nets, low=300, high=500).net

    assert found.units.index[found.units["grid"] == 1].tolist() == net.of(1).index.tolist()
    assert found.grids.loc[1, "locked"]
    assert all(300 <= size <= 500 for size in sizes(found))


def test_ground_that_no_net_has_stays_in_no_grid():
    net = counted(lattice(8, 6), 50)
    nets = {"police": stripes(0, 300, 600), "party": stripes(0, 200, 600)}

    found = in_band(net, nets, low=300, high=500).net

    bare = found.units.geometry.centroid.x > at((600, 0))[0][0]
    assert found.units["grid"].isna().tolist() == bare.tolist()


def test_where_the_band_cannot_be_met_it_is_said_why():
    net = counted(lattice(2, 2), 50)
    nets = {"police": stripes(0, 100, 200), "party": stripes(0, 100, 200)}

    found = in_band(net, nets, low=300, high=500)

    assert sizes(found.net) == [200]
    assert [one.reason for one in found.obstacles] == ["too_light"]


def test_heavy_ground_is_cut_between_its_buildings_and_the_table_of_patches_knows_its_parts():
    net = counted(lattice(4, 4), 50)
    places = at((110, 110), (190, 110), (110, 190), (190, 190))
    homes = [[x, y, 150, *[0] * 6] for x, y in places.tolist()]
    units = net.units.copy()
    heavy = 6
    units.at[heavy, "homes"] = homes
    units.loc[heavy, "households"] = 600
    for name in ("residents", "elderly", "rented", "shops", "buildings", "cases"):
        units.loc[heavy, name] = 0
    nets = {"police": stripes(0, 200, 400), "party": stripes(0, 200, 400)}

    found = in_band(replace(net, units=units), nets, low=300, high=500)

    assert found.net.units["households"].sum() == units["households"].sum()
    assert all(300 <= size <= 500 for size in sizes(found.net))
    assert [cut.grids > 1 for cut in found.cuts] == [True]
    assert shapely.coverage_is_valid(found.net.units.geometry.to_numpy())
    table = patches_to_grids(found.net, nets["police"])
    assert table.groupby("patch")["share"].sum().tolist() == pytest.approx([1.0, 1.0])
    by_grid = table.groupby("grid")["households"].sum()
    assert by_grid.tolist() == sizes(found.net)


def test_where_nobody_lives_the_band_changes_nothing():
    net = counted(lattice(6, 6), 0)
    nets = {"police": stripes(0, 300, 600), "party": stripes(0, 300, 600)}

    found = in_band(net, nets, low=300, high=500)

    assert agreed_by_units(found.net) == agreed_by_units(fitted(net, nets))


def agreed_by_units(net: Net) -> list[tuple[int, ...]]:
    return sorted(tuple(sorted(units)) for units in net.units.groupby("grid").groups.values())


def test_the_same_nets_give_the_same_net():
    net = counted(cells(120, 14, seed=3), 50)
    nets = {f"net {k}": cells(120, 12 + k, seed=3).borders() for k in range(2)}

    one, two = (in_band(net, nets, low=300, high=500).net for _ in range(2))

    assert one.units["grid"].tolist() == two.units["grid"].tolist()


def test_a_search_that_is_stopped_stops():
    net = counted(cells(120, 14, seed=3), 50)
    nets = {f"net {k}": cells(120, 3 + k, seed=3).borders() for k in range(2)}
    shares: list[float] = []

    def told(share: float) -> bool:
        shares.append(share)
        return True

    within_band(fitted(net, nets), nets, low=300, high=500, told=told)

    assert len(shares) <= 2
