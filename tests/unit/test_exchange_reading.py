"""Any file that people send is read, or refused with one clear sentence."""

from __future__ import annotations

import errno
import gzip
import os
import zipfile

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from geodata.errors import InvalidInput, NotFound, TooLarge, Unavailable
from geodata.exchange import unpacking
from geodata.exchange.reading import open_source


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
        squares().to_file(path, driver={"kml": "LIBKML"}.get(ending), engine="pyogrio")
    source, chunk = read(path)
    assert chunk.rows.tolist() == [1, 2, 3]
    # A FlatGeobuf file is in spatial order.
    assert set(chunk.table["名称"].to_pylist()) == {"罗庄小区", "河东花园", "兰山新村"}
    assert source.crs == "EPSG:4326"
    assert shapely.get_type_id(chunk.geometry).tolist() == [3, 3, 3]


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
