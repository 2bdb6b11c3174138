"""A file from the hand to the map, and one that is stopped on its way."""

from __future__ import annotations

import json
import threading

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.cases.tables import cases
from geodata.database.jobs import Work
from geodata.database.working import run_worker
from geodata.places.tables import areas
from geodata.reach.rooms.tables import public_rooms


@pytest.fixture
def empty_live(app, database, serve, password):
    add_user(database, Actor.terminal(), "planner", role="planner", password=password)
    with serve(app) as address:
        yield address


@pytest.fixture
def worker(empty_live, database):
    """A worker beside the server."""
    stop = threading.Event()

    def work():
        while not stop.wait(0.1):
            run_worker(database, wait=False)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def gate(monkeypatch):
    """Keeps an import that has begun to store from going on until it is opened."""
    opened = threading.Event()
    progress = Work.progress

    def held(self, stage, share):
        progress(self, stage, share)
        if stage == "storing":
            assert opened.wait(30)

    monkeypatch.setattr(Work, "progress", held)
    yield opened
    opened.set()


def rows(database, table) -> int:
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def three_areas(folder):
    """Three neighbouring squares with names and codes."""
    features = []
    for i, name in enumerate(["东街社区", "中街社区", "西街社区"]):
        west = 118.33 + i * 0.01
        ring = [[west, 35], [west + 0.01, 35], [west + 0.01, 35.01], [west, 35.01], [west, 35]]
        features.append(
            {
                "type": "Feature",
                "properties": {"名称": name, "编码": f"37139900100{i + 1}", "户数": 400 + i},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    path = folder / "社区.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def some_cases(folder, *, number):
    lines = ["案件编号,经度,纬度,上报时间,类别,标题"]
    lines += [
        f"N{i},{118.331 + i % 25 * 0.001},{35.001 + i // 25 * 0.0001},"
        f"2026-05-{1 + i % 28:02} 08:00,噪音扰民,夜间施工"
        for i in range(number)
    ]
    path = folder / "案件.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.usefixtures("worker")
def test_a_chosen_file_is_taken_in_and_shown_on_the_map(
    open_page, empty_live, database, tmp_path, artefact
):
    page = open_page("/import", address=empty_live)
    page.check("input[value=areas]")
    page.set_input_files("#file", three_areas(tmp_path))
    page.click("#start")
    outcome = page.locator("[data-outcome=done]")
    expect(outcome).to_contain_text("已入库", timeout=30_000)
    expect(page.locator(".outcome div", has_text="新增").locator("dd")).to_have_text("3")
    page.screenshot(path=artefact("import-done"), full_page=True)
    assert rows(database, areas) == 3
    page.get_by_role("link", name="在地图上查看").click()
    page.wait_for_url("**/planner*")
    page.wait_for_selector("body[data-ready]")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#summary-panel .figure").first).to_have_text("1,203")
    page.wait_for_timeout(1200)  # the map may still fly to what was imported
    middle = page.locator("#map, .wangge-map").first.bounding_box()
    page.mouse.click(middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2)
    expect(page.locator(".record-title")).to_have_text("中街社区")


@pytest.mark.usefixtures("worker")
def test_cases_from_a_table_are_on_the_command_centre_s_map(open_page, empty_live, tmp_path):
    page = open_page("/import", address=empty_live)
    page.check("input[value=cases]")
    page.set_input_files("#file", some_cases(tmp_path, number=500))
    page.click("#start")
    expect(page.locator("[data-outcome=done]")).to_contain_text("已入库", timeout=30_000)
    page.goto(f"{empty_live}/command#period=all")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("[data-part=list] h2")).to_contain_text("500")
    expect(page.locator(".case-row").first).to_contain_text("噪音扰民")


@pytest.mark.usefixtures("worker")
def test_a_refused_file_is_tried_first_and_then_taken_without_its_bad_rows(
    open_page, empty_live, database, tmp_path
):
    page = open_page("/import?layer=rooms", address=empty_live)
    path = tmp_path / "台账.csv"
    path.write_text("用房编号,用房名称,规划面积\nY1,甲,100\nY2,乙,-3\n", encoding="utf-8")
    page.set_input_files("#file", path)
    expect(page.locator("#map-note")).to_have_text("文件里没有位置，地图上不显示。")
    expect(page.locator("#crs")).to_have_count(0)
    figures = page.locator(".outcome dd")
    page.click("#start")
    expect(page.locator("#work h2")).to_contain_text("没有入库", timeout=30_000)
    expect(page.locator("#work")).to_contain_text("-3")
    page.check("#dry_run")
    page.check("#skip_bad")
    page.click("#start")
    expect(page.locator("#work h2")).to_contain_text("试导入完成", timeout=30_000)
    page.uncheck("#dry_run")
    page.click("#start")
    expect(page.locator("#work h2")).to_contain_text("已入库", timeout=30_000)
    assert figures.all_inner_texts() == ["2", "1", "0", "0", "0", "1"]
    expect(page.locator("#map-note")).to_have_text("文件里没有位置，地图上不显示。")
    assert rows(database, public_rooms) == 1


@pytest.mark.usefixtures("worker")
def test_an_import_that_is_stopped_stores_nothing_and_says_so(
    open_page, empty_live, database, tmp_path, gate, artefact
):
    page = open_page("/import", address=empty_live)
    page.check("input[value=cases]")
    page.set_input_files("#file", some_cases(tmp_path, number=2_000))
    page.click("#start")
    expect(page.locator("#work [role=progressbar]")).to_be_visible(timeout=30_000)
    expect(page.locator("#work")).to_contain_text("%")
    page.click("#stop")
    page.wait_for_timeout(600)  # as long as a job does not ask whether to stop
    gate.set()
    outcome = page.locator("[data-outcome=cancelled]")
    expect(outcome).to_contain_text("没有入库", timeout=30_000)
    expect(page.locator("#stop")).to_have_count(0)
    page.screenshot(path=artefact("import-stopped"), full_page=True)
    assert rows(database, cases) == 0
    page.get_by_role("button", name="导入另一个文件").click()
    expect(page.locator("#drop-name")).to_have_text("选择文件，或拖到此处")


def test_a_file_that_waits_for_a_worker_can_be_let_go(open_page, empty_live, database, tmp_path):
    page = open_page("/import", address=empty_live)
    page.check("input[value=cases]")
    page.set_input_files("#file", some_cases(tmp_path, number=20))
    page.click("#start")
    expect(page.locator("#work")).to_contain_text("排队")
    page.click("#stop")
    expect(page.locator("[data-outcome=cancelled]")).to_contain_text("没有入库")
    assert rows(database, cases) == 0
