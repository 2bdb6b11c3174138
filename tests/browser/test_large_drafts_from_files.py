"""A draft from a large file in the browser: opened by a job that shows how far it is and stops."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import pytest
from desks import CENTRE, Desk
from playwright.sync_api import expect

from geodata.database.working import run_worker


@pytest.fixture
def page(open_page, drafts_live):
    return open_page("/planner", address=drafts_live)


@pytest.fixture
def large(page, tmp_path):
    """The grids in force of one community, drawn so finely that the file is large."""
    found = page.evaluate("fetch('/ogc/collections/grids/items?limit=1000').then((r) => r.json())")
    frame = gpd.GeoDataFrame.from_features(found["features"], crs=4326)
    frame = frame[frame["area_code"] == CENTRE][["name", "geometry"]].to_crs(4548)
    frame["geometry"] = frame.segmentize(0.05)
    path = tmp_path / "细网格.geojson"
    frame.to_crs(4326).to_file(path, COORDINATE_PRECISION=9)
    assert path.stat().st_size > 1_000_000
    return path


def ask(page, path, name):
    page.click("#drafts-menu > summary")
    page.check("input[name=start][value=file]")
    page.set_input_files("#draft-file", path)
    expect(page.locator("#draft-file-seen")).to_contain_text("3", timeout=30_000)
    page.fill(".draft-form [name=name]", name)
    with page.expect_response("**/from_file") as answer:
        page.click(".draft-form [type=submit]")
    assert answer.value.status == 202


def work(database):
    with ThreadPoolExecutor() as pool:  # the worker has an event loop of its own
        pool.submit(run_worker, database, wait=False).result()


def test_a_large_file_shows_how_far_it_is_and_becomes_a_draft(
    page, large, drafts_database, artefact
):
    ask(page, large, "据大文件")
    expect(page.locator("#draft-file-job")).to_be_visible()
    page.screenshot(path=artefact("draft-file-job"))
    work(drafts_database)
    expect(page.locator("#draft-panel")).to_be_visible(timeout=30_000)
    desk = Desk(page, int(page.url.split("draft=")[1].split("&")[0]))
    assert desk.get()["name"] == "据大文件"
    assert len(desk.grids()) == 3


def test_a_large_file_can_be_stopped_and_no_draft_is_opened(page, large, drafts_database):
    ask(page, large, "不要了")
    with page.expect_response("**/cancel"):
        page.click("#draft-file-job [data-hold=stop-job]")
    work(drafts_database)
    expect(page.locator(".draft-form > .told")).to_contain_text("已停止", timeout=30_000)
    expect(page.locator("#draft-file-job")).to_have_count(0)
    plans = page.evaluate("fetch('/api/v1/plans').then((r) => r.json())")["plans"]
    assert "不要了" not in {plan["name"] for plan in plans}
