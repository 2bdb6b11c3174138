"""Tables are read: text in any encoding, and workbooks old and new."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest
from sent_files import read

from geodata.errors import InvalidInput, NotFound
from geodata.exchange.reading import open_source


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_table_with_tabs_is_read(tmp_path, encoding):
    (tmp_path / "a.tsv").write_text("名称\t经度\t纬度\n一,二\t118.3\t35.1\n", encoding)
    _, chunk = read(tmp_path / "a.tsv")
    assert chunk.table.to_pydict() == {"名称": ["一,二"], "经度": ["118.3"], "纬度": ["35.1"]}


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


def test_the_first_rows_alone_can_be_read(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 5000)
    with open_source(tmp_path / "a.csv") as source:
        assert sum(len(chunk) for chunk in source.chunks(10)) == 10


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


def test_a_geometry_free_table_inside_a_geopackage_is_a_table(tmp_path):
    frame = pd.DataFrame({"lon": [118.0], "lat": [35.0], "name": ["a"]})
    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg", layer="t")
    source, chunk = read(tmp_path / "a.gpkg")
    assert chunk.geometry is None
    assert not source.has_geometry
