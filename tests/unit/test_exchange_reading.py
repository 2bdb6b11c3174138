"""Any file that people send is read, or refused with one clear sentence."""

from __future__ import annotations

import errno
import gzip
import os
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from geodata.errors import InvalidInput, NotFound, TooLarge, Unavailable
from geodata.exchange import unpacking
from geodata.exchange.reading import open_source
from geodata.exchange.writing import write_frame


def squares(count=3, **columns):
    shapes = [shapely.box(118 + k / 10, 35, 118.05 + k / 10, 35.05) for k in range(count)]
    return gpd.GeoDataFrame(
        columns
        or {"名称": ["罗庄小区", "河东花园", "兰山新村"][:count], "户数": [1, 2, 3][:count]},
        geometry=shapes,
        crs="EPSG:4326",
    )


def read(path, **options):
    with open_source(path, **options) as source:
        chunks = list(source.chunks())
        return source, chunks[0] if chunks else None


def zipped(path, entries, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content, **options)
    return path


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


def test_a_zipped_file_geodatabase_is_read(tmp_path):
    frame = squares().astype({"户数": "int32"})
    frame.to_file(tmp_path / "a.gdb", driver="OpenFileGDB", engine="pyogrio", layer="小区")
    entries = {f"数据/a.gdb/{p.name}": p.read_bytes() for p in (tmp_path / "a.gdb").iterdir()}
    source, chunk = read(zipped(tmp_path / "a.zip", entries))
    assert (source.layers, len(chunk)) == (["小区"], 3)


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


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_table_with_tabs_is_read(tmp_path, encoding):
    (tmp_path / "a.tsv").write_text("名称\t经度\t纬度\n一,二\t118.3\t35.1\n", encoding)
    _, chunk = read(tmp_path / "a.tsv")
    assert chunk.table.to_pydict() == {"名称": ["一,二"], "经度": ["118.3"], "纬度": ["35.1"]}


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


def test_a_zip_with_junk_and_nested_folders_is_read(tmp_path):
    squares().to_file(tmp_path / "a.shp", encoding="UTF-8", engine="pyogrio")
    entries = {f"数据/小区/{p.name}": p.read_bytes() for p in tmp_path.glob("a.*")}
    junk = {"__MACOSX/数据/._a.shp": b"junk", "数据/.DS_Store": b"x", "说明.pdf": b"%PDF"}
    path = zipped(tmp_path / "送审.zip", entries | junk)
    _, chunk = read(path)
    assert len(chunk) == 3


def test_a_zip_with_two_layers_asks_for_one(tmp_path):
    for name in "ab":
        squares().to_file(tmp_path / f"{name}.geojson")
    path = zipped(
        tmp_path / "both.zip",
        {f"{n}.geojson": (tmp_path / f"{n}.geojson").read_bytes() for n in "ab"},
    )
    with pytest.raises(InvalidInput, match="a, b"):
        read(path)
    assert len(read(path, layer="b")[1]) == 3


def test_a_geopackage_with_two_layers_asks_for_one(tmp_path):
    for name in ("grids", "roads"):
        squares().to_file(tmp_path / "a.gpkg", layer=name)
    with pytest.raises(InvalidInput, match="grids, roads"):
        read(tmp_path / "a.gpkg")
    assert read(tmp_path / "a.gpkg", target="grids")[0].layer == "grids"
    with pytest.raises(NotFound, match="rivers"):
        read(tmp_path / "a.gpkg", layer="rivers")


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv", "..\\..\\out.csv", "C:\\out.csv"])
def test_a_zip_whose_path_leads_out_is_left_alone(tmp_path, name):
    path = zipped(tmp_path / "evil.zip", {name: "lon,lat\n1,2\n"})
    with pytest.raises(InvalidInput, match="leads out"):
        read(path)
    assert not list(tmp_path.parent.glob("out.csv"))


def test_a_symbolic_link_in_a_zip_is_left_alone(tmp_path):
    entry = zipfile.ZipInfo("a.csv")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(InvalidInput, match="leads out"):
        read(tmp_path / "link.zip")


def test_a_zip_bomb_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "_UNSUSPICIOUS", 2**20)
    path = zipped(tmp_path / "bomb.zip", {"a.csv": b"0" * 20 * 2**20})
    with pytest.raises(TooLarge, match="absurd"):
        read(path)


def test_a_zip_bomb_that_lies_about_its_size_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "_UNSUSPICIOUS", 2**20)
    path = zipped(tmp_path / "bomb.zip", {"a.csv": b"0" * 20 * 2**20})
    honest = (20 * 2**20).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(honest, (1000).to_bytes(4, "little")))
    with pytest.raises((TooLarge, InvalidInput)):
        read(path)


def test_a_gzip_bomb_and_an_excel_bomb_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "_UNSUSPICIOUS", 2**20)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"0" * 20 * 2**20))
    with pytest.raises(TooLarge, match="absurd"):
        read(tmp_path / "a.csv.gz")
    zipped(tmp_path / "a.xlsx", {"xl/worksheets/sheet1.xml": b"0" * 20 * 2**20})
    with pytest.raises(TooLarge, match="absurd"):
        read(tmp_path / "a.xlsx")


def test_an_encrypted_zip_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": "x"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="password"):
        read(path)


def test_names_in_a_zip_from_chinese_windows_are_read(tmp_path):
    squares().to_file(tmp_path / "a.geojson")
    inside = (tmp_path / "a.geojson").read_bytes()
    name = "兰山区.geojson"
    path = zipped(tmp_path / "a.zip", {"X" * len(name.encode("gbk")): inside})
    raw = path.read_bytes().replace(b"X" * len(name.encode("gbk")), name.encode("gbk"))
    path.write_bytes(raw)
    source, chunk = read(path)
    assert len(chunk) == 3
    assert source.path.name == name


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_in_any_encoding_and_with_any_delimiter(tmp_path, encoding, delimiter):
    rows = [["经度", "纬度", "内容"], ["118.3", "35.1", "噪音"], ["118.4", "35.2", "占道"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    _, chunk = read(tmp_path / "a.csv")
    assert chunk.table.column_names == rows[0]
    assert chunk.table["内容"].to_pylist() == ["噪音", "占道"]
    assert chunk.rows.tolist() == [2, 3]


def test_quoted_line_breaks_and_delimiters_stay_in_their_cell(tmp_path):
    (tmp_path / "a.csv").write_text('lon,lat,text\n1,2,"a,b\nc"\n', encoding="utf-8")
    _, chunk = read(tmp_path / "a.csv")
    assert chunk.table["text"].to_pylist() == ["a,b\nc"]


def test_rows_of_the_wrong_width_are_named_and_the_others_keep_their_numbers(tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,n\n1,2,a\n3,4\n5,6,b\n7,8,9,10\n1,1,c\n")
    source, chunk = read(tmp_path / "a.csv")
    assert chunk.rows.tolist() == [2, 4, 6]
    assert [one.row for one in source.findings] == [3, 5]


def test_columns_without_a_name_or_with_the_same_one_stay_apart(tmp_path):
    (tmp_path / "a.csv").write_text("a,a,,b\n1,2,3,4\n")
    _, chunk = read(tmp_path / "a.csv")
    assert chunk.table.to_pylist() == [{"a": "1", "a_2": "2", "column_3": "3", "b": "4"}]


def test_codes_keep_their_leading_zeros(tmp_path):
    (tmp_path / "a.csv").write_text("code,lon,lat\n007,1,2\n")
    _, chunk = read(tmp_path / "a.csv")
    assert chunk.table["code"].to_pylist() == ["007"]


def test_a_sheet_with_a_title_above_its_header_is_read(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["罗庄区小区台账"])
    sheet.append(["小区名称", "户数", "经度", "纬度", "登记日期"])
    sheet.append(["盛庄小区", 350, 118.28, 35.02, pd.Timestamp("2025-03-01 08:00")])
    sheet.append([])
    sheet.append(["册山新村", 120.0, 118.29, 35.03, None])
    book.save(tmp_path / "a.xlsx")
    source, chunk = read(tmp_path / "a.xlsx")
    assert chunk.rows.tolist() == [3, 5]
    assert chunk.table["户数"].to_pylist() == ["350", "120"]
    assert chunk.table["登记日期"].to_pylist() == ["2025-03-01T08:00:00", ""]
    assert "title_rows" in source.findings.counts


OLD_BOOK = Path(__file__).parent / "files" / "compounds.xls"
"""A workbook of Excel 97 to 2003 (BIFF 8), written by xlwt 1.3: a title, a header, four rows."""


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "A.XLS"])
def test_an_old_workbook_is_read_whatever_its_ending(tmp_path, name):
    (tmp_path / name).write_bytes(OLD_BOOK.read_bytes())
    source, chunk = read(tmp_path / name)
    assert source.layers == ["小区台账", "说明"]
    assert chunk.rows.tolist() == [3, 4, 5, 6]
    rows = chunk.table.to_pydict()
    assert rows["小区编码"] == ["371311001001001", "371311001002", "007", ""]
    assert rows["小区名称"] == ["盛庄小区", "册山新村", "<script>alert(1)</script>", "傅庄"]
    assert rows["户数"] == ["350", "120", "", "120"]
    assert rows["经度"][0] == "118.2812345"
    assert rows["登记日期"] == ["2025-03-01T08:00:00", "1999-12-31", "", ""]
    assert rows["是否封闭"] == ["true", "false", "", ""]
    assert "title_rows" in source.findings.counts
    assert read(tmp_path / name, layer="说明")[1].table.to_pylist() == [{"经度": "1", "纬度": "2"}]


def test_a_new_workbook_under_an_old_name_is_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["经度", "纬度"])
    book.active.append([118.3, 35])
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.xlsx").rename(tmp_path / "a.xls")
    assert read(tmp_path / "a.xls")[1].table.to_pylist() == [{"经度": "118.3", "纬度": "35"}]


@pytest.mark.parametrize("ending", ["xls", "xlsx", "ods"])
@pytest.mark.parametrize(
    "inside", ["<html><table><tr><td>经度</td></tr></table>", "经度\t纬度\n1\t2"]
)
def test_a_web_page_that_calls_itself_excel_is_said_so(tmp_path, ending, inside):
    (tmp_path / f"a.{ending}").write_text(inside, "gb18030")
    with pytest.raises(InvalidInput, match=r"save it as \.xlsx"):
        read(tmp_path / f"a.{ending}")


@pytest.mark.parametrize("length", [512, 3000])
def test_an_old_workbook_that_was_cut_off_is_broken(tmp_path, length):
    (tmp_path / "a.xls").write_bytes(OLD_BOOK.read_bytes()[:length])
    with pytest.raises(InvalidInput, match="broken or has a password"):
        read(tmp_path / "a.xls")


def test_a_sheet_is_chosen_by_its_name(tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        for name in ("一月", "二月"):
            pd.DataFrame({"经度": [1], "纬度": [2], "月": [name]}).to_excel(
                book, sheet_name=name, index=False
            )
    assert read(tmp_path / "a.xlsx", layer="二月")[1].table["月"].to_pylist() == ["二月"]
    with pytest.raises(NotFound, match="一月, 二月"):
        read(tmp_path / "a.xlsx", layer="三月")


def test_the_first_rows_alone_can_be_read(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 5000)
    with open_source(tmp_path / "a.csv") as source:
        assert sum(len(chunk) for chunk in source.chunks(10)) == 10


def test_a_disk_that_fills_while_unpacking_is_said_so(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", {"a.csv": "lon,lat\n1,2\n"})

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(unpacking, "_pour", full)
    with pytest.raises(Unavailable, match="disk is full"):
        read(path)


def test_what_was_unpacked_is_removed(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": "lon,lat\n1,2\n"})
    with open_source(path) as source:
        unpacked = source.path
        assert unpacked.exists()
    assert not unpacked.exists()


def test_a_geometry_free_table_inside_a_geopackage_is_a_table(tmp_path):
    frame = pd.DataFrame({"lon": [118.0], "lat": [35.0], "name": ["a"]})
    import pyogrio

    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg", layer="t")
    source, chunk = read(tmp_path / "a.gpkg")
    assert chunk.geometry is None
    assert not source.has_geometry
