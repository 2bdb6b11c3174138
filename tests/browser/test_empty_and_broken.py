"""What people see when nothing is there, when a name is hostile, and when something fails."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from shapely import MultiPolygon, box
from sqlalchemy.dialects.postgresql import Range

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.places.tables import areas, compounds

NASTY = '<img src=x onerror="globalThis.bitten=1"><script>globalThis.bitten=1</script>小区'


@pytest.fixture
def empty_live(app, database, serve, password):
    for role in ("planner", "viewer"):
        add_user(database, Actor.terminal(), role, role=role, password=password)
    with serve(app) as address:
        yield address


def polygon(west: float, south: float, side: float) -> str:
    return f"SRID=4326;{MultiPolygon([box(west, south, west + side, south + side)]).wkt}"


def test_an_empty_district_says_what_would_be_here_and_how_to_bring_it(
    open_page, empty_live, artefact
):
    page = open_page("/planner", address=empty_live)
    expect(page.locator("#empty h1")).to_have_text("还没有辖区数据")
    page.screenshot(path=artefact("planner-empty"))
    page.click("#empty a.button")
    expect(page.locator("h1")).to_have_text("导入文件")


def test_who_may_not_import_is_told_whom_to_ask(open_page, empty_live):
    page = open_page("/planner", role="viewer", address=empty_live)
    expect(page.locator("#empty")).to_contain_text("请联系")
    expect(page.locator("#empty a")).to_have_count(0)


def test_a_hostile_name_stays_a_name_on_the_whole_page(open_page, empty_live, database):
    ever = Range(None, None)
    with database.begin() as tx:
        area = {"code": "371399001001", "name": NASTY, "level": "community", "households": 100}
        tx.connection.execute(
            sa.insert(areas).values(**area, held=ever, geom=polygon(118.3, 35, 0.02))
        )
        compound = {"code": "c1", "name": NASTY, "area_code": "371399001001", "households": 90}
        extra = {NASTY: NASTY}
        tx.connection.execute(
            sa.insert(compounds).values(
                **compound, extra=extra, held=ever, geom=polygon(118.305, 35.005, 0.004)
            )
        )
        for layer in ("areas", "compounds"):
            tx.changed(layer, None, "loaded")
    page = open_page("/planner#coverage=15&selected=compounds/c1", address=empty_live)
    expect(page.locator(".record-title")).to_have_text(NASTY)
    expect(page.locator("#record-panel .fields")).to_contain_text(NASTY)
    expect(page.locator(".uncovered-name").first).to_contain_text(NASTY)
    page.fill("#search", "小区")
    expect(page.locator("#search-found li").first).to_contain_text(NASTY)
    page.click("[data-layer=areas]")
    page.wait_for_timeout(300)
    assert page.evaluate("globalThis.bitten") is None
    assert page.locator("img[src=x]").count() == 0


def test_a_failing_server_keeps_the_map_and_offers_to_try_again(open_page, artefact):
    page = open_page("/planner")
    page.context.watched.allowed.add(503)
    body = (
        '{"type": "/problems/unavailable", "title": "x", "status": 503, "detail": "数据库没有响应"}'
    )
    page.route("**/api/v1/coverage*", lambda route: route.fulfill(status=503, body=body))
    page.select_option("#coverage", "15")
    note = page.locator("#refusals")
    expect(note).to_contain_text("数据库没有响应")
    page.unroute("**/api/v1/coverage*")
    note.locator("text=重试").click()
    expect(page.locator("#coverage-panel .figure")).to_contain_text("%")
