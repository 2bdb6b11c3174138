"""From a draft to the net in force by two people, and two planners in one draft."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from desks import CENTRE, draft_of, opened
from playwright.sync_api import expect

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.profiles import load_profile

TOMORROW = datetime.now(load_profile("linyi").zone).date() + timedelta(days=1)


@pytest.fixture
def strict_live(own_demo_database: Any, tmp_path: Path, serve: Any, password: str) -> Iterator[str]:
    """A city whose profile wants a second person, with a second planner."""
    from app import create_app
    from geodata.settings import Settings

    text = files("geodata.profiles").joinpath("linyi.toml").read_text(encoding="utf-8")
    profile = tmp_path / "strict.toml"
    profile.write_text(
        text.replace("second_person = false", "second_person = true"), encoding="utf-8"
    )
    add_user(own_demo_database, Actor.terminal(), "reviewer", role="planner", password=password)
    settings = Settings(
        database_url=own_demo_database.url,
        data_dir=tmp_path,
        profile=str(profile),
        secret_key="a-key-for-tests-that-is-long-enough-to-sign-with",
    )
    with serve(create_app(settings, own_demo_database)) as address:
        yield address


def test_one_submits_another_approves_and_either_day_is_shown(strict_live, open_page, artefact):
    page = open_page("/planner", address=strict_live)
    desk = opened(page, draft_of(page))
    desk.select(1)
    page.keyboard.press("m")
    desk.click(desk.grids()[3])
    desk.saved(1)
    assert page.locator("#draft-publish").count() == 0
    page.click("[data-step=submit]")
    expect(page.locator("#draft-waits")).to_contain_text("须由他人审核")
    expect(page.locator("#draft-signed")).to_contain_text("planner")
    expect(page.locator("[data-step=approve]")).to_have_count(0)
    page.context.watched.allowed.add(403)
    status, words = page.evaluate(
        """async (path) => {
          const csrf = document.querySelector('meta[name="csrf-token"]').content;
          const answer = await fetch(path, { method: "POST", headers: { "X-CSRF-Token": csrf } });
          return [answer.status, (await answer.json()).detail];
        }""",
        f"/api/v1/plans/{desk.number}/approve",
    )
    assert status == 403
    assert "他人" in words

    other = open_page("/planner", role="reviewer", address=strict_live)
    there = opened(other, desk.number)
    expect(other.locator(".draft-head")).to_contain_text("已送审")
    assert other.locator("#draft-publish").count() == 0
    other.screenshot(path=artefact("draft-approval"))
    other.click("[data-step=approve]")
    expect(other.locator("#draft-signed")).to_contain_text("reviewer")
    other.click("#draft-publish > summary")
    other.fill("#draft-publish [name=date]", TOMORROW.isoformat())
    other.fill("#draft-publish [name=reason]", "秋季调整")
    other.click("#draft-publish [type=submit]")
    expect(other.locator("#draft-published")).to_contain_text("秋季调整", timeout=20_000)
    assert there.get()["holds_from"] == TOMORROW.isoformat()

    band = other.locator("#summary-panel")
    other.get_by_role("link", name="查看生效日").click()
    expect(band).to_contain_text("/161", timeout=20_000)
    expect(other.locator("#at-note")).to_be_visible()
    other.go_back()
    expect(other.locator("#draft-published")).to_be_visible(timeout=30_000)
    other.get_by_role("link", name="查看前一日").click()
    expect(band).to_contain_text("/162", timeout=20_000)
    other.go_back()
    other.click("[data-step=withdraw]")
    expect(other.locator("[data-step=submit]")).to_be_visible(timeout=20_000)
    assert there.get()["state"] == "withdrawn"
    other.goto(f"{strict_live}/planner?at={TOMORROW.isoformat()}")
    expect(band).to_contain_text("/162", timeout=20_000)


def test_drawing_after_the_approval_makes_it_void(strict_live, open_page):
    page = open_page("/planner", address=strict_live)
    desk = opened(page, draft_of(page))
    page.click("[data-step=submit]")
    expect(page.locator("#draft-waits")).to_be_visible()
    desk.select(1)
    page.keyboard.press("k")
    desk.saved(2)
    expect(page.locator("[data-step=submit]")).to_be_visible()
    expect(page.locator("#draft-signed")).to_have_count(0)
    assert desk.get()["state"] == "draft"


@pytest.mark.parametrize("again", [True, False], ids=["mine again", "theirs alone"])
def test_the_later_of_two_planners_sees_the_difference_and_chooses(
    strict_live, open_page, again, artefact
):
    page = open_page("/planner", address=strict_live)
    desk = opened(page, draft_of(page))
    other = open_page("/planner", role="reviewer", address=strict_live)
    there = opened(other, desk.number)
    there.select(1)
    other.keyboard.press("m")
    there.click(there.grids()[3])
    there.saved(1)
    page.context.watched.allowed.add(412)
    desk.click(there.grids()[2])
    page.keyboard.press("k")
    note = page.locator(".conflict")
    expect(note).to_contain_text("reviewer")
    expect(note).to_contain_text("合并")
    page.screenshot(path=artefact("draft-conflict"))
    assert desk.revision() == 1
    name = "接受对方改动，重做我的" if again else "接受对方改动，放弃我的"
    note.get_by_role("button", name=name).click()
    expect(note).to_have_count(0)
    expect(page.locator("#draft-saved")).to_have_text(re.compile("^v2 ✓" if again else "^v1 ✓"))
    grids = desk.grids()
    assert set(grids) == {1, 2}
    assert grids[2]["properties"]["locked"] is again
    expect(page.locator("#draft-band")).to_contain_text("/2")
    assert CENTRE in desk.get()["communities"]
