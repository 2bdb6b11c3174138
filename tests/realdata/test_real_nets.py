"""Nets and streets of real places: checked, mended, cut into units."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from real_district import real_district

from geodata.crs import to_local
from geodata.exchange.checked_out import write_checked
from geodata.exchange.checking import Wish, check_file, mend_checked
from geodata.plans import units
from geodata.plans.coverage import cut, made_valid, mend
from geodata.plans.findings import examine
from geodata.plans.proposal.propose import propose
from geodata.profiles import load_profile

FOLDER = Path(
    os.environ.get("WANGGE_REALDATA", Path(__file__).parents[2].parent / "shared" / "data")
)
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of real data is not there"),
]
PROFILE = load_profile("linyi")


def test_overlaps_and_gaps_of_the_precincts_are_those_that_a_peer_finds():
    checked = check_file(FOLDER / "ri_precincts.zip", profile=PROFILE)

    frame = gpd.read_file(f"/vsizip/{FOLDER}/ri_precincts.zip/RI_precincts.shp").to_crs(32619)
    shapes = made_valid(frame.geometry.to_numpy())
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pair = one < other
    common = shapely.area(shapely.intersection(shapes[one[pair]], shapes[other[pair]]))
    whole = shapely.union_all(shapes)
    holes = sum(len(part.interiors) for part in shapely.get_parts(whole))
    summary = checked.summary
    assert summary["polygons"] == 419
    assert summary["overlap_m2"] == pytest.approx(common.sum(), rel=0.01)
    assert summary["rules"]["overlap"] == (common > 0).sum()
    assert summary["rules"]["gap"] == pytest.approx(holes, abs=5)


def test_the_precincts_become_a_coverage_and_stay_one_in_a_file(tmp_path):
    checked = check_file(FOLDER / "ri_precincts.zip", profile=PROFILE)

    mended = mend_checked(checked)

    assert shapely.coverage_is_valid(mended.shapes)
    assert shapely.area(mended.shapes).sum() == pytest.approx(
        shapely.area(checked.shapes).sum(), rel=1e-6
    )
    before, after = shapely.area(checked.shapes), shapely.area(mended.shapes)
    told = np.zeros(len(before))
    for change in mended.changes:
        for who in (change.loses, change.gains):
            if who is not None:
                told[who] += change.area_m2
    # Changes below a square metre are not told; of these a precinct may have a few neighbours.
    assert (np.abs(after - before) <= told + 12).all()
    assert mend(mended.shapes, report_m2=0.0).changes == ()
    write_checked(checked, mended, tmp_path / "mended.gpkg", language="en")
    again = check_file(tmp_path / "mended.gpkg", profile=PROFILE, wish=Wish(layer="mended"))
    assert again.summary["rules"].get("overlap", 0) == 0
    assert again.summary["rules"]["gap"] == len(mended.gaps)


def test_counties_that_cross_themselves_are_named_and_mended():
    checked = check_file(FOLDER / "linyi_counties_selfcrossing.geojson", profile=PROFILE)

    assert checked.summary["rules"]["invalid"] == 5
    mended = mend_checked(checked)
    assert shapely.is_valid(mended.shapes).all()
    assert shapely.coverage_is_valid(mended.shapes)
    assert sum(change.kind == "invalid" for change in mended.changes) == 5


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("futian_streets.gpkg", None),
        ("wuhan_streets.parquet", (114.28, 30.58, 114.31, 30.61)),
    ],
)
def test_units_built_from_real_streets_cover_their_communities(name, box):
    path = FOLDER / name
    streets = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    streets = streets.rename(columns={"highway": "kind"})
    streets["kind"] = streets["kind"].astype(str)
    if box is not None:
        streets = streets[streets.intersects(shapely.box(*box))]
    local = to_local(streets)
    lines = shapely.get_parts(local.geometry.to_numpy())
    ground = shapely.buffer(shapely.concave_hull(shapely.multilinestrings(lines), ratio=0.2), 30)
    west, south, east, north = ground.bounds
    middle = shapely.LineString([((west + east) / 2, south - 9), ((west + east) / 2, north + 9)])
    halves = cut([ground], lines=[middle])
    halves = halves.shapes[halves.claims == 1]
    areas = gpd.GeoDataFrame(
        {"code": [f"c{n}" for n in range(len(halves))]}, geometry=halves, crs=local.crs
    )
    blocks = cut([ground], lines=local.geometry[~local["kind"].isin(units.NO_BORDER)].to_numpy())
    inner = shapely.buffer(blocks.shapes[(blocks.claims == 1) & (blocks.areas > 8_000)], -12)[::2]
    inner = inner[shapely.get_type_id(inner) == 3]
    inner = inner[shapely.area(inner) > 2_000]
    estates = gpd.GeoDataFrame(
        {"code": [f"k{n}" for n in range(len(inner))], "closed": True, "households": 300},
        geometry=inner,
        crs=local.crs,
    )

    net = units.build(areas, estates, streets)

    assert shapely.coverage_is_valid(net.units.geometry.to_numpy())
    found = net.units.area.groupby(net.units["community"]).sum().sort_index()
    wanted = areas.set_index("code").to_crs(net.units.crs).area.sort_index()
    assert found.tolist() == pytest.approx(wanted.tolist(), rel=1e-6)
    assert net.units["households"].sum() == 300 * len(estates)
    assert set(estates["code"]) == set(net.units["compound"].dropna())


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("futian_streets.gpkg", None),
        ("wuhan_streets.parquet", (114.28, 30.58, 114.30, 30.60)),
    ],
)
def test_a_district_on_real_streets_is_cut_into_units_that_a_grid_can_be_made_of(name, box):
    district = real_district(FOLDER / name, box=box)
    homes = district.buildings.assign(buildings=1)

    net = units.build(district.communities, district.compounds, district.streets, buildings=homes)

    shapes = net.units.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapes).min() > 500
    assert net.units["households"].sum() == homes["households"].sum()
    by_code = net.units.groupby("compound")["households"].sum()
    wanted = district.compounds.set_index("code")["households"]
    assert by_code.sort_index().tolist() == wanted.sort_index().tolist()
    found = net.units.area.groupby(net.units["community"]).sum().sort_index()
    ground = district.communities.set_index("code").to_crs(net.units.crs).area.sort_index()
    assert found.tolist() == pytest.approx(ground.tolist(), rel=1e-6)


def test_islands_and_strips_of_coast_keep_no_precinct_from_being_right():
    checked = check_file(FOLDER / "ri_precincts.zip", profile=PROFILE)

    apart = [one for one in checked.findings if one.rule == "not_contiguous"]
    by_code = {checked.titles[checked.ids.index(one.ids[0])]: one for one in apart}
    assert len(apart) == 54
    # 2102 has an island in the bay, 2811 has a part in the middle of its neighbours;
    # 97 strips of 3515, a few centimetres wide, run along the coast of the precinct beside it.
    assert by_code["2811"].severity == "error"
    assert by_code["2102"].severity == "note"
    assert "3515" not in by_code
    grave = [one for one in checked.findings if one.severity == "error"]
    assert {one.rule for one in grave} == {"overlap", "not_contiguous"}
    assert all(one.numbers["area_m2"] > 0.3 for one in grave)


def test_a_proposal_on_real_streets_gives_every_unit_to_a_grid_in_one_piece():
    district = real_district(
        FOLDER / "wuhan_streets.parquet", box=(114.285, 30.585, 114.300, 30.598), communities=2
    )
    homes = district.buildings.assign(buildings=1)
    net = units.build(district.communities, district.compounds, district.streets, buildings=homes)

    done = propose(net, low=300, high=500, seed=1)

    assert done.net.units["grid"].notna().all()
    rules = Counter(one.rule for one in examine(done.net, profile=PROFILE))
    assert rules["gap"] == rules["not_contiguous"] == rules["two_communities"] == 0
    sizes = done.net.units.groupby("grid")["households"].sum()
    assert ((sizes >= 300) & (sizes <= 500)).mean() > 0.8
    # Only what is larger than a grid may be is cut, between its buildings.
    large = district.compounds.set_index("code")["households"] > 500
    parts = done.net.units.dropna(subset=["compound"]).groupby("compound")["grid"].nunique()
    assert set(parts.index[parts > 1]) <= set(large.index[large])
