"""A draft opened from a file in the browser."""

from __future__ import annotations

import geopandas as gpd
import pytest
from desks import CENTRE, Desk
from playwright.sync_api import expect

from geodata.crs import convert


@pytest.fixture
def grids(open_page, drafts_live):
    """The page, and the grids in force of one community as a frame."""
    page = open_page("/planner", address=drafts_live)
    found = page.evaluate("fetch('/ogc/collections/grids/items?limit=1000').then((r) => r.json())")
    frame = gpd.GeoDataFrame.from_features(found["features"], crs=4326)
    return page, frame[frame["area_code"] == CENTRE][["name", "geometry"]].reset_index(drop=True)


def begin(page, path):
    page.click("#drafts-menu > summary")
    page.check("input[name=start][value=file]")
    page.set_input_files("#draft-file", path)


def test_a_draft_is_opened_from_a_shapefile_and_tells_what_was_mended(grids, tmp_path, artefact):
    page, frame = grids
    metres = frame.to_crs(4548)
    metres.loc[0, "geometry"] = metres.geometry[0].buffer(8, join_style="mitre")
    path = tmp_path / "东关网格.shp.zip"
    metres.to_file(path, driver="ESRI Shapefile")
    begin(page, path)
    expect(page.locator("#draft-file-seen")).to_contain_text("3")
    expect(page.locator(".draft-area")).to_contain_text(CENTRE)
    page.screenshot(path=artefact("draft-file"))
    page.fill(".draft-form [name=name]", "据文件编制")
    page.click(".draft-form [type=submit]")
    expect(page.locator("#draft-panel")).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")
    number = int(page.url.split("draft=")[1].split("&")[0])
    desk = Desk(page, number)
    assert desk.get()["start"] == "file"
    assert len(desk.grids()) == 3
    page.click("#draft-report > summary")
    report = page.locator("#draft-report")
    expect(report).to_contain_text("处理重叠")
    before = page.url
    report.locator("button.draft-row").first.click()
    page.wait_for_function("(url) => location.href !== url", arg=before)
    page.screenshot(path=artefact("draft-file-report"))


def test_a_file_that_cannot_be_read_is_refused_in_a_sentence_and_another_one_taken(grids, tmp_path):
    page, frame = grids
    page.context.watched.allowed.add(400)
    broken, points = tmp_path / "坏.geojson", tmp_path / "点.geojson"
    broken.write_text("{'no json'", encoding="utf-8")
    gpd.GeoDataFrame(frame[["name"]], geometry=frame.representative_point(), crs=4326).to_file(
        points
    )
    begin(page, broken)
    told = page.locator(".draft-file-told .refused")
    expect(told).to_contain_text("坏.geojson")
    page.set_input_files("#draft-file", points)
    expect(told).to_contain_text("面")
    page.fill(".draft-form [name=name]", "纠偏后")
    page.click(".draft-form [type=submit]")
    expect(page.locator(".draft-form > .told")).to_contain_text("选择")
    shifted = tmp_path / "偏移.geojson"
    convert(frame, from_="wgs84", to="gcj02").to_file(shifted)
    page.set_input_files("#draft-file", shifted)
    hint = page.locator(".draft-file-told")
    expect(hint).to_contain_text("GCJ-02")
    hint.get_by_role("button", name="按此读取").click()
    expect(page.locator("#draft-file-seen")).to_contain_text("GCJ-02")
    expect(page.locator("#draft-crs")).to_have_value("gcj02")
    page.click(".draft-form [type=submit]")
    expect(page.locator("#draft-panel")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_of_a_file_with_several_layers_one_is_chosen(grids, tmp_path, artefact, size):
    """Whatever they are called: names have commas, and there may be many."""
    page, frame = grids
    page.context.watched.allowed.add(400)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    path = tmp_path / "多层.gpkg"
    empty = frame.iloc[:1]
    for k in range(25):
        empty.to_file(path, layer=f"层{k}", driver="GPKG")
    frame.to_file(path, layer="城管, 2026 年修订", driver="GPKG")
    begin(page, path)
    told = page.locator(".draft-file-told")
    expect(told).to_contain_text("26")
    expect(told.locator(".refused")).to_have_count(0)
    layer = page.locator(".draft-file select").first
    expect(layer).to_be_focused()
    page.screenshot(path=artefact(f"draft-file-layers-{size[0]}"))
    layer.select_option("城管, 2026 年修订")
    expect(page.locator("#draft-file-seen")).to_contain_text("共 3 个面")
    expect(page.locator("#draft-file-seen")).to_contain_text("WGS 84")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
