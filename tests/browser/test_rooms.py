"""The page of public rooms: entered, taken through their steps, found wrong."""

from __future__ import annotations

from playwright.sync_api import expect


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
