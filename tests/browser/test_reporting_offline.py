"""The page for reporting without a line: it opens, takes a report, and sends it once, later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect

from geodata.cases.tables import cases

WORDS = "路灯不亮，晚上看不清路"
KEPT = """async () => {
  const names = await caches.keys();
  const held = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)));
  return Object.fromEntries(names.map((name, k) => [name, held[k]]));
}"""  # noqa: E501


def kept(page: Page) -> Any:
    """What the browser holds once the page is in it, with all that it is made of."""
    for _ in range(100):
        found = page.evaluate(KEPT)
        held = [path for paths in found.values() for path in paths]
        if "/report" in held and any(path.endswith("modes/report.js") for path in held):
            return found
        page.wait_for_timeout(100)
    return page.evaluate(KEPT)


def stored(database: Any) -> int:
    with database.read() as connection:
        query = sa.select(sa.func.count()).where(cases.c.description == WORDS)
        return int(connection.execute(query).scalar_one())


def first_lost(route: Route, tried: list[str]) -> None:
    tried.append(route.request.url)
    if len(tried) == 1:
        route.abort("connectionfailed")
    else:
        route.continue_()


def test_once_opened_it_opens_without_a_line_and_what_is_written_there_is_sent_exactly_once(
    open_page: Callable[..., Page], own_live: str, own_demo_database: Any
) -> None:
    options = {"role": "worker", "size": (390, 844), "address": own_live, "has_touch": True}
    page = open_page("/report", **options)
    page.context.watched.allowed.add(403)  # the kept page has no token; it fetches one
    found = kept(page)
    assert next(iter(found)).startswith("wangge-report-")
    assert not [path for paths in found.values() for path in paths if path.startswith("/api/")]
    expect(page.locator(".bar .menu")).to_have_count(1)
    context = page.context
    page.wait_for_timeout(1500)
    context.set_offline(True)
    page.close()

    page = context.new_page()
    page.goto(f"{own_live}/report")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator(".bar .menu")).to_have_count(0)  # nobody's own page is kept
    assert page.locator("meta[name=csrf-token]").get_attribute("content") == ""
    page.get_by_role("radio", name="公共设施").check()
    page.locator("[name=text]").fill(WORDS)
    page.locator("[name=address]").fill("滨河路与解放路口")
    page.locator("[data-part=send]").click()
    expect(page.locator("[data-part=done]")).to_contain_text("已保存在手机里")
    page.close()
    assert stored(own_demo_database) == 0

    page = context.new_page()
    page.goto(f"{own_live}/report")
    expect(page.locator("[data-part=waiting]")).to_contain_text("1 件")
    tried: list[str] = []
    page.route("**/api/v1/reports", lambda route: first_lost(route, tried))
    context.set_offline(False)
    expect(page.locator("[data-part=done]")).to_contain_text("已收到")
    assert len(tried) > 1, "a line that is just back may carry nothing yet"
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("[data-part=waiting]")).to_be_hidden()
    assert stored(own_demo_database) == 1

    page.evaluate("caches.open('wangge-report-of-before')")
    page.evaluate(
        "navigator.serviceWorker.getRegistration('/report').then((one) => one.unregister())"
    )
    page.reload()
    page.wait_for_selector("body[data-ready]")
    for _ in range(50):
        if "wangge-report-of-before" not in page.evaluate(KEPT):
            break
        page.wait_for_timeout(100)
    assert list(page.evaluate(KEPT)) == list(found), "another version leaves nothing behind"
