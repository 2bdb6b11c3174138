"""Nets of departments beside a plan: what is kept, fitted and carried over in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from kept_drafts import ANNE, SOUTH, STEP_M, WEST, assign, bytes_of, kept, lattice

from geodata.accounts import Actor
from geodata.crs import convert_geometries
from geodata.errors import Cancelled, Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from geodata.places import storing
from geodata.plans import departments, drafting, drafts, publishing, uniting
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
CRS = "EPSG:4548"
SOON = datetime.now(PROFILE.zone).date() + timedelta(days=10)
ADMIN = Actor(user_id=None, name="admin", role="admin")


def columns(*cuts):
    """Patches from line to line of the lattice, from the west to the east."""
    shapes = [
        shapely.box(WEST + a * STEP_M, SOUTH, WEST + b * STEP_M, SOUTH + 6 * STEP_M)
        for a, b in pairwise(cuts)
    ]
    return gpd.GeoDataFrame(
        {"code": [f"{k:02d}" for k in range(len(shapes))], "name": None},
        geometry=shapes,
        crs=CRS,
    )


def add(database, name, frame, **values):
    return departments.add(database, ANNE, frame, name=name, filename="a.zip", **values)


@pytest.fixture
def plan(database):
    return kept(database, lattice())


def test_patches_come_back_as_they_were_drawn(database, plan):
    net = add(database, "公安", columns(0, 2, 6))
    _draft, found = departments.patches(database, ANNE, plan, net.id)
    assert found["code"].tolist() == ["00", "01"]
    assert found["name"].tolist() == [None, None]
    for got, meant in zip(found.geometry, columns(0, 2, 6).geometry, strict=True):
        assert shapely.area(shapely.symmetric_difference(got, meant)) < 0.01


def test_patches_far_from_the_draft_are_not_brought(database, plan):
    frame = columns(0, 2, 6)
    far = gpd.GeoDataFrame(
        {"code": ["x"], "name": ["远"]},
        geometry=[shapely.affinity.translate(frame.geometry.iloc[0], 50_000, 0)],
        crs=CRS,
    )
    net = add(database, "公安", gpd.GeoDataFrame(gpd.pd.concat([frame, far]), crs=CRS))
    assert net.patches == 3
    (_draft, (here,)) = departments.around(database, ANNE, plan)
    assert here.here == 2
    add(database, "远方", far)
    assert len(departments.around(database, ANNE, plan)[1]) == 1
    assert len(departments.every(database, ANNE)) == 2


def test_collections_and_broken_polygons_are_taken_as_far_as_they_have_ground(database, plan):
    x, y = WEST, SOUTH
    bow = shapely.Polygon([(x, y), (x + 300, y + 600), (x + 300, y), (x, y + 600)])
    line = shapely.LineString([(x, y), (x + 1, y)])
    mixed = shapely.GeometryCollection([line, shapely.box(x + 300, y, x + 600, y + 600)])
    flat = shapely.Polygon([(x, y), (x + 1, y), (x, y)])
    frame = gpd.GeoDataFrame({"name": ["a", "b", "c"]}, geometry=[bow, flat, mixed], crs=CRS)
    net = add(database, "公安", frame)
    assert net.patches == 2
    found = departments.patches(database, ANNE, plan, net.id)[1]
    assert found.index.tolist() == [1, 3]
    assert found.geometry.is_valid.all()


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (gpd.GeoDataFrame({"name": []}, geometry=[], crs=CRS), InvalidInput),
        (gpd.GeoDataFrame(geometry=[shapely.Point(WEST, SOUTH)], crs=CRS), InvalidInput),
        (
            gpd.GeoDataFrame(geometry=[shapely.Point(WEST, SOUTH)] * 20_001, crs=CRS),
            TooLarge,
        ),
        (
            gpd.GeoDataFrame(
                geometry=[shapely.segmentize(shapely.box(WEST, SOUTH, WEST + 1, SOUTH + 1), 1e-6)],
                crs=CRS,
            ),
            TooLarge,
        ),
    ],
)
def test_what_is_no_net_is_refused_and_nothing_is_kept(database, frame, error):
    with pytest.raises(error):
        add(database, "公安", frame)
    assert departments.every(database, ANNE) == []


@pytest.mark.parametrize("name", ["", "  ", "长" * 61])
def test_a_department_has_a_name(database, name):
    with pytest.raises(InvalidInput):
        add(database, name, columns(0, 6))


def test_only_who_added_a_net_or_an_administrator_removes_it(database, plan):
    net = add(database, "公安", columns(0, 6))
    with pytest.raises(NotAllowed, match="anne"):
        departments.remove(database, Actor(user_id=7, name="bert", role="planner"), net.id)
    departments.remove(database, ADMIN, net.id)
    with pytest.raises(NotFound):
        departments.remove(database, ADMIN, net.id)
    with pytest.raises(NotFound):
        departments.patches(database, ANNE, plan, 2**70)
    with database.read() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM department_patches")) == 0


def test_more_nets_than_can_be_compared_are_refused(database, plan):
    keys = [str(add(database, f"网{k}", columns(0, 6)).id) for k in range(9)]
    with pytest.raises(InvalidInput):
        departments.agreement(database, ANNE, plan, keys)


def test_a_draft_without_grids_is_compared_and_fitted_too(database):
    net = lattice()
    plan = kept(database, replace(net.having(net.units.index, None), grids=net.grids.iloc[:0]))
    keys = [
        str(add(database, name, columns(*cuts)).id)
        for name, cuts in (("公安", (0, 3, 6)), ("城管", (0, 2, 6)))
    ]
    with pytest.raises(InvalidInput):
        departments.agreement(database, ANNE, plan, [keys[0], "draft"])
    assert departments.agreement(database, ANNE, plan, keys).found.best in keys
    done = uniting.fit(database, ANNE, PROFILE, plan, keys, band=False)
    assert (done["revision"], done["grids"]) == (1, 2)
    assert departments.correspondence(database, ANNE, plan, None).rows == []


def test_grids_that_keep_most_of_their_households_keep_code_and_worker(database, plan):
    keys = [
        str(
            add(
                database,
                name,
                gpd.GeoDataFrame(
                    {"name": [f"新{k}" for k in range(9)]},
                    geometry=list(lattice().borders().geometry),
                    crs=CRS,
                ),
            ).id
        )
        for name in ("公安", "城管")
    ]
    uniting.fit(database, ANNE, PROFILE, plan, keys, band=False)
    with database.read() as connection:
        net = drafts.whole(connection, drafts.readable(connection, ANNE, plan))
    assert sorted(net.grids["code"]) == sorted(lattice().grids["code"])
    assert net.grids.set_index("code")["worker"].to_dict() == (
        lattice().grids.set_index("code")["worker"].to_dict()
    )
    assert set(net.grids["name"]) == {f"新{k}" for k in range(9)}


def test_a_grid_that_no_patch_names_keeps_the_name_of_the_one_that_it_carries_on(database, plan):
    shapes = list(lattice().borders().geometry)
    bare = gpd.GeoDataFrame({"name": [None] * 9}, geometry=shapes, crs=CRS)
    keys = [str(add(database, name, bare).id) for name in ("公安", "城管")]
    uniting.fit(database, ANNE, PROFILE, plan, keys, band=False)
    with database.read() as connection:
        net = drafts.whole(connection, drafts.readable(connection, ANNE, plan))
    assert net.grids.set_index("code")["name"].to_dict() == (
        lattice().grids.set_index("code")["name"].to_dict()
    )


def heavier(net, times):
    """The lattice with so many times its households, and no buildings."""
    units = net.units.assign(homes=[[] for _ in net.units.index])
    units["households"] *= times
    return replace(net, units=units)


def test_a_fit_within_the_band_says_what_the_band_cost_and_keeps_the_table_of_patches_right(
    database,
):
    plan = kept(database, heavier(lattice(), 4))
    nets = {
        str(add(database, name, columns(0, 3, 6)).id): columns(0, 3, 6) for name in ("公安", "城管")
    }
    free = uniting.fit(database, ANNE, PROFILE, plan, list(nets), band=False)
    assert [one["agreement"] for one in free["nets"]] == [1.0, 1.0]
    assert free["band"] == {"low": 300, "high": 500, "within": 0, "below": 0, "above": 2}

    done = uniting.fit(database, ANNE, PROFILE, plan, list(nets))

    assert done["band"] == {**free["band"], "within": done["grids"], "above": 0}
    assert [one["unbound"] for one in done["nets"]] == [1.0, 1.0]
    assert all(0 < one["agreement"] < 1 for one in done["nets"])
    with database.read() as connection:
        net = drafts.whole(connection, drafts.readable(connection, ANNE, plan))
    sizes = net.units.groupby("grid")["households"].sum()
    assert ((sizes >= 300) & (sizes <= 500)).all()
    rows = departments.correspondence(database, ANNE, plan, int(next(iter(nets)))).rows
    by_grid = gpd.pd.DataFrame(rows).groupby("grid")["households"].sum()
    assert by_grid.to_dict() == sizes.to_dict()
    by_patch = gpd.pd.DataFrame(rows).groupby("patch_code")["share"].sum()
    assert by_patch.tolist() == pytest.approx([1.0, 1.0])


def test_what_keeps_a_fit_from_the_band_is_told_in_words(database):
    plan = kept(database, heavier(lattice(2, block=1), 1))
    keys = [str(add(database, name, columns(0, 1, 2)).id) for name in ("公安", "城管")]

    done = uniting.fit(database, ANNE, PROFILE, plan, keys)

    assert done["band"]["below"] == done["grids"] == 1
    assert [one["reason"] for one in done["obstacles"]] == ["too_light"]
    assert "300" in done["obstacles"][0]["detail"]


def test_a_fit_that_is_stopped_leaves_the_draft_as_it_was(database, plan):
    keys = [str(add(database, name, columns(0, 3, 6)).id) for name in ("公安", "城管")]
    before = bytes_of(database, plan)
    with pytest.raises(Cancelled):
        uniting.fit(database, ANNE, PROFILE, plan, keys, tell=lambda _stage, _share: True)
    assert bytes_of(database, plan) == before


def test_a_fit_is_taken_back_to_the_byte(database, plan):
    keys = [str(add(database, name, columns(0, 3, 6)).id) for name in ("公安", "城管")]
    before = bytes_of(database, plan)
    uniting.fit(database, ANNE, PROFILE, plan, keys)
    assert bytes_of(database, plan) != before
    drafting.undo(database, ANNE, PROFILE, plan)
    assert bytes_of(database, plan) == before


def test_nothing_is_fitted_where_all_is_locked_or_published(database, plan):
    keys = [str(add(database, name, columns(0, 3, 6)).id) for name in ("公安", "城管")]
    lock = {"action": "lock", "grids": list(range(1, 10))}
    drafting.act(database, ANNE, PROFILE, plan, lock, revision=0)
    with pytest.raises(InvalidInput):
        uniting.fit(database, ANNE, PROFILE, plan, keys)
    with database.begin() as tx:
        tx.connection.execute(sa.text("UPDATE plans SET state = 'published'"))
    with pytest.raises(Conflict):
        uniting.ask(database, ANNE, plan, keys)


def opened_in_force(database):
    """A draft of a net that is in force."""
    net = lattice()
    borders = net.borders()
    shapes = convert_geometries(borders.geometry.to_numpy(), from_=CRS, to="wgs84")
    with database.begin() as tx:
        storing.store_versions(
            tx.connection,
            "grids",
            {
                "code": borders["code"].tolist(),
                "name": borders["name"].tolist(),
                "area_code": ["371399001001"] * len(borders),
                "geom": [shapely.multipolygons([shape]) for shape in shapes],
            },
        )
        base = dict(tx.connection.execute(sa.text("SELECT code, id FROM grids")).all())
        return drafting.keep_draft(
            tx,
            ANNE,
            net,
            name="多网合一",
            area_code="371399001001",
            communities=["371399001001"],
            start="current",
            base=base,
        ).id


def test_the_table_is_kept_when_the_plan_is_published(database):
    plan = opened_in_force(database)
    net = add(database, "公安", columns(0, 3, 6))
    drafting.act(database, ANNE, PROFILE, plan, assign([3], 1), revision=0)
    drawn = departments.correspondence(database, ANNE, plan, net.id)
    before = departments.correspondence(database, ANNE, plan, None)
    assert (drawn.kept, before.kept, before.net) == (False, False, None)
    moved = [row for row in before.rows if row["share"] < 1]
    assert {row["patch_code"] for row in moved} == {"371399001001002"}
    publishing.publish(database, ANNE, PROFILE, plan, day=SOON, reason="多网合一")
    departments.remove(database, ADMIN, net.id)
    after = departments.correspondence(database, ANNE, plan, net.id)
    assert (after.kept, after.net) == (True, "公安")
    assert after.rows == drawn.rows
    assert departments.correspondence(database, ANNE, plan, None).rows == before.rows
    total = sum(row["households"] for row in after.rows)
    assert total == int(np.sum(lattice().units["households"]))
    with pytest.raises(NotFound):
        departments.correspondence(database, ANNE, plan, net.id + 1)
