"""What people see when nothing is there, when a name is hostile, and when something fails."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from shapely import MultiPolygon, box
from sqlalchemy.dialects.postgresql import Range

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.cases.tables import cases
from geodata.database.working import run_worker
from geodata.demo import city
from geodata.places.tables import areas, compounds

pytestmark = pytest.mark.usefixtures("remembered_city")
NASTY = '<img src=x onerror="globalThis.bitten=1"><script>globalThis.bitten=1</script>小区'


@pytest.fixture
def empty_live(app, database, serve, password):
    for role in ("admin", "planner", "commander", "viewer"):
        add_user(database, Actor.terminal(), role, role=role, password=password)
    with serve(app) as address:
        yield address


@pytest.fixture
def worker(empty_live, database, monkeypatch):
    """A worker beside the server, and a city of few cases."""
    monkeypatch.setattr(city, "CASES_A_DISTRICT", 2_000)
    stop = threading.Event()

    def work():
        while not stop.wait(0.1):
            run_worker(database, wait=False)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


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


def test_who_may_not_load_the_demo_city_is_told_whom_to_ask(open_page, empty_live):
    for page_name, role in (
        ("planner", "planner"),
        ("command", "commander"),
        ("command", "viewer"),
    ):
        page = open_page(f"/{page_name}", role=role, address=empty_live)
        box = page.locator(".empty-map")
        expect(box).to_contain_text("联系管理员载入演示城区")
        expect(box.locator("button")).to_have_count(0)


@pytest.mark.parametrize("page_name", ["planner", "command"])
def test_an_administrator_loads_the_demo_city_and_sees_it(
    open_page, empty_live, worker, artefact, page_name
):
    page = open_page(f"/{page_name}", role="admin", address=empty_live, theme="light")
    box = page.locator(".empty-map")
    expect(box).to_contain_text("不会新建账户")
    page.screenshot(path=artefact(f"{page_name}-empty-admin"))
    box.get_by_text("载入演示城区", exact=True).click()
    expect(box.locator("[role=progressbar]")).to_be_visible()
    expect(page.locator(".badge").first).to_have_text("合成数据", timeout=90_000)
    expect(box).to_be_hidden()
    page.wait_for_selector("body[data-ready]")
    assert "map=" not in page.url or "35." in page.url
    if page_name == "planner":
        expect(page.locator("#summary-panel .figure").first).to_have_text("62,723")
    else:
        expect(page.locator(".command-list h2")).not_to_contain_text("视野内 0 件")


def test_loading_can_be_stopped_and_begun_again(open_page, empty_live, database, worker):
    page = open_page("/planner", role="admin", address=empty_live)
    box = page.locator(".empty-map")
    box.get_by_text("载入演示城区", exact=True).click()
    box.get_by_text("停止", exact=True).click()
    expect(box).to_contain_text("已停止", timeout=60_000)
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(areas)) == 0
    expect(box.get_by_text("载入演示城区", exact=True)).to_be_enabled()


def test_who_comes_while_it_is_loaded_sees_how_far_it_is(open_page, empty_live):
    first = open_page("/planner", role="admin", address=empty_live)
    first.get_by_text("载入演示城区", exact=True).click()
    expect(first.locator(".empty-map")).to_contain_text("排队")
    second = open_page("/command", role="admin", address=empty_live)
    expect(second.locator(".empty-map [role=progressbar]")).to_be_visible()
    second.locator("[data-stop=demo]").click()
    expect(first.locator(".empty-map")).to_contain_text("已停止")


def test_a_refusal_is_said_where_the_button_is(open_page, empty_live, database):
    page = open_page("/planner", role="admin", address=empty_live)
    page.context.watched.allowed.add(409)
    with database.begin() as tx:
        values = {"source": "hotline", "category": "noise", "state": "reported"}
        tx.connection.execute(sa.insert(cases).values(**values, reported_at=sa.func.now()))
    page.get_by_text("载入演示城区", exact=True).click()
    expect(page.locator(".empty-map [role=alert]")).to_contain_text("cases")


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
