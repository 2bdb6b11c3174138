"""Columns find their fields, values their meaning, geometries their form."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import Conflict, InvalidInput
from geodata.exchange import values
from geodata.exchange.coordinates import Placing, find_placing, geometries, positions
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import map_columns
from geodata.exchange.mending import exploded, made_fit
from geodata.exchange.source import Chunk, Source
from geodata.places.codes import map_order, number, shape_keys

SHANGHAI = ZoneInfo("Asia/Shanghai")


# --- columns ---------------------------------------------------------------------------------


def test_chinese_column_names_find_their_fields():
    columns = [
        "小区编码",
        "小区名称",
        "小区类型",
        "是否封闭",
        "物业公司",
        "户数（户）",
        "总人口",
        "备注",
    ]
    mapping = map_columns("compounds", columns, has_geometry=True)
    assert mapping.as_dict() == {
        "code": "小区编码",
        "name": "小区名称",
        "type": "小区类型",
        "closed": "是否封闭",
        "property_firm": "物业公司",
        "households": "户数（户）",
        "residents": "总人口",
    }
    assert mapping.unmapped == ["备注"]


@pytest.mark.parametrize(
    ("columns", "lon", "lat"),
    [
        (["经度", "纬度"], "经度", "纬度"),
        (["Longitude", "Latitude"], "Longitude", "Latitude"),
        (["LNG", "LAT"], "LNG", "LAT"),
        (["x", "y"], "x", "y"),
        (["X坐标", "Y坐标"], "X坐标", "Y坐标"),
        (["GCJ02经度", "GCJ02纬度"], "GCJ02经度", "GCJ02纬度"),
        (["事发经度", "事发纬度"], "事发经度", "事发纬度"),
    ],
)
def test_longitude_and_latitude_are_found_by_name(columns, lon, lat):
    mapping = map_columns("cases", ["工单编号", "上报时间", *columns])
    assert (mapping.column("lon"), mapping.column("lat")) == (lon, lat)


def test_a_longitude_without_a_latitude_is_no_place():
    assert map_columns("cases", ["经度", "时间"]).column("lon") is None


def test_what_the_user_says_wins():
    mapping = map_columns(
        "cases", ["date", "kind", "type"], said={"category": "kind", "reported_at": "date"}
    )
    assert mapping.column("category") == "kind"
    assert "type" in mapping.unmapped


def test_a_field_can_be_left_out():
    mapping = map_columns("areas", ["名称", "编码"], said={"code": ""}, has_geometry=True)
    assert mapping.column("code") is None
    assert mapping.unmapped == ["编码"]


@pytest.mark.parametrize("said", [{"colour": "a"}, {"name": "b"}])
def test_a_field_or_column_that_is_not_there_is_refused(said):
    with pytest.raises(InvalidInput, match=r"has no (field colour|column b)"):
        map_columns("areas", ["a"], said=said)


# --- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05 08:05:00",
        "2024-03-05T08:05:00",
        "2024-03-05T08:05:00+08:00",
        "2024-03-05T00:05:00Z",
        "2024/3/5 8:05",
        "2024/03/05 08:05:00",
        "2024.3.5 8:05",
        "2024年3月5日 8时5分",
        "2024年3月5日8时05分00秒",
        "20240305080500",
        "45356.3368055556",
        "1709597100",
        "1709597100000",
        "03/05/2024 08:05:00 AM",
    ],
)
def test_times_in_many_forms_are_one_instant(text):
    instants, bad = values.times(pa.array([text, "还没有", None]), SHANGHAI)
    assert instants[0] == np.datetime64("2024-03-05T00:05:00")
    assert bad.tolist() == [False, True, False]


@pytest.mark.parametrize("text", ["2024-02-30", "0000-00-00", "昨天", "99999999999999", "1"])
def test_times_that_are_none_are_refused(text):
    instants, bad = values.times(pa.array([text]), SHANGHAI)
    assert np.isnat(instants[0])
    assert bad[0]


def test_counts_are_whole_and_never_negative():
    numbers, bad = values.counts(pa.array(["1,200户", "3.0", "-1", "很多", "", None]))
    assert numbers[:2].tolist() == [1200, 3]
    assert np.isnan(numbers[2:]).all()
    assert bad.tolist() == [False, False, True, True, False, False]


def test_words_of_the_profile_become_keys_and_unknown_ones_are_counted():
    known = {"噪音": "noise", "物业": "property"}.get
    keys, bad, odd = values.terms(pa.array(["噪音", "外星人", "物业", None, "外星人"]), known)
    assert keys.to_pylist() == ["noise", None, "property", None, None]
    assert bad.tolist() == [False, True, False, False, True]
    assert odd == [("外星人", 1, 2)]


texts = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


@given(
    st.lists(
        st.tuples(
            texts,
            st.one_of(st.none(), st.integers(-(2**40), 2**40)),
            st.one_of(st.none(), st.booleans()),
        ),
        max_size=20,
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8),
)
def test_what_is_kept_aside_is_json_without_its_missing_values(rows, name):
    table = pa.table(
        {
            name: pa.array([row[0] for row in rows], type=pa.string()),
            "a number": pa.array([row[1] for row in rows], type=pa.int64()),
            "a truth": pa.array([row[2] for row in rows], type=pa.bool_()),
        }
    )
    written = values.as_json(table).to_pylist()
    assert len(written) == len(rows)
    for row, text in zip(rows, written, strict=True):
        read = orjson.loads(text)
        assert read.get("a number") == row[1]
        assert read.get("a truth") == row[2]
        plain = "".join(c for c in row[0] or "" if c >= " " or c in "\n\r\t")
        assert plain.strip() == read.get(name, "").strip()


# --- coordinates -----------------------------------------------------------------------------


def placed(text, **said):
    """Positions of a table "x,y;x,y…" as they would be read."""
    pairs = [pair.split(",") for pair in text.split(";")]
    table = pa.table({"lon": [p[0] for p in pairs], "lat": [p[1] for p in pairs]})
    chunk = Chunk(np.arange(2, len(pairs) + 2), table)
    mapping, found = map_columns("cases", table.column_names), Findings()
    source = Source(None, "a.csv")
    placing = find_placing(source, chunk, mapping, declared=said.get("crs"), found=found)
    return *positions(chunk, mapping, placing, found), found


def test_swapped_columns_are_noticed_and_said():
    x, y, bad, found = placed("35.1,118.3;35.2,118.4;35.3,118.5")
    assert x.tolist() == [118.3, 118.4, 118.5]
    assert y[0] == 35.1
    assert not bad.any()
    assert "swapped" in found.counts


def test_one_swapped_row_is_refused_with_its_row():
    _, _, bad, found = placed("118.3,35.1;118.4,35.2;35.3,118.5;118.3,35.1")
    assert bad.tolist() == [False, False, True, False]
    assert [(one.kind, one.row) for one in found] == [("swapped_row", 4)]


@pytest.mark.parametrize(
    ("pair", "kind"),
    [
        ("nan,35", "unreadable"),
        ("inf,35", "not_finite"),
        ("abc,35", "unreadable"),
        (",35", "not_finite"),
        ("500,35", "out_of_range"),
        ("1e308,1", "out_of_range"),
    ],
)
def test_a_bad_coordinate_is_refused_with_its_row(pair, kind):
    x, _, bad, found = placed(f"118.3,35.1;118.4,35.2;{pair};118.5,35.3")
    assert bad.tolist() == [False, False, True, False]
    assert np.isnan(x[2]) or kind == "out_of_range"
    assert [(one.kind, one.row) for one in found] == [(kind, 4)]


def test_blank_and_zero_coordinates_are_no_place_and_no_fault():
    x, _, bad, found = placed("118.3,35.1;,;0,0")
    assert np.isnan(x[1:]).all()
    assert not bad.any()
    assert found.counts == {"null_island": 1}


def test_degrees_minutes_and_seconds_are_read():
    x, y, bad, _ = placed("118°21′36″E,35°3′0″N;118.3,35.1")
    assert x[0] == pytest.approx(118.36)
    assert y[0] == pytest.approx(35.05)
    assert not bad.any()


def test_declared_gcj02_comes_out_as_wgs84():
    x, y, _, _ = placed("121.531541859215,31.17530398364597", crs="gcj02")
    assert x[0] == pytest.approx(121.5272106, abs=1e-8)
    assert y[0] == pytest.approx(31.1774276, abs=1e-8)


def test_metres_without_a_declared_system_are_refused_with_a_hint():
    with pytest.raises(InvalidInput, match="EPSG:4528"):
        placed("40531234.5,3880123.4")
    with pytest.raises(InvalidInput, match="no degrees, though GCJ-02"):
        placed("531234.5,3880123.4", crs="gcj02")


def test_metres_of_a_declared_zone_are_turned():
    x, y, _, _ = placed("40500000,3880000", crs="EPSG:4528")
    assert x[0] == pytest.approx(120.0)
    assert 34 < y[0] < 36


def test_well_known_text_with_and_without_a_system_in_front():
    table = pa.table({"geom": ["POINT (118 35)", "SRID=4326;POINT (119 36)", None, "no text"]})
    chunk, found = Chunk(np.arange(2, 6), table), Findings()
    mapping = map_columns("cases", ["geom"])
    shapes = geometries(chunk, mapping, Placing("wgs84", "degrees", "wkt"), found)
    assert [None if s is None else s.x for s in shapes] == [118.0, 119.0, None, None]
    assert [one.row for one in found] == [5]


def test_longitude_and_latitude_in_one_column():
    table = pa.table({"坐标": ["118.3,35.1", "118.4，35.2", ""]})
    chunk = Chunk(np.arange(2, 5), table)
    mapping = map_columns("cases", ["坐标"])
    placing = find_placing(Source(None, "a.csv"), chunk, mapping, declared=None, found=Findings())
    x, y, bad = positions(chunk, mapping, placing, Findings())
    assert x[:2].tolist() == [118.3, 118.4]
    assert y[1] == 35.2
    assert not bad.any()


# --- geometries ------------------------------------------------------------------------------

BOW = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


def fit(shapes, shape="polygon"):
    found = Findings()
    array = np.array(shapes, dtype=object)
    rows = np.arange(1, len(array) + 1)
    return *made_fit(array, rows, ["n"] * len(array), shape, found), found


def test_a_polygon_that_crosses_itself_is_mended_and_named():
    shapes, good, mended, found = fit([BOW, shapely.box(0, 0, 1, 1)])
    assert good.all()
    assert mended == 1
    assert shapely.is_valid(shapes).all()
    assert {s.geom_type for s in shapes} == {"MultiPolygon"}
    (one,) = found
    assert (one.kind, one.row, one.name) == ("mended", 1, "n")
    assert "Self-intersection" in one.read()
    assert one.params["after"] > 0


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (None, "no_geometry"),
        (shapely.Polygon(), "no_geometry"),
        (shapely.Point(1, 1), "wrong_shape"),
        (shapely.LineString([(0, 0), (1, 1)]), "wrong_shape"),
        (shapely.Polygon([(0, 0), (1, 1), (0, 0)]), "unmendable"),
        (shapely.box(200, 0, 201, 1), "out_of_range"),
        (shapely.Polygon([(0, 0), (np.inf, 1), (1, 1)]), "not_finite"),
        (shapely.GeometryCollection([shapely.Point(0, 0)]), "wrong_shape"),
    ],
)
def test_what_is_no_polygon_is_refused_with_its_row(shape, kind):
    _, good, _, found = fit([shapely.box(0, 0, 1, 1), shape])
    assert good.tolist() == [True, False]
    assert [(one.kind, one.row, one.weight) for one in found] == [(kind, 2, "refused")]


def test_a_closed_line_of_a_drawing_becomes_a_polygon():
    ring = shapely.LineString([(0, 0), (1, 0), (1, 1), (0, 0)])
    shapes, good, _, _ = fit([ring])
    assert good.all()
    assert shapes[0].geom_type == "MultiPolygon"


def test_lines_are_taken_apart():
    both = shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]])
    shapes, good, _, _ = fit([both, shapely.LineString([(0, 0), (0, 0)])], "line")
    assert good.tolist() == [True, False]
    parts, came_from = exploded(shapes[good])
    assert len(parts) == 2
    assert came_from.tolist() == [0, 0]


def test_a_multipoint_of_one_point_is_a_point():
    several = shapely.MultiPoint([(1, 1), (2, 2)])
    shapes, good, _, _ = fit([shapely.MultiPoint([(1, 2)]), several], "point")
    assert good.tolist() == [True, False]
    assert shapes[0].geom_type == "Point"


# --- codes -----------------------------------------------------------------------------------


def test_codes_run_from_west_to_east_in_bands_from_north_to_south():
    lon = [118.0, 118.1, 118.2] * 3
    lat = [35.2, 35.21, 35.19, 35.1, 35.11, 35.09, 35.0, 35.01, 34.99]
    shuffled = np.random.default_rng(1).permutation(9)
    order = map_order(np.array(lon)[shuffled], np.array(lat)[shuffled])
    assert shuffled[order].tolist() == list(range(9))


def test_a_code_is_never_given_twice():
    taken = {"371302001001001", "371302001001007", "371302001002003"}
    given_ = number(["371302001001"] * 2, [118.1, 118.0], [35, 35], taken=taken)
    assert given_ == ["371302001001009", "371302001001008"]


def test_when_the_numbers_are_used_up_it_is_said():
    with pytest.raises(Conflict, match="371302001001"):
        number(["371302001001"], [118], [35], taken={"371302001001999"})


@given(st.lists(st.tuples(st.floats(110, 120), st.floats(30, 40)), max_size=40))
def test_every_new_record_gets_its_own_code(places):
    lon, lat = [p[0] for p in places], [p[1] for p in places]
    codes = number(["3"] * len(places), lon, lat, taken=[])
    assert len(set(codes)) == len(places)


def test_the_same_geometry_has_the_same_key_and_a_twin_another():
    line = shapely.LineString([(118, 35), (118.1, 35.1)])
    back = shapely.LineString([(118.1, 35.1), (118, 35)])
    one, other, twin = shape_keys([line, back, line])
    assert shape_keys([line]) == [one]
    assert other != one
    assert twin == f"{one}-2"
