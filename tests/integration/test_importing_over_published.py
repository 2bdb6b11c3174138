"""Files of grids that come in after a plan was published: refused or right, no code used twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import geopandas as gpd
import pytest
import shapely
import sqlalchemy as sa
from incoming import OPERATOR
from kept_drafts import ANNE, SOUTH, WEST, assign, lattice

from geodata.crs import convert_geometries
from geodata.errors import Conflict
from geodata.exchange import import_file
from geodata.plans import drafting, drafts, publishing
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")


def day_of_now():
    """The day in the district; asked anew each time, since a run may go past its midnight."""
    return datetime.now(PROFILE.zone).date()


SOON = day_of_now() + timedelta(days=10)
COMMUNITY = "371399001001"


def grids_file(path, net, **columns):
    """The grids of a net as a file that people send."""
    borders = net.borders()
    shapes = convert_geometries(borders.geometry.to_numpy(), from_="EPSG:4548", to="wgs84")
    named = {"网格编码": borders["code"].tolist(), "名称": borders["name"].tolist(), **columns}
    frame = gpd.GeoDataFrame(named, geometry=list(shapes), crs=4326)
    frame["社区编码"] = COMMUNITY
    frame.to_file(path)
    return path


def versions(database):
    with database.read() as connection:
        rows = connection.execute(sa.text("SELECT code, id, held::text FROM grids ORDER BY id"))
        return rows.all()


@pytest.fixture
def old_file(database, tmp_path):
    """The net before the plan, in force, and its file."""
    path = grids_file(tmp_path / "old.geojson", lattice())
    assert import_file(database, OPERATOR, "grids", path).added == 9
    return path


def published(database, *, day, merged=True):
    """A plan upon the net in force: grid 1 takes grid 2 in, or a unit of it."""
    with database.begin() as tx:
        base = dict(tx.connection.execute(sa.text("SELECT code, id FROM grids")).all())
        draft = drafting.keep_draft(
            tx,
            ANNE,
            lattice(),
            name="九月调整",
            area_code=COMMUNITY,
            communities=[COMMUNITY],
            start="current",
            base=base,
        )
    action = {"action": "merge", "grids": [1, 2]} if merged else assign([3], 1)
    drafting.act(database, ANNE, PROFILE, draft.id, action, revision=0)
    publishing.publish(database, ANNE, PROFILE, draft.id, day=day, reason="合并")
    return draft.id


def refusal(database, path, **said):
    before = versions(database)
    with pytest.raises(Conflict) as refused:
        import_file(database, OPERATOR, "grids", path, **said)
    assert versions(database) == before
    return refused.value


@pytest.mark.parametrize("replace", [False, True])
def test_a_file_that_comes_before_a_published_net_is_in_force_is_refused(
    database, old_file, replace
):
    published(database, day=SOON)
    error = refusal(database, old_file, replace=replace)
    assert error.members["reason"] == "net_to_come"
    assert error.params == {"name": "九月调整", "day": SOON.isoformat()}


def test_a_file_for_a_later_day_than_a_published_net_comes_in_upon_it(database, old_file, tmp_path):
    published(database, day=SOON, merged=False)
    later = grids_file(tmp_path / "later.geojson", lattice(), 户数=[400] * 9)
    report = import_file(database, OPERATOR, "grids", later, since=SOON + timedelta(days=5))
    assert (report.changed, report.added) == (9, 0)
    with database.read() as connection:
        for day, many in (
            (day_of_now(), 9),
            (SOON + timedelta(days=1), 9),
            (SOON + timedelta(days=9), 9),
        ):
            found = connection.scalar(
                sa.text("SELECT count(*) FROM grids WHERE held @> CAST(:day AS timestamptz)"),
                {"day": datetime(day.year, day.month, day.day, 12, tzinfo=PROFILE.zone)},
            )
            assert found == many


def test_a_file_from_before_a_merge_is_refused_and_the_ended_code_named(database, old_file):
    published(database, day=day_of_now())
    error = refusal(database, old_file)
    assert error.members["reason"] == "code_ended"
    assert error.params["codes"] == f"{COMMUNITY}002"
    assert refusal(database, old_file, replace=True).members["reason"] == "code_ended"


def test_grids_without_codes_upon_a_published_net_are_refused_unless_they_replace_it(
    database, old_file, tmp_path
):
    published(database, day=day_of_now())
    net = lattice()
    names = [f"新{k}格" for k in range(9)]
    bare = grids_file(tmp_path / "bare.geojson", net, 网格编码=[None] * 9, 名称=names)
    error = refusal(database, bare)
    assert error.members["reason"] == "net_below"
    assert f"{COMMUNITY}001" in error.params["codes"]
    ever = {row.code for row in versions(database)}
    report = import_file(database, OPERATOR, "grids", bare, replace=True)
    assert report.added == 9
    with database.read() as connection:
        now = set(connection.scalars(sa.text("SELECT code FROM grids WHERE upper_inf(held)")))
    assert len(now) == 9
    assert not now & ever


def test_codes_of_a_net_that_was_withdrawn_are_not_given_to_a_files_grids(
    database, old_file, tmp_path
):
    with database.begin() as tx:
        base = dict(tx.connection.execute(sa.text("SELECT code, id FROM grids")).all())
        draft = drafting.keep_draft(
            tx,
            ANNE,
            lattice(),
            name="十月调整",
            area_code=COMMUNITY,
            communities=[COMMUNITY],
            start="current",
            base=base,
        )
    line = shapely.LineString([(WEST + 100, SOUTH - 5), (WEST + 100, SOUTH + 605)])
    (line,) = convert_geometries([line], from_="EPSG:4548", to="wgs84")
    split = {"action": "split", "line": shapely.geometry.mapping(line)}
    drafting.act(database, ANNE, PROFILE, draft.id, split, revision=0)
    done = publishing.publish(database, ANNE, PROFILE, draft.id, day=SOON, reason="划分")
    assert done.added
    publishing.withdraw(database, ANNE, PROFILE, draft.id)
    names = [f"新{k}格" for k in range(9)]
    bare = grids_file(tmp_path / "bare.geojson", lattice(), 网格编码=[None] * 9, 名称=names)
    import_file(database, OPERATOR, "grids", bare, replace=True)
    with database.read() as connection:
        now = set(connection.scalars(sa.text("SELECT code FROM grids WHERE upper_inf(held)")))
    assert not now & set(done.added)


def test_a_corrected_file_of_the_published_net_comes_in(database, old_file, tmp_path):
    draft = published(database, day=day_of_now())
    with database.read() as connection:
        net = drafts.whole(connection, drafts.readable(connection, ANNE, draft))
    fresh = grids_file(tmp_path / "new.geojson", net, 户数=[400] * 8)
    report = import_file(database, OPERATOR, "grids", fresh)
    assert (report.added, report.changed) == (0, 8)


def test_other_communities_are_not_held_up_by_a_net_to_come(database, old_file, tmp_path):
    published(database, day=SOON)
    far = lattice().borders()
    shapes = convert_geometries(
        far.geometry.translate(20_000, 0).to_numpy(), from_="EPSG:4548", to="wgs84"
    )
    path = tmp_path / "far.geojson"
    frame = gpd.GeoDataFrame({"社区编码": ["371399001009"] * 9}, geometry=list(shapes), crs=4326)
    frame.to_file(path)
    assert import_file(database, OPERATOR, "grids", path).added == 9
