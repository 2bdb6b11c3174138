"""What a step's own answer tells of the whole, and that the whole is never told of the past."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from kept_drafts import ANNE, assign, kept, lattice

from geodata.crs import convert_geometries
from geodata.places import storing
from geodata.plans import drafting, reading
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")


@pytest.fixture
def plan(database):
    """Twelve by twelve units, six by six grids: most grids are far from each other."""
    return kept(database, lattice(12))


def act(database, plan, **action):
    revision = reading.draft(database, ANNE, plan).revision
    return drafting.act(database, ANNE, PROFILE, plan, action, revision=revision)


def told(found, rule):
    return {one.ids for one in found if one.rule == rule}


def test_a_name_that_a_far_grid_has_is_told_with_the_step(database, plan):
    done = act(database, plan, action="rename", grid=1, name="第36网格")
    assert 36 not in done.net.grids.index  # not even loaded
    assert told(done.findings, "duplicate_name") == {(1, 36)}
    whole = reading.findings(database, ANNE, PROFILE, plan)[1]
    assert told(whole, "duplicate_name") == {(1, 36)}
    done = drafting.undo(database, ANNE, PROFILE, plan)
    assert told(done.findings, "duplicate_name") == set()


def test_that_a_new_grid_has_no_worker_is_told_where_only_far_grids_have_one(database):
    net = lattice(12)
    rows = net.grids.assign(worker=None)
    rows.loc[36, "worker"] = "宋桂兰"
    plan = kept(database, replace(net, grids=rows))
    done = drafting.act(database, ANNE, PROFILE, plan, assign([3], 1), revision=0)
    assert 36 not in done.net.grids.index
    assert told(done.findings, "no_worker") == {(1,), (2,)}


def test_what_a_step_tells_of_its_grids_is_what_the_whole_tells_of_them(database, plan):
    done = drafting.act(database, ANNE, PROFILE, plan, assign([5, 6], 8), revision=0)
    whole = reading.findings(database, ANNE, PROFILE, plan)[1]
    mine = [one for one in whole if {*one.ids} & {*done.changed}]
    assert mine
    assert {one.key for one in done.findings if one.ids} == {one.key for one in mine}


def test_the_whole_is_looked_at_again_after_each_step_and_when_a_station_came(database, plan):
    before = reading.findings(database, ANNE, PROFILE, plan)
    assert reading.findings(database, ANNE, PROFILE, plan) == before
    act(database, plan, action="rename", grid=1, name="第36网格")
    draft, found = reading.findings(database, ANNE, PROFILE, plan)
    assert draft.revision == 1
    assert told(found, "duplicate_name") == {(1, 36)}
    assert not told(found, "no_station")
    far = convert_geometries([shapely.Point(520_000.0, 3_880_000.0)], from_="EPSG:4548", to="wgs84")
    with database.begin() as tx:
        storing.store_versions(
            tx.connection,
            "facilities",
            {
                "code": ["F1"],
                "name": ["北园驿站"],
                "kind": [PROFILE.circle_kinds[0]],
                "extra": [{}],
                "geom": list(far),
            },
        )
        tx.changed("facilities", "F1", "added")
    assert told(reading.findings(database, ANNE, PROFILE, plan)[1], "no_station")
