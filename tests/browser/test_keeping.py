"""The duty calendar, the workdays and the taught words, walked through once."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Route, expect


def test_a_week_of_duty_a_day_off_and_a_word_are_kept_on_their_pages(open_page, own_live, artefact):
    page = open_page("/duty", role="admin", address=own_live, ready="#roster tbody tr")
    page.get_by_role("button", name="下一周", exact=True).click()
    expect(page.locator(".gap").first).to_be_visible()
    page.get_by_role("button", name="添加班次", exact=True).click()
    asked = page.locator("dialog.asking")
    asked.get_by_label("人员").select_option(index=1)
    asked.get_by_label("岗位").fill("带班领导")
    asked.get_by_label("岗位").press("Enter")
    expect(asked).to_have_count(0)
    shift = page.locator("tr[data-place=''] .shift", has_text="带班领导")
    expect(shift).to_contain_text("08:30–17:30")
    page.screenshot(path=artefact("duty"))
    shift.get_by_role("button").click()
    asked.get_by_label("岗位").fill("值班领导")
    asked.get_by_role("button", name="保存").click()
    expect(page.locator("tr[data-place=''] .shift")).to_contain_text("值班领导")
    page.get_by_role("button", name="复制到下一周").click()
    expect(page.locator("#roster-told")).to_contain_text("已复制")
    page.locator("tr[data-place=''] .shift button").click()
    asked.get_by_role("button", name="删除班次").click()
    expect(page.locator("tr[data-place=''] .shift")).to_have_count(0)

    page.get_by_role("button", name="下一年").click()
    day = page.locator("[data-day='2027-03-08']")
    expect(day).to_have_attribute("aria-label", "2027年3月8日星期一 · 上班")
    day.focus()
    day.press("ArrowRight")
    expect(page.locator("[data-day='2027-03-09']")).to_be_focused()
    day.click()
    asked.get_by_label("理由").fill("运动会")
    asked.get_by_role("button", name="保存").click()
    expect(page.locator("#own-days")).to_contain_text("运动会")
    expect(day).to_have_attribute("aria-label", "2027年3月8日星期一 · 休息 · 运动会")
    page.get_by_role("button", name="删除 2027-03-08").click()
    expect(page.locator("#own-days")).to_contain_text("没有自设")

    page.goto(f"{own_live}/aliases")
    expect(page.locator("#words")).to_contain_text("还没有地址别名")
    page.get_by_label("群众的叫法").fill("老粮所大院")
    place = page.get_by_role("combobox", name="地点")
    place.fill("街道")
    expect(page.get_by_role("option").first).to_be_visible()
    place.press("Enter")
    page.get_by_role("button", name="添加", exact=True).click()
    row = page.locator("#words tbody tr")
    expect(row).to_contain_text("手工添加")
    page.get_by_label("查找").fill("没有的")
    expect(row).to_contain_text("没有符合")
    page.get_by_label("查找").fill("粮所")
    page.screenshot(path=artefact("aliases"))
    row.get_by_role("button", name="停用 老粮所大院").click()
    expect(page.locator("#told")).to_contain_text("已停用")


def test_a_shift_cannot_be_chosen_while_its_table_still_shows_another_week(open_page, own_live):
    page = open_page("/duty", role="admin", address=own_live, ready="#roster tbody tr")
    roster = page.locator("#roster")
    expect(roster).to_have_js_property("inert", False)
    held: list[Any] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/duty/roster*", hold)
    page.get_by_role("button", name="下一周", exact=True).click()
    expect(roster).to_have_js_property("inert", True)
    while not held:
        page.wait_for_timeout(20)
    held.pop().continue_()
    expect(roster).to_have_js_property("inert", False)
    page.get_by_role("button", name="下一周", exact=True).click()
    while not held:
        page.wait_for_timeout(20)
    page.context.watched.allowed.add(503)
    held.pop().fulfill(status=503, json={"title": "x", "detail": "x"})
    expect(roster).to_have_js_property("inert", False)
    expect(page.locator("#roster-told")).not_to_be_empty()
