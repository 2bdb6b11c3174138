"""Cases without a place on the command page: a key or a tap places them, and the word is kept."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from geodata.accounts import Actor
from geodata.cases.incoming.reporting import Report, report
from geodata.places.address_book import book_of
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
ROW = ".placing-row"


def come_in(database, **values) -> int:
    told = Report("noise", "hotline", **values)
    return int(report(database, Actor.terminal(), PROFILE, told).case["id"])


def place_of(database, number):
    with database.read() as connection:
        query = sa.text(
            "select place_state, compound_code, joined_to, reports from cases where id = :n"
        )
        return connection.execute(query, {"n": number}).one()


@pytest.fixture
def page(open_page, own_live):
    opened = open_page("/command", role="commander", address=own_live)
    expect(opened.locator("body")).to_have_attribute("data-ready", "1", timeout=20_000)
    return opened


def test_a_key_and_enter_place_a_case_and_the_kept_word_places_the_others(
    open_page, own_live, own_demo_database
):
    with own_demo_database.read() as connection:
        twice = connection.execute(
            sa.text("select code, name, area_code from compounds where upper_inf(held) limit 1")
        ).one()
    first = come_in(own_demo_database, address="老电影院宿舍5号楼", title="噪音")
    other = come_in(own_demo_database, address=f"{twice.name[:-1]}茬3号", title="噪音")
    last = come_in(own_demo_database, address="老电影院宿舍3号楼2单元", title="楼道杂物")
    page = open_page("/command", role="commander", address=own_live)
    button = page.locator(".command-unplaced")
    expect(button).to_contain_text("待定位", timeout=20_000)
    button.click()
    expect(page.locator(".placing-address")).to_have_text("老电影院宿舍3号楼2单元")
    expect(page.locator(".placing-address mark").first).to_have_text("老电影院宿舍")
    # Nothing is known of it: a tap on the map.
    page.keyboard.press("m")
    box = page.locator(".command-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".placing-mark.is-chosen")).to_have_count(1)
    expect(page.locator(".placing-teach input[type=text]")).to_have_value("老电影院宿舍")
    page.keyboard.press("Enter")
    said = page.locator(".placing-said")
    expect(said).to_contain_text(f"案件 {last} 已定位")
    expect(said).to_contain_text("另有 1 件")
    assert place_of(own_demo_database, last).place_state == "chosen"
    said.get_by_role("button", name="一并定位").click()
    expect(said).to_contain_text("已为 1 件案件定位")
    assert place_of(own_demo_database, first).place_state == "sure"
    # The next one has candidates, numbered in the list and on the map.
    if place_of(own_demo_database, other).place_state != "sure":
        expect(page.locator(ROW).first).to_be_visible()
        expect(page.locator(".placing-mark")).to_have_count(page.locator(ROW).count())
        page.keyboard.press("1")
        expect(page.locator(ROW).first).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Enter")
        expect(said).to_contain_text(f"案件 {other} 已定位")
    book_of(own_demo_database).settle()
    page.keyboard.press("Escape")
    expect(page.locator(".command-placing")).to_be_hidden()


def test_likely_twins_are_joined_and_parted_in_the_record(page, own_demo_database):
    text = "工地凌晨打桩，无法入睡"
    one, two = (
        come_in(own_demo_database, title="夜间施工", description=text, lon=118.35, lat=35.05)
        for _ in range(2)
    )
    row = page.locator(f".case-row[data-case='{one}']")
    row.click()
    kin = page.locator(".record-kin")
    expect(kin).to_contain_text("疑似重复")
    kin.get_by_role("button", name="并入本案件").click()
    expect(kin).to_contain_text("另并入 1 件")
    assert place_of(own_demo_database, two).joined_to == one
    expect(page.locator(f".case-row[data-case='{two}']")).to_have_count(0, timeout=15_000)
    kin.get_by_role("button", name=re.compile("^拆分$")).click()
    expect(kin).to_be_hidden()
    assert place_of(own_demo_database, one).reports == 1
