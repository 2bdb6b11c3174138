"""Any file that people send is read, or refused with one clear sentence."""

from __future__ import annotations

import geopandas as gpd
import pyogrio
import pytest
import shapely
from sent_files import read, squares, zipped

from geodata.errors import InvalidInput, NotFound, TooLarge
from geodata.exchange.writing import write_frame


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb", "parquet", "kml", "gml"])
def test_the_common_kinds_are_read_with_their_chinese(tmp_path, ending):
    path = tmp_path / f"小区.{ending}"
    if ending == "parquet":
        squares().to_parquet(path)
    else:
        squares().to_file(path, driver={"kml": "KML"}.get(ending), engine="pyogrio")
    source, chunk = read(path)
    assert chunk.rows.tolist() == [1, 2, 3]
    # A FlatGeobuf file is in spatial order.
    assert set(chunk.table["名称"].to_pylist()) == {"罗庄小区", "河东花园", "兰山新村"}
    assert source.crs == "EPSG:4326"
    assert shapely.get_type_id(chunk.geometry).tolist() == [3, 3, 3]


def test_kml_goes_out_as_it_comes_in(tmp_path):
    frame = squares().rename(columns={"名称": "name", "户数": "households"})
    write_frame(frame, tmp_path / "out.kml", name="compounds")
    source, chunk = read(tmp_path / "out.kml")
    assert source.layers == ["compounds"]
    assert chunk.table.to_pydict() == {
        "name": ["罗庄小区", "河东花园", "兰山新村"],
        "households": ["1", "2", "3"],
    }
    there = frame.geometry.to_numpy()
    assert shapely.equals_exact(chunk.geometry, there, 1e-9, normalize=True).all()


GOOGLE_EARTH = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document><name>罗庄</name><Style id="s"/>
<Folder><name>小区</name>
<Placemark><name>一 &amp; 二</name><description><![CDATA[<b>老</b>]]></description>
<ExtendedData><Data name="户数"><displayName>户</displayName><value>120</value></Data>
</ExtendedData>
<MultiGeometry>
<Polygon><outerBoundaryIs><LinearRing><coordinates>
118.30,35.00,12 118.31,35.00,12 118.31,35.01,12 118.30,35.01,12 118.30,35.00,12
</coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>
118.302,35.002 118.304,35.002 118.304,35.004 118.302,35.002
</coordinates></LinearRing></innerBoundaryIs></Polygon>
<Polygon><outerBoundaryIs><LinearRing><coordinates>
118.4,35 118.41,35 118.41,35.01 118.4,35</coordinates></LinearRing></outerBoundaryIs></Polygon>
</MultiGeometry></Placemark>
<Placemark><name>无形</name></Placemark>
<Placemark><name>残缺</name><LineString><coordinates>118,35</coordinates></LineString></Placemark>
</Folder>
<Folder><name>驿站</name><Placemark><name>甲</name><Point><coordinates>118.3,35,0</coordinates></Point>
</Placemark></Folder>
</Document></kml>"""


@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_what_google_earth_saves_is_read_folder_by_folder(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    if ending == "kmz":
        zipped(path, {"doc.kml": GOOGLE_EARTH, "files/icon.png": b"\x89PNG"})
    else:
        path.write_text(GOOGLE_EARTH, "utf-8")
    with pytest.raises(InvalidInput, match="小区, 驿站"):
        read(path)
    source, chunk = read(path, layer="小区")
    assert source.layers == ["小区", "驿站"]
    assert chunk.table.to_pydict() == {
        "name": ["一 & 二", "无形", "残缺"],
        "description": ["<b>老</b>", None, None],
        "户数": ["120", None, None],
    }
    assert chunk.geometry[0].geom_type == "MultiPolygon"
    assert chunk.geometry[0].area == pytest.approx(1e-4 - 2e-6 + 5e-5)
    assert not chunk.geometry[0].has_z
    assert chunk.geometry[1:].tolist() == [None, None]
    _, stations = read(path, layer="驿站")
    assert shapely.to_wkt(stations.geometry[0]) == "POINT (118.3 35)"


def test_a_kml_file_of_entities_within_entities_is_refused(tmp_path):
    entities = "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 20}">' for k in range(1, 10))
    (tmp_path / "a.kml").write_text(
        f'<!DOCTYPE kml [<!ENTITY a0 "a">{entities}]>'
        "<kml><Document><name>&a9;</name></Document></kml>"
    )
    with pytest.raises(InvalidInput):
        read(tmp_path / "a.kml")


@pytest.mark.parametrize(
    ("ending", "driver"),
    [("gdb", "OpenFileGDB"), ("tab", "MapInfo File"), ("mif", "MapInfo File"), ("gml", "GML")],
)
def test_other_systems_kinds_are_read_with_their_chinese(tmp_path, ending, driver):
    path = tmp_path / f"小区.{ending}"
    # MapInfo's own name for it in the file is WindowsSimpChinese.
    options = {"ENCODING": "CP936"} if driver == "MapInfo File" else {}
    frame = squares().astype({"户数": "int32"})
    frame.to_file(path, driver=driver, engine="pyogrio", **options)
    source, chunk = read(path)
    assert source.driver == driver
    assert chunk.table["名称"].to_pylist() == ["罗庄小区", "河东花园", "兰山新村"]
    assert [int(n) for n in chunk.table["户数"].to_pylist()] == [1, 2, 3]
    assert shapely.area(chunk.geometry) == pytest.approx([0.0025] * 3)
    assert source.crs == "EPSG:4326"


def test_a_mapinfo_file_of_no_known_charset_is_refused(tmp_path):
    squares().to_file(tmp_path / "a.mif", driver="MapInfo File", engine="pyogrio", ENCODING="CP936")
    content = (tmp_path / "a.mif").read_bytes()
    (tmp_path / "a.mif").write_bytes(content.replace(b"WindowsSimpChinese", b"Neutral"))
    with pytest.raises(InvalidInput, match=r"a\.mif"):
        read(tmp_path / "a.mif")


def test_a_drawing_gives_its_lines_and_the_names_of_their_layers(tmp_path):
    lines = [shapely.LineString([(500000, 3880000 + k), (500100, 3880000 + k)]) for k in range(2)]
    gpd.GeoDataFrame({"Layer": ["道路", "围墙"]}, geometry=lines, crs=4527).to_file(
        tmp_path / "a.dxf", driver="DXF", engine="pyogrio"
    )
    drawn = (tmp_path / "a.dxf").read_bytes().decode("utf-8")
    # As CAD writes it on a Chinese Windows.
    (tmp_path / "a.dxf").write_bytes(drawn.replace("ANSI_1252", "ANSI_936").encode("gbk"))
    source, chunk = read(tmp_path / "a.dxf")
    assert source.crs is None
    assert chunk.table["Layer"].to_pylist() == ["道路", "围墙"]
    assert shapely.length(chunk.geometry).tolist() == [100, 100]


def test_waypoints_of_a_walk_are_read(tmp_path):
    (tmp_path / "a.gpx").write_text(
        '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">'
        '<wpt lat="35.1" lon="118.3"><name>井盖</name></wpt></gpx>',
        "utf-8",
    )
    with pytest.raises(InvalidInput, match="waypoints"):
        read(tmp_path / "a.gpx")
    _, chunk = read(tmp_path / "a.gpx", layer="waypoints")
    assert chunk.table["name"].to_pylist() == ["井盖"]
    assert shapely.to_wkt(chunk.geometry[0]) == "POINT (118.3 35.1)"


def test_a_shapefile_without_its_index_is_read_and_zipped_ones_elsewhere_still_are(tmp_path):
    squares().to_file(tmp_path / "a.shp", encoding="UTF-8", engine="pyogrio")
    zipped(tmp_path / "b.zip", {p.name: p.read_bytes() for p in tmp_path.glob("a.*")})
    (tmp_path / "a.shx").unlink()
    _, chunk = read(tmp_path / "a.shp")
    assert len(chunk) == 3
    assert len(gpd.read_file(f"zip://{tmp_path / 'b.zip'}", engine="pyogrio")) == 3
    assert pyogrio.get_gdal_config_option("SHAPE_RESTORE_SHX") is None


@pytest.mark.parametrize("says", [None, "UTF-8"])
def test_a_gbk_shapefile_without_a_true_cpg_is_read(tmp_path, says):
    squares().to_file(tmp_path / "a.shp", encoding="GBK", engine="pyogrio")
    (tmp_path / "a.cpg").unlink()
    if says:
        (tmp_path / "a.cpg").write_text(says)
    source, chunk = read(tmp_path / "a.shp")
    assert chunk.table.column_names == ["名称", "户数"]
    assert chunk.table["名称"].to_pylist()[0] == "罗庄小区"
    assert "encoding" in source.findings.counts


def test_a_utf8_shapefile_keeps_its_encoding(tmp_path):
    squares().to_file(tmp_path / "a.shp", encoding="UTF-8", engine="pyogrio")
    (tmp_path / "a.cpg").unlink()
    _, chunk = read(tmp_path / "a.shp")
    assert chunk.table["名称"].to_pylist()[1] == "河东花园"


def test_a_geopackage_with_two_layers_asks_for_one(tmp_path):
    for name in ("grids", "roads"):
        squares().to_file(tmp_path / "a.gpkg", layer=name)
    with pytest.raises(InvalidInput, match="grids, roads"):
        read(tmp_path / "a.gpkg")
    assert read(tmp_path / "a.gpkg", target="grids")[0].layer == "grids"
    with pytest.raises(NotFound, match="rivers"):
        read(tmp_path / "a.gpkg", layer="rivers")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.gpkg", b"SQLite format 3\x00" + b"\xff" * 200),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [{'),
        ("a.shp", b"\x00\x01\x02"),
        ("a.zip", b"PK\x03\x04 broken"),
        ("a.xlsx", b"PK\x03\x04 broken"),
        ("a.xls", b"\xd0\xcf\x11\xe0 broken"),
        ("a.parquet", b"PAR1 broken"),
        ("a.csv", b"\x00\x01\x02\x03"),
        ("a.csv", b"a,b\n\xff\xff\xff,1\n"),
        ("a.kml", b"<kml>"),
        ("a.pbf", b"\x00\x00\x00\x0d nonsense"),
        ("a.csv.gz", b"no gzip"),
        ("a.exe", b"MZ"),
        ("a.fgb", b"fgb"),
    ],
)
def test_a_broken_file_is_refused_with_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as refusal:
        read(tmp_path / name)
    assert name.removesuffix(".gz") in str(refusal.value)


@pytest.mark.parametrize("name", ["a.csv", "a.geojson", "a.xlsx", "a.zip", "a.gpkg"])
def test_an_empty_file_is_refused(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(InvalidInput, match="is empty"):
        read(tmp_path / name)


def test_a_file_too_large_is_refused_unread(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"lon,lat\n" * 1000)
    with pytest.raises(TooLarge):
        read(tmp_path / "a.csv", most_bytes=100)


def test_no_file_is_said_so(tmp_path):
    with pytest.raises(NotFound):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.vrt", "a.gpkg", "a.json"])
def test_a_file_that_points_to_another_file_is_refused(tmp_path, name):
    squares().to_file(tmp_path / "secret.geojson")
    (tmp_path / name).write_text(
        f"<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{tmp_path}/secret.geojson"
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(InvalidInput, match="no kind that is read"):
        read(tmp_path / name)
