"""Taking a file in by the browser."""

from __future__ import annotations

import json

import geopandas as gpd
from playwright.sync_api import expect
from shapely import box

from geodata.crs import convert

NASTY = "幸福<script>globalThis.bitten=1</script>驿站"


def stations(folder, *, rows=6):
    """A table of stations with Chinese column names."""
    lines = ["名称,经度,纬度,类型,备注"]
    lines += [
        f"{NASTY}{i},{118.335 + i * 0.002},{35.055},党群服务驿站,第{i}个" for i in range(rows)
    ]
    path = folder / "驿站.csv"
    path.write_text("\n".join(lines), encoding="gb18030")
    return path


def test_a_file_is_seen_as_columns_and_on_the_map_before_anything_is_stored(
    open_page, tmp_path, artefact
):
    page = open_page("/import")
    before = page.evaluate("fetch('/api/v1/places/summary').then((r) => r.json())")
    page.check("input[value=facilities]")
    page.set_input_files("#file", stations(tmp_path))
    table = page.locator(".columns")
    expect(table).to_be_visible()
    assert page.locator("select[data-column=名称]").input_value() == "name"
    assert page.locator("select[data-column=经度]").input_value() == "lon"
    assert page.locator("select[data-column=备注]").input_value() == ""
    expect(page.locator("#map-note")).to_contain_text("6")
    page.wait_for_timeout(500)
    page.screenshot(path=artefact("import-look"))
    after = page.evaluate("fetch('/api/v1/places/summary').then((r) => r.json())")
    assert after["counts"] == before["counts"]
    assert page.evaluate("globalThis.bitten") is None


def test_every_layer_and_every_field_has_a_name_that_people_read(open_page, tmp_path):
    page = open_page("/import", role="admin")
    page.set_input_files("#file", stations(tmp_path))
    choices = page.locator("#layer-choice label")
    expect(choices).to_have_count(9)
    for k in range(9):
        choice = choices.nth(k)
        layer = choice.locator("input").get_attribute("value")
        assert choice.inner_text().strip(), layer
        with page.expect_response("**/imports/preview"):
            choice.locator("input").check()
        named = page.locator(".columns select").first.locator("option")
        expect(named.first).to_have_text("原样保留")
        plain = [words for words in named.all_inner_texts() if words.isascii()]
        assert plain == [], f"{layer}: {plain}"


def test_the_mapping_of_a_column_can_be_changed(open_page, tmp_path):
    page = open_page("/import")
    page.check("input[value=facilities]")
    page.set_input_files("#file", stations(tmp_path))
    page.locator("select[data-column=备注]").select_option("address")
    expect(page.locator("select[data-column=备注]")).to_have_value("address")
    expect(page.locator("tr[data-mapped] select[data-column=备注]")).to_be_visible()


def test_a_layer_five_hundred_metres_off_is_said_to_fit_as_gcj02(open_page, live, tmp_path):
    page = open_page("/import")
    found = page.evaluate(
        "fetch('/ogc/collections/areas/items?limit=100&level=community').then((r) => r.json())"
    )
    frame = gpd.GeoDataFrame.from_features(found["features"], crs=4326)[["name", "geometry"]]
    path = tmp_path / "areas.geojson"
    shifted = convert(frame, from_="wgs84", to="gcj02").set_crs(4326, allow_override=True)
    path.write_text(json.dumps(json.loads(shifted.to_json())), encoding="utf-8")
    page.check("input[value=areas]")
    page.set_input_files("#file", path)
    guess = page.locator(".guess")
    expect(guess).to_contain_text("GCJ")
    guess.locator("button").click()
    expect(guess).to_be_hidden()
    assert page.locator("#crs").input_value() == "gcj02"


def test_a_file_that_cannot_be_read_is_refused_in_words(open_page, tmp_path):
    page = open_page("/import")
    page.context.watched.allowed.add(400)
    path = tmp_path / "kaputt.gpkg"
    path.write_bytes(b"this is no geopackage")
    page.set_input_files("#file", path)
    expect(page.locator("#refused .refused")).to_be_visible()
    expect(page.locator("#refused")).to_contain_text("kaputt.gpkg")


def test_a_viewer_is_told_that_he_may_not_import(open_page):
    page = open_page("/planner", role="viewer")
    expect(page.locator(".bar-pages a[href='/import']")).to_have_count(0)
    page.context.watched.allowed.add(403)
    page.goto(page.url.split("/planner")[0] + "/import")
    expect(page.locator(".problem h1")).to_be_visible()


def test_of_several_layers_one_is_chosen(open_page, tmp_path):
    path = tmp_path / "两层.gpkg"
    for layer in ("旧", "新"):
        gpd.GeoDataFrame(
            {"名称": [f"{layer}小区"]}, geometry=[box(118.34, 35.05, 118.341, 35.051)], crs=4326
        ).to_file(path, layer=layer)
    page = open_page("/import?layer=compounds", role="planner")
    page.context.watched.allowed.add(400)
    page.set_input_files("#file", path)
    expect(page.locator("#look")).to_contain_text("2个图层")
    chosen = page.locator("#look select").first
    expect(chosen).to_be_focused()
    chosen.select_option("新")
    expect(page.locator(".columns .samples").first).to_have_text("新小区")
    page.locator("#look select").first.select_option("旧")
    expect(page.locator(".columns .samples").first).to_have_text("旧小区")


def test_of_numbers_that_are_no_degrees_the_coordinate_system_is_asked(open_page, tmp_path):
    path = tmp_path / "驿站.csv"
    path.write_text("名称,类型,X,Y\n甲,驿站,440000,3880000\n", encoding="utf-8")
    page = open_page("/import?layer=facilities", role="planner")
    page.context.watched.allowed.add(400)
    page.set_input_files("#file", path)
    expect(page.locator("#look")).to_contain_text("请选择坐标系")
    page.locator("#crs").select_option("other")
    page.get_by_role("textbox", name="EPSG 代码").fill("EPSG:4548")
    page.get_by_role("textbox", name="EPSG 代码").press("Tab")
    expect(page.locator("#look")).to_contain_text("EPSG:4548")
    expect(page.locator("#map-note")).to_contain_text("1")
