"""The next places: asked for, shown on the map, moved by hand with figures that follow."""

from __future__ import annotations

import re
import threading

from playwright.sync_api import expect

from geodata.database.working import run_worker


def covered(panel) -> int:
    text = panel.get_by_text("比现在多").inner_text()
    return int(re.search(r"覆盖([\d,]+)", text)[1].replace(",", ""))


def test_places_are_found_moved_by_the_keyboard_and_brought_back(
    drafts_live, drafts_database, open_page
):
    page = open_page("/planner#layers=areas,facilities", address=drafts_live)
    page.get_by_role("button", name="选址").click()
    panel = page.locator("#siting-panel")
    panel.locator("[name=count]").fill("3")
    panel.locator("[name=minutes]").fill("10")
    panel.get_by_role("button", name="开始选址").click()
    expect(panel).to_contain_text("排队等候")
    worker = threading.Thread(target=run_worker, args=(drafts_database,), kwargs={"wait": False})
    worker.start()
    worker.join(60)
    expect(panel.locator(".sited-places li")).to_have_count(3, timeout=60_000)
    expect(panel).to_contain_text("已证明最优")
    expect(page.locator(".sited-mark")).to_have_count(3)
    best = covered(panel)

    page.locator(".sited-mark").first.focus()
    for _ in range(12):
        page.keyboard.press("ArrowUp")
    expect(panel).to_contain_text("已手动调整")
    expect(panel.get_by_text("比现在多")).not_to_contain_text(f"{best:,}")
    assert covered(panel) < best
    panel.get_by_role("button", name="移除点位3").click()
    expect(page.locator(".sited-mark")).to_have_count(2)
    panel.get_by_role("button", name="恢复计算结果").click()
    expect(panel).to_contain_text("已证明最优")
    assert covered(panel) == best
    assert "siting=1" in page.url
