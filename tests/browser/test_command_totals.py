"""More cases than fit a page: totals on the map, single cases among them."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import pytest
from command_page import PAINTED, until
from playwright.sync_api import expect
from sqlalchemy import text

from api.ogc import tiles as ogc_tiles
from geodata.cases.map import tiling
from geodata.cases.querying import CasePoints

DESK, WALL, PHONE = (1440, 900), (3840, 2160), (390, 844)


def test_more_cases_than_fit_are_said_and_not_hidden(open_page, demo_app, demo_database):
    with demo_database.read() as connection:
        all_of_them = connection.execute(text("SELECT count(*) FROM cases")).scalar_one()
    kept = demo_app.extensions.get("wangge-case-points")
    demo_app.extensions["wangge-case-points"] = CasePoints(limit=2_000)
    try:
        page = open_page("/command#period=all", role="commander")
        notice = page.locator("[data-part=notice]")
        expect(notice).to_contain_text(f"{all_of_them:,}")
        whole = notice.get_by_role("button", name="全部案件按汇总显示")
        expect(whole).to_have_attribute("aria-pressed", "true")
        expect(notice).to_contain_text("汇总")
        until(page, PAINTED)
        with page.expect_request(lambda request: "category=noise" in request.url) as asked:
            page.locator(".bar-row[data-key=noise]").click()
        assert "/ogc/collections/cases/tiles/" in asked.value.url
        whole.click()
        expect(whole).to_have_attribute("aria-pressed", "false")
        page.locator("[data-period=today]").click()
        expect(notice).to_be_hidden()
    finally:
        demo_app.extensions["wangge-case-points"] = kept or CasePoints()


LONELY = """
    SELECT c.id, c.category, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat FROM cases c
    WHERE c.reported_at < (SELECT reported_at FROM cases ORDER BY reported_at DESC OFFSET 3000 LIMIT 1)
      AND c.closed_at IS NOT NULL AND c.geom IS NOT NULL
      AND NOT EXISTS (SELECT FROM cases o WHERE o.id <> c.id AND ST_DWithin(o.geom, c.geom, 0.0004))
    ORDER BY c.id LIMIT 1
"""


def with_few_points(app):
    """The application as if it had more cases than it sends as points; gives what to undo."""
    kept = app.extensions.get("wangge-case-points")
    app.extensions["wangge-case-points"] = CasePoints(limit=2_000)
    return lambda: app.extensions.update({"wangge-case-points": kept or CasePoints()})


@pytest.mark.parametrize("by_place", [False, True], ids=["by its number", "by its place"])
def test_a_single_case_among_totals_opens_its_record(
    open_page, demo_app, demo_database, by_place, monkeypatch
):
    with demo_database.read() as connection:
        case = connection.execute(text(LONELY)).one()
    undo = with_few_points(demo_app)
    if by_place:
        # Every tile in cells: what stands alone has no number of its own.
        monkeypatch.setattr(tiling, "POINTS", 0)
        monkeypatch.setattr(ogc_tiles, "FORM", ogc_tiles.FORM + 1000)
    try:
        page = open_page(f"/command#period=all&map=18/{case.lat}/{case.lon}", role="commander")
        until(page, PAINTED, least=50)
        box = page.locator(".leaflet-container").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        record = page.locator("[data-part=record]")
        expect(record).to_contain_text(f"#{case.id}")
        assert f"case={case.id}" in page.url
        expect(record.locator(".record-steps")).to_contain_text("上报")
        expect(record.locator("dl.facts").first).to_be_visible()
        expect(record.get_by_role("button", name="定位")).to_be_visible()
    finally:
        undo()


def test_totals_are_of_the_chosen_grid_or_compound(open_page, demo_app, demo_database):
    with demo_database.read() as connection:
        grid = connection.execute(
            text("SELECT grid_code FROM cases GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
        ).scalar_one()
    undo = with_few_points(demo_app)
    try:
        page = open_page("/command#period=all", role="commander")
        until(page, PAINTED)
        whole = page.evaluate(PAINTED)
        with page.expect_request(lambda request: f"area={grid}" in request.url) as asked:
            page.evaluate(f"location.hash = '#period=all&area={grid}'")
        assert "/ogc/collections/cases/tiles/" in asked.value.url
        assert asked.value.response().ok
        page.wait_for_timeout(1_000)
        assert 0 < page.evaluate(PAINTED) < whole / 2
    finally:
        undo()
