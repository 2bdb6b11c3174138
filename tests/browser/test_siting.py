"""The next places: asked for, shown on the map, moved by hand with figures that follow."""

from __future__ import annotations

import re
import threading

from playwright.sync_api import expect

from geodata.database.working import run_worker


def covered(panel) -> int:
    text = panel.get_by_text("比现在多", exact=False).first.inner_text()
    return int(re.search(r"覆盖([\d,]+)", text)[1].replace(",", ""))


def settled(page, figure) -> str:
    """What it says once no more answers come."""
    text = None
    while text != (text := figure.inner_text()):
        page.wait_for_timeout(800)
    return text


def run(database) -> None:
    worker = threading.Thread(target=run_worker, args=(database,), kwargs={"wait": False})
    worker.start()
    worker.join(60)


def dragged(page, panel, told) -> None:
    """While it is dragged figures come before it is let go."""
    marks, figure = page.locator(".sited-mark"), panel.locator(".figure")
    box = marks.first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(x, y - 6 * step)
    expect(panel).to_contain_text("已手动调整", timeout=10_000)
    expect(figure).not_to_have_text(told)
    page.mouse.up()


def along_the_curve(page, panel) -> None:
    """A point of the curve shows its places; arrow keys go along it."""
    marks, figure = page.locator(".sited-mark"), panel.locator(".figure")
    panel.get_by_role("radio", name="1个点位").click()
    expect(marks).to_have_count(1)
    expect(panel.locator(".sited-places li")).to_have_count(1)
    expect(panel.get_by_role("radio", name="1个点位")).to_have_attribute("aria-checked", "true")
    panel.get_by_role("radio", name="1个点位").focus()
    page.keyboard.press("ArrowRight")
    expect(marks).to_have_count(2)
    expect(panel.get_by_role("radio", name="2个点位")).to_be_focused()
    second = figure.inner_text()
    assert "siting.curve=2" in page.url
    page.reload()
    expect(marks).to_have_count(2)
    expect(figure).to_have_text(second, timeout=30_000)


def without_the_job(page, panel) -> None:
    """A link without the job, as somebody else gets it, shows the places with their figures."""
    marks = page.locator(".sited-mark")
    page.evaluate("location.hash = location.hash.replace(/siting.job=\\d+&?/, '')")
    places = "siting=1&siting.minutes=10&siting.places=118.35,35.05_118.36,35.06"
    page.evaluate(f"location.hash = '{places}'")
    expect(panel.locator(".sited-places li")).to_have_count(2, timeout=30_000)
    expect(panel.locator(".sited-places")).to_contain_text("手动选定")
    panel.get_by_role("button", name="关闭").click()
    expect(marks).to_have_count(0)
    assert "siting" not in page.url


def asked(page, panel, database) -> None:
    """Three places within ten minutes; an area that there is none of is refused in words."""
    page.get_by_role("button", name="选址").click()
    panel.locator("[name=count]").fill("3")
    panel.locator("[name=minutes]").fill("10")
    panel.locator("[name=area]").fill("没有这个区")
    panel.get_by_role("button", name="开始选址").click()
    expect(panel).to_contain_text("没有名为“没有这个区”的区划")
    panel.locator("[name=area]").fill("")
    panel.get_by_role("button", name="开始选址").click()
    expect(panel).to_contain_text("排队等候")
    run(database)
    expect(panel.locator(".sited-places li")).to_have_count(3, timeout=60_000)
    expect(panel).to_contain_text("已证明最优")
    expect(page.locator(".sited-mark")).to_have_count(3)


def moved_by_keys(page, panel, told, best) -> str:
    """Figures follow while a mark is moved by keys, and the focus stays with it."""
    marks, figure = page.locator(".sited-mark"), panel.locator(".figure")
    marks.first.focus()
    for _ in range(12):
        page.keyboard.press("ArrowUp")
    expect(panel).to_contain_text("已手动调整")
    expect(figure).not_to_have_text(told)
    assert covered(panel) < best
    expect(marks.first).to_be_focused()
    return settled(page, figure)


def loaded_again(page, panel, moved) -> None:
    """Whoever loads it again, or gets the link, sees the same and computes nothing anew."""
    page.reload()
    expect(page.locator(".sited-mark")).to_have_count(3)
    expect(panel.locator(".figure")).to_have_text(moved, timeout=30_000)
    expect(panel).to_contain_text("已手动调整")
    expect(panel.locator("[name=count]")).to_have_value("3")
    expect(panel.locator("[name=minutes]")).to_have_value("10")


def test_places_are_found_moved_by_the_keyboard_and_brought_back(
    drafts_live, drafts_database, open_page
):
    page = open_page("/planner#layers=areas,facilities", address=drafts_live)
    panel = page.locator("#siting-panel")
    marks, figure = page.locator(".sited-mark"), panel.locator(".figure")
    asked(page, panel, drafts_database)
    best, told = covered(panel), figure.inner_text()
    loaded_again(page, panel, moved_by_keys(page, panel, told, best))

    panel.get_by_role("button", name="移除点位3").click()
    expect(marks).to_have_count(2)
    panel.get_by_role("button", name="恢复计算结果").click()
    expect(panel).to_contain_text("已证明最优")
    expect(figure).to_have_text(told)
    assert covered(panel) == best

    dragged(page, panel, told)
    along_the_curve(page, panel)
    without_the_job(page, panel)


def test_candidates_are_tapped_on_a_phone(drafts_live, drafts_database, open_page):
    page = open_page("/planner#layers=areas,facilities&siting=1", address=drafts_live)
    page.set_viewport_size({"width": 390, "height": 844})
    panel = page.locator("#siting-panel")
    page.get_by_role("button", name="辖区").click()
    panel.locator("[name=candidates]").select_option("points")
    told = page.locator(".siting-told")
    expect(told).to_contain_text("请在地图上点选候选点位")
    page.wait_for_timeout(500)  # the sheet goes down
    page.mouse.click(150, 350)
    page.mouse.click(220, 420)
    expect(page.locator(".sited-candidate")).to_have_count(2)
    told.get_by_role("button", name="完成").click()
    expect(panel).to_contain_text("2个点")
    panel.locator("[name=count]").fill("2")
    panel.locator("[name=minutes]").fill("10")
    panel.get_by_role("button", name="开始选址").click()
    run(drafts_database)
    expect(panel.locator(".sited-places li")).to_have_count(2, timeout=60_000)
    sheet = page.locator("#right").bounding_box()
    for mark in page.locator(".sited-mark").all():
        expect(mark).to_be_visible()
        page.wait_for_timeout(400)
        assert mark.bounding_box()["y"] + 17 < sheet["y"]
