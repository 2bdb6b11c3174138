"""Borders of a map service, 500 m off: told for nets and drafts as for layers."""

from __future__ import annotations

import geopandas as gpd
import pytest
from test_real_files import FOLDER, OPERATOR

from geodata.crs import convert
from geodata.exchange import drafts_in, import_file, nets_in

NAME = "linyi_counties_gcj02.geojson"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of real data is not there"),
]


@pytest.fixture(params=[4, 12])
def counties(database, request, tmp_path):
    """Some or all of the counties where they lie."""
    frame = gpd.read_file(FOLDER / NAME).head(request.param)
    path = tmp_path / "counties.geojson"
    convert(frame, from_="gcj02", to="wgs84").to_file(path)
    assert import_file(database, OPERATOR, "areas", path).stored
    return database


def test_a_net_in_gcj02_is_suspected(counties):
    done = nets_in.add_net(counties, OPERATOR, FOLDER / NAME, name="民政", filename=NAME)
    assert done.hint is not None
    assert done.hint["crs"] == "gcj02"
    assert 400 < done.hint["before_m"] < 650
    assert done.hint["after_m"] < 30


def test_a_net_that_is_read_as_gcj02_is_not_suspected(counties):
    done = nets_in.add_net(
        counties, OPERATOR, FOLDER / NAME, name="民政", filename=NAME, crs="gcj02"
    )
    assert done.hint is None


def test_a_file_for_a_draft_in_gcj02_is_suspected(counties):
    seen = drafts_in.look(counties, OPERATOR, FOLDER / NAME, filename=NAME)
    assert seen.guess is not None
    assert seen.guess.crs == "gcj02"
    assert 400 < seen.guess.before_m < 650
    assert seen.guess.after_m < 30
    right = drafts_in.look(counties, OPERATOR, FOLDER / NAME, filename=NAME, crs="gcj02")
    assert right.guess is None
