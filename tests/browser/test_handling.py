"""Cases handled on the command page: one, several, by keys; and screens that follow one operator."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import re

import pytest
from command_page import number as shown_number
from playwright.sync_api import expect
from sqlalchemy import text
from test_live import come_in, row, take

from geodata.accounts import Actor
from geodata.cases.steps import stepping
from geodata.cases.steps.stepping import Wanted
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
RECORD = "[data-part=record]"


@pytest.fixture
def page(open_page, own_live):
    opened = open_page("/command", role="commander", address=own_live)
    expect(opened.locator(".line-status")).to_have_text("实时")
    return opened


def opened(page, number: int):
    row(page, number).click()
    record = page.locator(RECORD)
    expect(record.locator(".step-buttons button").first).to_be_visible()
    return record


def test_a_case_is_followed_from_its_report_to_its_end_with_who_when_and_why(
    page, own_demo_database
):
    number = come_in(
        own_demo_database,
        title="井盖松动",
        reporter_name="王女士",
        reporter_telephone="13900000000",
    )
    record = opened(page, number)
    expect(record.locator(".loop-now")).to_contain_text("发现")
    expect(record).to_contain_text("井盖松动")
    expect(record).to_contain_text("王女士 13900000000")
    record.get_by_role("button", name="立案").click()
    expect(record.locator(".loop-now")).to_contain_text("建档")
    expect(record.locator(".course li").first).to_contain_text("立案")
    clocks = record.locator(".record-clocks")
    expect(clocks).to_contain_text("本环节")
    ask = Wanted("extend", 1, "等配件", amount=2, unit="days")
    stepping.step(own_demo_database, Actor(None, "Wei", "worker"), PROFILE, number, ask)
    expect(clocks).to_contain_text("申请延期 Wei 2 个工作日")
    clocks.get_by_role("button", name="同意申请", exact=True).click()
    expect(record.locator(".course li").first).to_contain_text("已延长时限")
    expect(clocks).not_to_contain_text("申请延期")
    page.keyboard.press("o")
    record.get_by_label("理由").fill("当场扶正，<b>无人受伤</b>")
    record.locator("form").get_by_role("button", name="现场办结").click()
    expect(record.locator(".course li").first).to_contain_text("当场扶正，<b>无人受伤</b>")
    expect(record.locator(".course li").first).to_contain_text("已立案 → 已办结")
    expect(row(page, number)).to_contain_text("已办结")
    assert record.locator(".course li").count() == 5


def test_what_was_typed_is_kept_when_another_takes_a_step_meanwhile(page, own_demo_database):
    number = come_in(own_demo_database)
    record = opened(page, number)
    record.get_by_role("button", name="现场办结").click()
    record.get_by_label("理由").fill("已劝和，双方握手")
    take(own_demo_database, number, "refuse", 0, reason="重复反映")
    expect(record.locator(".step-kept")).to_contain_text("已办结")
    expect(record.get_by_label("理由")).to_have_value("已劝和，双方握手")
    expect(record.locator("form").get_by_role("button", name="现场办结")).to_be_disabled()
    expect(record.locator(".course li").first).to_contain_text("重复反映")


def test_a_refused_step_shows_the_case_as_it_is_now(page, own_demo_database):
    """The page has not heard of it yet: the answer itself says that somebody was faster."""
    page.context.watched.allowed.add(409)
    number = come_in(own_demo_database)
    record = opened(page, number)
    page.evaluate(
        """async () => { const { board } = await import("wangge/command/opening.js"); board.listeners = []; }"""
    )
    take(own_demo_database, number, "file", 0)
    record.get_by_role("button", name="立案").click()
    expect(record.locator(".record-do .step-said")).to_contain_text("未能办理")
    expect(record.locator(".loop-now")).to_contain_text("建档")


def test_one_step_is_taken_for_several_and_the_refused_are_named(page, own_demo_database):
    page.context.watched.allowed.add(409)
    numbers = [come_in(own_demo_database) for _ in range(4)]
    expect(row(page, numbers[-1])).to_be_visible()
    page.get_by_role("button", name="多选").click()
    row(page, numbers[3]).click()
    row(page, numbers[0]).click(modifiers=["Shift"])
    bulk = page.locator("[data-part=bulk]")
    expect(bulk).to_contain_text("已选 4 件")
    with own_demo_database.begin() as tx:  # somebody else was faster, and no word of it came yet
        tx.connection.execute(
            text("update cases set revision = 9 where id = :number"), {"number": numbers[2]}
        )
    bulk.get_by_role("button", name="立案").click()
    expect(bulk).to_contain_text("已办 3 件")
    expect(bulk.locator(".refused")).to_contain_text(f"#{numbers[2]}")
    expect(row(page, numbers[0]).locator(".case-state")).to_be_visible()
    with own_demo_database.read() as connection:
        states = connection.execute(
            text(
                "select state, count(*) from cases where id = any(:numbers) group by state order by state"
            ),
            {"numbers": numbers},
        ).all()
    assert [tuple(one) for one in states] == [("filed", 3), ("reported", 1)]


def test_every_key_is_told_and_escape_leads_back(page):
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="快捷键")
    expect(help_).to_contain_text("查找案件")
    expect(help_).to_contain_text("派遣")
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator(".list-search")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    page.keyboard.press("j")
    page.keyboard.press("Shift+J")
    expect(page.locator("[data-part=bulk]")).to_contain_text("已选 2 件")
    page.keyboard.press("Escape")
    expect(page.locator("[data-part=bulk]")).to_be_hidden()


def test_a_case_is_searched_by_its_number_however_old(page, own_demo_database):
    with own_demo_database.read() as connection:
        oldest = connection.execute(text("select min(id) from cases")).scalar_one()
    page.keyboard.press("/")
    page.keyboard.type(str(oldest))
    page.keyboard.press("Enter")
    expect(page.locator(f"{RECORD} h2")).to_contain_text(f"#{oldest}")


def test_screens_follow_one_operator_until_it_is_ended(page, open_page, own_live):
    page.locator("[data-part=follow] summary").click()
    page.get_by_role("button", name="带领其他屏幕").click()
    code = page.locator(".follow-code").inner_text()
    wall = open_page(
        f"/command?wall=1&follow={code}", role="viewer", address=own_live, size=(1920, 1080)
    )
    line = wall.locator("[data-part=following]")
    expect(line).to_contain_text("正在跟随 commander")
    page.locator(".bar-row[data-key=noise]").click()
    page.locator(".case-row").first.click()
    case = page.locator(".case-row.is-selected").get_attribute("data-case")
    wall.wait_for_url(re.compile(rf"case={case}&category=noise"))
    expect(wall.locator(f"{RECORD} h2")).to_contain_text(f"#{case}")
    expect(wall.locator(".bar-row[data-key=noise]")).to_have_attribute("aria-pressed", "true")
    assert wall.evaluate("document.documentElement.hasAttribute('data-wall')")
    wall.reload()
    expect(line).to_contain_text("正在跟随 commander")
    page.locator("[data-part=following]").get_by_role("button", name="结束").click()
    expect(line).to_contain_text("带领已结束")


def test_a_wall_has_its_figures_and_charts_large_and_whole(open_page, artefact):
    page = open_page("/command?wall=1", role="viewer", size=(3840, 2160))
    sizes = page.evaluate(
        """() => Object.fromEntries([".figure b", ".bar-name", ".bar-value", ".case-first b"].map((one) =>
          [one, parseFloat(getComputedStyle(document.querySelector(one)).fontSize)]))"""
    )
    # Five metres away, 40 pixels of a screen 1.9 m wide are read as this line at arm's length.
    assert sizes.pop(".figure b") >= 96
    assert min(sizes.values()) >= 40
    panel = page.locator("[data-part=filters]").bounding_box()
    for kind in ("category", "hour", "source"):
        last = page.locator(f"[data-filter={kind}]").bounding_box()
        assert last["y"] + last["height"] <= panel["y"] + panel["height"], kind
    assert shown_number(page.locator(".figure").nth(1).locator("b")) > 0
    page.screenshot(path=artefact("command-wall-figures"))
