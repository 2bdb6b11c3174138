"""Files as people have them, out of the folder of real data beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.exchange import import_file, preview

FOLDER = Path(
    os.environ.get("WANGGE_REALDATA", Path(__file__).parents[2].parent / "shared" / "data")
)
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of real data is not there"),
]
OPERATOR = Actor.terminal()


def take(database, layer, name, **said):
    report = import_file(database, OPERATOR, layer, FOLDER / name, **said)
    assert report.stored, report.as_dict()
    return report


def value(database, query):
    with database.read() as connection:
        return connection.execute(sa.text(query)).scalar_one()


def twice(database, layer, name, **said):
    first = take(database, layer, name, **said)
    again = take(database, layer, name, **said)
    assert (again.added, again.changed, again.unchanged) == (0, 0, first.added)
    return first


def test_chicago_incidents_lie_in_the_areas_that_they_record(database):
    areas = {"code": "NID", "residents": "POP2010"}
    assert twice(database, "areas", "chicago_areas.gpkg", mapping=areas).added == 77
    cases = {"category": "primary_type", "external_id": "case_number"}
    report = twice(database, "cases", "chicago_incidents.csv.gz", mapping=cases)
    assert report.added == 25_000
    assert report.unplaced == 54
    assert value(database, "SELECT count(area_code) FROM cases") == 24_946
    same = value(
        database,
        "SELECT count(*) FROM cases WHERE area_code = split_part(extra->>'community_area', '.', 1)",
    )
    assert round(100 * same / 24_946, 2) == 97.66
    assert value(database, "SELECT sum(n) FROM case_cells WHERE zoom = 0") == 25_000


@pytest.mark.parametrize(
    ("name", "lines", "metres"),
    [("futian_streets.gpkg", 2_594, 228_000), ("wuhan_streets.parquet", 92_667, 7_185_000)],
)
def test_streets_come_with_their_length(database, name, lines, metres):
    report = twice(database, "streets", name)
    assert report.added == lines
    length = value(database, "SELECT sum(ST_Length(geom::geography)) FROM streets")
    assert length == pytest.approx(metres, rel=0.01)
    assert value(database, "SELECT count(*) FROM streets WHERE kind IS NULL") == 0


def test_an_osm_extract_gives_its_streets_and_its_buildings(database):
    streets = twice(database, "streets", "helsinki.osm.pbf")
    assert streets.added == 2_504
    assert value(database, "SELECT count(*) FROM streets WHERE oneway") > 100
    buildings = import_file(database, OPERATOR, "buildings", FOLDER / "helsinki.osm.pbf")
    assert not buildings.stored
    assert buildings.refused == 12
    buildings = take(database, "buildings", "helsinki.osm.pbf", skip_bad=True)
    assert buildings.added == 482
    assert value(database, "SELECT bool_and(ST_IsValid(geom)) FROM buildings")
    assert value(database, "SELECT count(floors) FROM buildings") > 50


def test_linyi_in_gcj02_is_moved_and_would_be_suspected(database):
    name = "linyi_counties_gcj02.geojson"
    assert twice(database, "areas", name, crs="gcj02").added == 12
    seen = preview(database, OPERATOR, "areas", FOLDER / name)
    assert seen.crs == "wgs84"
    undeclared = import_file(database, OPERATOR, "areas", FOLDER / name, dry_run=True)
    (said,) = [one for one in undeclared.findings if one.kind == "shifted"]
    assert said.params["crs"] == "gcj02"
    assert 400 < said.params["before"] < 650
    # The middle of a county moves a little otherwise than its border does.
    assert said.params["after"] < 30
    levels = value(database, "SELECT string_agg(DISTINCT level, ',') FROM areas")
    assert levels == "county"


def test_five_of_twelve_counties_cross_themselves_and_are_mended_by_name(database):
    report = take(database, "areas", "linyi_counties_selfcrossing.geojson")
    assert report.added == 12
    assert report.mended == 5
    named = {one.name for one in report.findings if one.kind == "mended"}
    assert named == {"兰山区", "罗庄区", "费县", "沂水县", "莒南县"}
    assert value(database, "SELECT bool_and(ST_IsValid(geom)) FROM areas")


def test_a_zipped_shapefile_with_junk_folders(database):
    report = twice(database, "areas", "ri_precincts.zip")
    assert (report.added, report.crs) == (419, "EPSG:4269")
    assert value(database, "SELECT sum(residents) FROM areas") == pytest.approx(1_052_567, rel=0.01)
