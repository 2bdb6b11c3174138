"""The generated district looks like one, and is the same for the same seed."""

from __future__ import annotations

import hashlib
import inspect
import os
import subprocess
import sys
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.demo import generate
from geodata.demo.framing import county_code
from geodata.demo.nets import RECUT_DAYS
from geodata.demo.warp import LOCAL_CRS, spiral
from geodata.errors import InvalidInput
from geodata.places.codes import map_order
from geodata.profiles import load_profile


def fingerprint(city):
    digest = hashlib.sha256()
    for name, frame in city.layers().items():
        digest.update(name.encode())
        digest.update(frame.drop(columns="geometry").to_csv(index=False).encode())
        digest.update(b"".join(frame.geometry.to_wkb()))
    for chunk in city.cases():
        for name, column in chunk.items():
            digest.update(name.encode())
            plain = column.dtype != object
            digest.update(np.asarray(column).tobytes() if plain else repr(column.tolist()).encode())
    return digest.hexdigest()


ELSEWHERE = f"""
import hashlib, numpy as np
from geodata.demo import generate
{inspect.getsource(fingerprint)}
print(fingerprint(generate(cases=3000)))
"""


@pytest.fixture(scope="module")
def city():
    return generate()


@pytest.fixture(scope="module")
def today(city):
    """The layers as they hold at the city's end, in metres."""
    return {
        name: frame[frame["ended"].isna()].to_crs(LOCAL_CRS).reset_index(drop=True)
        for name, frame in city.layers().items()
    }


def faulty_grids(city):
    return {code for fault in city.faults for code in fault.grids}


def test_the_same_seed_gives_the_same_city_to_the_byte_in_any_process(city):
    answer = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == fingerprint(replace(city, case_count=3000))


def test_another_seed_gives_another_city(city):
    other = generate(seed=city.seed + 1, cases=0)
    assert not other.compounds["name"].head(20).equals(city.compounds["name"].head(20))
    assert not shapely.equals(
        other.areas.geometry.iloc[0], city.areas.geometry.iloc[0]
    ) or not other.streets.geometry.iloc[5].equals(city.streets.geometry.iloc[5])


def test_it_has_the_size_of_luozhuang(city, today):
    levels = today["areas"]["level"].value_counts()
    assert levels.to_dict() == {"community": 49, "street_office": 8, "county": 1}
    assert len(today["compounds"]) == 220
    assert set(today["compounds"]["type"]) == set(city.profile.keys("compound_types"))
    assert 3500 <= len(today["buildings"]) <= 6500
    assert 80 <= len(today["facilities"]) <= 110
    assert set(today["facilities"]["kind"]) == set(city.profile.keys("facility_kinds"))
    assert 55_000 <= today["compounds"]["households"].sum() <= 75_000


def test_it_lies_in_linyi(city):
    west, south, east, north = city.areas.total_bounds
    assert 118.3 < west < east < 118.4
    assert 35.0 < south < north < 35.1


def test_communities_street_offices_and_the_district_are_one_coverage(today):
    areas = today["areas"]
    county = areas.geometry[areas["level"] == "county"].iloc[0]
    for level in ("street_office", "community"):
        level_areas = areas[areas["level"] == level]
        shapes = level_areas.geometry.to_numpy()
        assert shapely.is_valid(shapes).all()
        assert shapely.coverage_is_valid(shapes)
        assert shapely.coverage_union_all(shapes).symmetric_difference(county).area < 0.01
    names = areas["name"][areas["level"] == "community"]
    assert names.is_unique


def test_every_area_lies_in_its_parent(today):
    areas = today["areas"].set_index("code")
    for code, row in areas.iterrows():
        if row["parent_code"] is None or row["parent_code"] != row["parent_code"]:
            continue
        assert code.startswith(row["parent_code"])
        parent = areas.loc[row["parent_code"], "geometry"]
        assert row.geometry.difference(parent).area < 0.01


def test_the_former_net_is_a_coverage_and_the_present_one_but_for_its_faults(city):
    former = city.grids[city.grids["since"].isna()].to_crs(LOCAL_CRS)
    assert shapely.coverage_is_valid(former.geometry.to_numpy())
    present = city.grids[city.grids["ended"].isna()].to_crs(LOCAL_CRS)
    sound = present[~present["code"].isin(faulty_grids(city))]
    assert shapely.coverage_is_valid(sound.geometry.to_numpy())
    assert len(sound) > 140


def test_grids_have_300_to_500_households_but_for_the_planted_faults(city):
    present = city.grids[city.grids["ended"].isna()]
    outside = present[~present["households"].between(300, 500)]
    assert set(outside["code"]) <= faulty_grids(city)


def test_each_planted_fault_can_be_found_by_geometry(city, today):
    grids = today["grids"].set_index("code").geometry
    communities = today["areas"][today["areas"]["level"] == "community"]
    local = {
        fault.kind: (fault, gpd.GeoSeries([fault.where], crs=4326).to_crs(LOCAL_CRS).iloc[0])
        for fault in city.faults
    }
    assert set(local) == {"compound_cut", "too_large", "gap", "overlap"}

    fault, where = local["overlap"]
    one, two = (grids[code] for code in fault.grids)
    assert one.intersection(two).area > 500
    assert one.intersection(two).symmetric_difference(where).area < 1

    fault, where = local["gap"]
    hole = communities.geometry.union_all().difference(grids.union_all())
    assert hole.symmetric_difference(where).area < 1
    assert where.area > 2000

    fault, where = local["too_large"]
    households = today["grids"].set_index("code")["households"]
    assert households[fault.grids[0]] > 500

    fault, where = local["compound_cut"]
    compound = today["compounds"].set_index("code").loc[fault.compounds[0]]
    assert compound["closed"]
    shares = [compound.geometry.intersection(grids[code]).area for code in fault.grids]
    assert min(shares) > 0.2 * compound.geometry.area


def test_no_closed_compound_is_cut_but_the_planted_one(city, today):
    planted = {code for fault in city.faults for code in fault.compounds}
    closed = today["compounds"][today["compounds"]["closed"]]
    pairs = gpd.overlay(
        closed[["code", "geometry"]], today["grids"][["code", "geometry"]], how="intersection"
    )
    pairs = pairs[pairs.area > 50]
    often = pairs["code_1"].value_counts()
    overlapping = {code for fault in city.faults if fault.kind == "overlap" for code in fault.grids}
    cut = set(often[often > 1].index)
    by_overlap = set(pairs["code_1"][pairs["code_2"].isin(overlapping)])
    assert planted <= cut
    assert cut - by_overlap == planted


def test_buildings_stand_inside_their_compound_and_community(today):
    buildings = today["buildings"].dropna(subset="compound_code")
    compounds = today["compounds"].set_index("code").geometry
    homes = compounds.loc[buildings["compound_code"]].to_numpy()
    assert shapely.covers(homes, buildings.geometry.to_numpy()).all()
    areas = today["areas"].set_index("code").geometry
    everywhere = today["buildings"]
    inside = shapely.covers(
        areas.loc[everywhere["area_code"]].to_numpy(), everywhere.geometry.to_numpy()
    )
    assert inside.all()


def test_no_two_buildings_overlap(today):
    shapes = today["buildings"].geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    other = left < right
    overlap = shapely.area(shapely.intersection(shapes[left[other]], shapes[right[other]]))
    assert overlap.size == 0 or overlap.max() < 0.05


def test_no_building_stands_on_a_street_or_in_the_river(today):
    streets = today["streets"]
    carriageway = streets[~streets["kind"].isin(["footway", "service"])]
    widths = np.array([row["width_m"] / 2 for row in carriageway["extra"]])
    paved = shapely.buffer(carriageway.geometry.to_numpy(), widths, cap_style="flat")
    shapes = today["buildings"].geometry.to_numpy()
    _, hit = shapely.STRtree(paved).query(shapes, predicate="intersects")
    assert hit.size == 0
    ways = streets[streets["kind"].isin(["footway", "service"])].geometry.to_numpy()
    building, way = shapely.STRtree(ways).query(shapes, predicate="intersects")
    crossed = shapely.length(shapely.intersection(shapes[building], ways[way]))
    assert crossed.size == 0 or (crossed > 0.5).mean() < 0.02


def test_streets_cross_the_river_on_bridges_only(today):
    streets = today["streets"]
    river = streets[streets["kind"] == "river"].geometry.union_all()
    crossing = streets[streets["kind"].ne("river") & streets.geometry.intersects(river)]
    assert crossing["bridge"].all()
    assert 3 <= crossing["name"].nunique() <= 6


def test_one_can_walk_from_any_street_to_any_other(today):
    streets = today["streets"]
    walkable = streets[~streets["kind"].isin(["river", "rail", "trunk"])]
    ends = np.round(
        np.concatenate(
            [
                shapely.get_coordinates(shapely.get_point(walkable.geometry.to_numpy(), place))
                for place in (0, -1)
            ]
        ),
        1,
    )
    _, node = np.unique(ends, axis=0, return_inverse=True)
    start, end = node[: len(walkable)], node[len(walkable) :]
    label = np.arange(node.max() + 1)
    for _ in range(2000):
        low = np.minimum(label[start], label[end])
        before = label.copy()
        np.minimum.at(label, start, low)
        np.minimum.at(label, end, low)
        if (before == label).all():
            break
    largest = np.bincount(label[start]).max() / len(walkable)
    assert largest > 0.97


def test_codes_run_from_west_to_east_in_bands_from_north_to_south(city):
    communities = city.areas[city.areas["level"] == "community"]
    for _, group in communities.groupby("parent_code"):
        middle = group.geometry.to_crs(LOCAL_CRS).centroid.to_crs(4326)
        order = map_order(middle.x, middle.y)
        assert group["code"].iloc[order].tolist() == sorted(group["code"])
    first_net = city.grids[city.grids["since"].isna()]
    for _, group in first_net.groupby("area_code"):
        middle = group.geometry.to_crs(LOCAL_CRS).centroid.to_crs(4326)
        order = map_order(middle.x, middle.y)
        assert group["code"].iloc[order].tolist() == sorted(group["code"])


def test_codes_are_twelve_digits_and_fifteen_under_a_county_that_there_is_not(city):
    communities = city.areas["code"][city.areas["level"] == "community"]
    assert communities.str.fullmatch(r"371399\d{6}").all()
    assert city.grids["code"].str.fullmatch(r"371399\d{9}").all()
    assert (city.grids["code"].str[:12] == city.grids["area_code"]).all()
    assert county_code(0) == "371399"
    assert county_code(7) == "379907"


def test_each_grid_has_a_worker_who_answers_for_no_other(city):
    current = city.grids[city.grids["ended"].isna()]
    workers = [extra["worker"] for extra in current["extra"]]
    assert len(set(workers)) == len(current)
    account = next(user for user in city.users if user.name == "worker")
    [duty] = account.areas
    mine = current[[extra["worker"] in account.display_name for extra in current["extra"]]]
    assert mine["area_code"].tolist() == [duty]
    # Whose number did not change has the same worker after the net was cut anew.
    former = city.grids[city.grids["ended"].notna()].set_index("code")["extra"]
    both = current.set_index("code")["extra"].loc[lambda one: one.index.isin(former.index)]
    assert len(both) > 3
    assert (both == former.loc[both.index]).all()


def test_a_grid_number_that_was_given_up_is_not_used_again(city):
    recut = city.grids["since"].dropna().unique()
    assert len(recut) == 1
    assert (city.until - recut[0]).days == RECUT_DAYS
    ended = city.grids[city.grids["ended"].notna()]
    current = city.grids[city.grids["ended"].isna()]
    assert current["code"].is_unique
    gone = set(ended["code"]) - set(current["code"])
    new = set(current["code"]) - set(city.grids["code"][city.grids["since"].isna()])
    assert len(gone) == 3
    assert len(new) == 6
    assert not gone & new


def test_some_compounds_are_beyond_every_five_minute_circle_and_few_beyond_fifteen(city, today):
    profile = city.profile
    facilities = today["facilities"]
    stations = facilities[facilities["kind"].isin(profile.circle_kinds)].geometry.union_all()
    distance = today["compounds"].geometry.centroid.distance(stations)
    assert 0.25 < (distance > profile.radius_m(5)).mean() < 0.75
    assert 0 < (distance > profile.radius_m(15)).mean() < 0.12


def test_types_differ_as_their_names_say(today):
    compounds = today["compounds"].copy()
    buildings = today["buildings"].dropna(subset="compound_code")
    floors = buildings.groupby("compound_code")["floors"].mean()
    compounds["floors"] = compounds["code"].map(floors)
    by_type = compounds.groupby("type")
    closed = by_type["closed"].mean()
    assert closed["commercial"] > 0.85
    assert closed["village"] < 0.3
    unmanaged = compounds["property_firm"].isna().groupby(compounds["type"]).mean()
    assert unmanaged["village"] > 0.6
    assert unmanaged["commercial"] < 0.2
    assert by_type["floors"].mean()["commercial"] > 1.6 * by_type["floors"].mean()["village"]


def test_households_add_up_from_buildings_to_the_district(today):
    buildings, compounds, areas = today["buildings"], today["compounds"], today["areas"]
    for count in ("households", "residents"):
        of_buildings = buildings.groupby("compound_code")[count].sum()
        assert (compounds.set_index("code")[count].sort_index() == of_buildings).all()
        total = compounds[count].sum()
        for level in ("county", "street_office", "community"):
            assert areas[count][areas["level"] == level].sum() == total
    assert (buildings["elderly"] <= buildings["residents"]).all()


def test_districts_fit_together():
    city = generate(scale=2, cases=7)
    assert [len(chunk["geom"]) for chunk in city.cases()] == [4, 3]
    counties = city.areas[city.areas["level"] == "county"].to_crs(LOCAL_CRS).geometry
    overlap = counties.area.sum() - counties.union_all().area
    assert abs(overlap) < 30
    assert counties.union_all().buffer(1).buffer(-1).geom_type == "Polygon"
    for name, frame in city.layers().items():
        assert frame["code"][frame["ended"].isna()].is_unique, name


def test_places_of_districts_are_all_different():
    places = spiral(60)
    assert len(set(places)) == 60
    assert max(abs(place.east) for place in places) <= 4


@pytest.mark.parametrize("wrong", [{"scale": 0}, {"scale": 100}, {"cases": -1}])
def test_what_cannot_be_generated_is_refused(wrong):
    with pytest.raises(InvalidInput):
        generate(**wrong)


def test_a_profile_without_the_demo_s_words_is_refused():
    with pytest.raises(InvalidInput, match="WANGGE_PROFILE=linyi"):
        generate(profile=load_profile("city"))
