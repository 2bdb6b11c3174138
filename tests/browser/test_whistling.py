"""A whistle for three departments, the playback of a period, and the review that is taken away."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from command_page import until
from playwright.sync_api import expect

from geodata.accounts import Actor
from geodata.cases.incoming.reporting import Report, report
from geodata.cases.steps.stepping import Wanted, step
from geodata.cases.steps.store import seen
from geodata.cases.whistles import overdue
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
TOLD = Report("noise", "snap", title="夜间施工", lon=118.35, lat=35.05)
ANYBODY = Actor.terminal()


def call(page, department):
    return page.locator(f".call:has(b:text-is('{department}'))")


def test_a_commander_whistles_for_three_departments_sees_their_clocks_and_rates(
    open_page, own_live, own_demo_database
):
    number = report(own_demo_database, ANYBODY, PROFILE, TOLD).case["id"]
    page = open_page(f"/command#case={number}", role="commander", address=own_live)
    page.get_by_role("button", name="吹哨召集部门").click()
    chosen = page.locator(".call-choices input:checked")
    assert chosen.count() == 3  # those of its category
    page.get_by_role("button", name="吹哨", exact=True).click()
    reason = page.get_by_label("召集事由")
    assert reason.evaluate("field => field.validationMessage") == "请填写此项。"
    reason.fill("夜间施工扰民，联合整治")
    page.get_by_role("button", name="吹哨", exact=True).click()
    expect(page.locator(".call")).to_have_count(3)
    police = call(page, "公安分局")
    expect(police.locator(".call-clocks dd").first).to_contain_text("剩")
    police.get_by_role("button", name="到场").click()
    expect(police.locator(".call-clocks dd").nth(1)).to_contain_text("✓")
    police.get_by_role("button", name="办结").click()
    police.get_by_role("button", name="办结").click()  # what was done may be left empty
    police.get_by_role("button", name="评价").click()
    police.get_by_label("4 ★").check()
    police.get_by_label("评语").fill("到得快")
    police.get_by_role("button", name="评价").click()
    expect(police.locator(".stars")).to_have_attribute("aria-label", "5 分中的 4 分")
    # One is late, and everybody who looks on sees it without a reload.
    with own_demo_database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "UPDATE case_calls SET answer_due = answer_due - interval '1 hour',"
                " due_at = due_at - interval '1 hour' WHERE department = 'ecology'"
            )
        )
    assert overdue.raise_late(own_demo_database, PROFILE) == 1
    expect(call(page, "生态环境分局").locator(".badge-late")).to_have_text("超时")
    expect(page.locator(".course")).to_contain_text("部门超时")
    # The case is closed over those who never came only with a reason.
    for kind in ("dispatch", "accept", "feed_back"):
        with own_demo_database.read() as connection:
            revision = seen(connection, number)["revision"]
        wanted = Wanted(kind, revision, reason="已劝停", assignee=1)
        step(own_demo_database, ANYBODY, PROFILE, number, wanted)
    page.locator(".step-buttons [data-step=close]").click()
    expect(page.locator(".record-do textarea")).to_have_js_property("required", value=True)

    page.goto(f"{own_live}/whistles")
    expect(page.locator("#report tbody tr.apart")).to_have_count(3)
    expect(page.locator("#waiting .call")).to_have_count(2)
    expect(page.locator("#waiting .call").first).to_contain_text("生态环境分局")  # it is due first


def test_a_period_is_played_back_as_it_was_and_a_link_leads_to_a_moment(
    open_page, own_live, own_demo_database
):
    number = report(own_demo_database, ANYBODY, PROFILE, TOLD).case["id"]
    step(own_demo_database, ANYBODY, PROFILE, number, Wanted("file", 0))
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with own_demo_database.begin() as tx:
        entry = sa.text(
            "INSERT INTO case_steps (case_id, at, actor, kind, from_state, to_state)"
            " VALUES (:n, :at, 'Anne', 'moved', :old, :new)"
        )
        late = report_of(tx, now - timedelta(hours=30), due=now - timedelta(hours=20))
        for hours, old, new in ((28, "reported", "filed"), (10, "filed", "closed")):
            values = {"n": late, "at": now - timedelta(hours=hours), "old": old, "new": new}
            tx.connection.execute(entry, values)
        tx.changed("cases", str(late), "added")
    moment = (now - timedelta(hours=15)).strftime("%Y-%m-%dT%H:%MZ")
    page = open_page(f"/command#period=7d&moment={moment}", role="commander", address=own_live)
    expect(page.locator(".replay")).to_be_visible()
    expect(page.locator(".replay-when")).to_contain_text("在办")
    assert shown(page, late) == {"state": "filed", "open": True, "late": True}
    slider = page.get_by_role("slider", name="时刻")
    slider.press("End")
    assert shown(page, late) == {"state": "closed", "open": False, "late": False}
    slider.press("Home")
    assert shown(page, late)["state"] is None
    page.get_by_role("button", name="前进一步").click()
    minute = int(page.locator(".replay").get_attribute("data-minute"))
    page.get_by_role("button", name="播放").click()
    until(page, "() => Number(document.querySelector('.replay').dataset.minute)", least=minute + 60)
    page.get_by_role("button", name="暂停").click()
    kept = page.evaluate(
        "Date.parse(new URLSearchParams(location.hash.slice(1)).get('moment')) / 60000"
    )
    assert kept == int(page.locator(".replay").get_attribute("data-minute"))
    page.get_by_role("button", name="退出回放").click()
    expect(page.locator(".replay")).to_be_hidden()
    assert "moment" not in page.url


def report_of(tx, at, *, due) -> int:
    query = sa.text(
        "INSERT INTO cases (source, category, state, reported_at, due_at, closed_at, geom) VALUES"
        " ('snap', 'noise', 'closed', :at, :due, :closed,"
        " st_setsrid(st_point(118.35, 35.05), 4326)) RETURNING id"
    )
    values = {"at": at, "due": due, "closed": at + timedelta(hours=20)}
    return int(tx.connection.execute(query, values).scalar_one())


def shown(page, number):
    """How the playback shows a case at its moment."""
    return page.evaluate(
        """async (number) => {
          const { playing } = await import("wangge/command/replay.js");
          const { past } = playing;
          const i = past.id.indexOf(number);
          return { state: past.states[past.state[i]] ?? null, open: past.open(i), late: past.late(i) };
        }""",
        number,
    )


def test_the_review_is_read_saved_and_decided_on(open_page, own_live, own_demo_database):
    number = report(own_demo_database, ANYBODY, PROFILE, TOLD).case["id"]
    page = open_page("/review", role="commander", address=own_live, ready="article")
    expect(page.locator("h1")).to_have_text("民情日报")
    with page.expect_download() as saved:
        page.get_by_role("link", name="PDF").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF-")
    page.get_by_label("周会审", exact=True).check()
    expect(page.locator("h1")).to_have_text("周会审")
    form = page.locator("#decide")
    form.get_by_label("案件编号").fill(str(number))
    form.get_by_label("会审意见").fill("综合执法局牵头整治")
    form.get_by_label("责任人").fill("综合执法局")
    form.get_by_role("button", name="登记").click()
    expect(page.locator("[data-table=decision] tbody")).to_contain_text("综合执法局牵头整治")
    page.emulate_media(media="print")
    expect(form).to_be_hidden()
    expect(page.locator("header.bar")).to_be_hidden()
    width = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert width <= 0
