"""The page of public rooms: entered, taken through their steps, found wrong."""

from __future__ import annotations

import threading
from functools import partial

from playwright.sync_api import expect

from geodata.database.working import run_worker


def test_a_room_is_entered_accepted_and_reported_and_its_figures_follow(own_live, open_page):
    page = open_page("/rooms", role="planner", address=own_live)
    expect(page.locator("#rooms")).to_contain_text("已移交未启用")
    page.locator("[name=q]").fill("YF001")
    expect(page.locator("#rooms tbody button")).to_have_count(0)
    page.click("#add")
    dialog = page.locator("dialog[open]")
    dialog.locator("[name=code]").fill("YF001")
    dialog.locator("[name=name]").fill("社区配套用房")
    dialog.locator("[name=planned_m2]").fill("300")
    dialog.locator("[name=planned_on]").fill("2024-03-01")
    dialog.locator("button.main").click()
    room = page.locator("#room")
    expect(room).to_contain_text("尚未移交")

    room.locator("[data-step=accept]").click()
    dialog.locator("[name=accepted_m2]").fill("280")
    dialog.locator("button.main").click()
    expect(room.locator(".room-bars")).to_contain_text("280 m²")
    room.get_by_role("button", name="上报问题").click()
    dialog.locator("[name=kind]").select_option("let")
    dialog.locator("[name=m2]").fill("80")
    dialog.locator("button.main").click()
    expect(room).to_contain_text("出租 80 m²")
    page.locator("[name=q]").fill("YF001")
    page.locator("[name=state]").select_option("misused")
    expect(page.locator("#rooms tbody tr")).to_have_count(1)
    expect(page.locator("#rooms")).to_contain_text("社区配套用房")


def test_a_ledger_is_taken_in_and_what_is_saved_comes_back_the_same(
    own_live, own_demo_database, open_page, tmp_path, artefact
):
    page = open_page("/rooms", role="planner", address=own_live)
    expect(page.locator("#rooms tbody button").first).to_be_visible()
    with page.expect_download() as saved:
        page.locator("#csv").click()
    whole = tmp_path / "用房.csv"
    saved.value.save_as(whole)
    lines = whole.read_text(encoding="utf-8-sig").splitlines()
    added = tmp_path / "加一处.csv"
    added.write_text(
        "\n".join([*lines, "TZ-9,台账新增用房" + "," * (lines[0].count(",") - 1)]), encoding="utf-8"
    )

    page.get_by_role("link", name="导入台账").click()
    expect(page.locator("input[value=rooms]")).to_be_checked()
    page.set_input_files("#file", added)
    expect(page.locator("select[data-column='移交面积，m²']")).to_have_value("handed_m2")
    page.screenshot(path=artefact("ledger-look"))
    with page.expect_response(lambda answer: answer.status == 202):
        page.locator("#start").click()
    worker = threading.Thread(target=partial(run_worker, own_demo_database, wait=False))
    worker.start()
    worker.join()
    outcome = page.locator(".outcome")
    expect(outcome).to_be_visible()
    figures = outcome.locator("dd").all_inner_texts()
    rows = f"{len(lines):,}"
    assert figures == [rows, "1", "0", f"{len(lines) - 1:,}", "0", "0"]
    page.get_by_role("link", name="查看公共用房").click()
    expect(page.locator("#count")).to_have_text(f"{rows} / {rows}处")
    page.locator("[name=q]").fill("TZ-9")
    expect(page.locator("#count")).to_have_text(f"1 / {rows}处")
    page.get_by_role("button", name="台账新增用房").click()
    room = page.locator("#room")
    expect(room).to_contain_text("尚未移交")

    room.get_by_role("button", name="更正登记").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("[name=developer]").fill("更正置业")
    dialog.locator("button.main").click()
    expect(room).to_contain_text("开发单位：更正置业")
