"""The command centre while things happen: at once, without loss, and through bad days."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import re
import threading
import time

import pytest
import sqlalchemy as sa
from command_page import listed, until
from playwright.sync_api import expect

from api.v1 import case_stream
from geodata.accounts import Actor
from geodata.cases.incoming.reporting import Report, report
from geodata.cases.steps.stepping import Wanted, step
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
TOLD = Report("dispute", "snap", title="邻里争执", lon=118.35, lat=35.05)
STATUS = ".line-status"

ARRIVALS = """async () => {
  const { board } = await import("wangge/command/opening.js");
  globalThis.arrived = {};
  board.on((what, _, news) => {
    if (what === "live") for (const id of news.ids) (arrived[id] ??= []).push(Date.now());
  });
}"""


def come_in(database, **values) -> int:
    return report(database, Actor.terminal(), PROFILE, Report(**{**TOLD.__dict__, **values})).case[
        "id"
    ]


def take(database, number: int, kind: str, revision: int, **values) -> None:
    step(database, Actor.terminal(), PROFILE, number, Wanted(kind, revision, **values))


def row(page, number: int):
    return page.locator(f".case-row[data-case='{number}']")


@pytest.fixture
def page(open_page, own_live):
    opened = open_page("/command", role="commander", address=own_live)
    expect(opened.locator(STATUS)).to_have_text("实时")
    return opened


def test_a_new_case_and_its_step_are_seen_within_a_second_everywhere(page, own_demo_database):
    page.evaluate(ARRIVALS)
    before, view = listed(page), page.evaluate("globalThis.wangge.map.getBounds().toBBoxString()")
    today = page.locator(".figure").first.locator("b")
    of_today = int(today.inner_text())
    number = come_in(own_demo_database)
    told = time.time() * 1000
    expect(row(page, number)).to_be_visible()
    assert page.evaluate(f"arrived[{number}][0]") - told < 1000
    assert listed(page) == before + 1
    expect(today).to_have_text(str(of_today + 1))
    take(own_demo_database, number, "on_spot", 0, reason="当场调解")
    told = time.time() * 1000
    expect(row(page, number)).to_contain_text("已办结")
    assert page.evaluate(f"arrived[{number}].at(-1)") - told < 1000
    assert page.evaluate("globalThis.wangge.map.getBounds().toBBoxString()") == view


def test_what_is_put_in_place_is_what_a_reload_shows(page, own_demo_database):
    """Counts, orders and positions that grow case by case are those of all cases counted anew."""
    page.locator(".list-tools select").select_option("due")
    page.locator(".bar-row[data-key=dispute]").click()
    numbers = [
        come_in(own_demo_database, category=kind) for kind in ("dispute", "noise", "dispute")
    ]
    take(own_demo_database, numbers[0], "file", 0)
    take(own_demo_database, numbers[2], "on_spot", 0, reason="当场调解")
    closed = """async () => {
      const { board } = await import("wangge/command/opening.js");
      return [NUMBER].map((id) => board.positionOf(id)).filter((i) => i >= 0 && board.isOpen[board.cases.state[i]] === 0).length;
    }""".replace("NUMBER", str(numbers[2]))
    until(page, closed, least=1)
    told = page.evaluate(
        """async () => {
          const { board, store } = await import("wangge/command/opening.js");
          const seen = () => JSON.stringify({
            sums: { ...board.sums, shown: Array.from(board.sums.shown, (i) => board.cases.id[i]).sort() , now: 0 },
            due: Array.from(board.listed("due"), (i) => board.cases.id[i]),
            newest: Array.from(board.listed("newest"), (i) => board.cases.id[i]),
            bins: Array.from(board.bins.counts), total: board.cases.header.total, places: board.counts("grid").map(({ code, count }) => [code, count]),
          });
          const grown = seen();
          await store.load();
          return [grown, seen()];
        }"""
    )
    assert told[0] == told[1]


@pytest.fixture
def own_app(own_demo_database, tmp_path, password):
    from app import create_app
    from geodata.settings import Settings

    settings = Settings(
        database_url=own_demo_database.url,
        data_dir=tmp_path,
        secret_key="a-key-for-tests-that-is-long-enough-to-sign-with",
        demo_password=password,
    )
    return create_app(settings, own_demo_database)


def test_a_server_that_was_away_has_lost_nothing_and_tells_nothing_twice(
    open_page, serve, own_app, own_demo_database
):
    with serve(own_app) as address:
        page = open_page("/command", role="commander", address=address)
        page.context.watched.allowed.add(503)
        expect(page.locator(STATUS)).to_have_text("实时")
        page.evaluate(ARRIVALS)
        before = listed(page)
        first = come_in(own_demo_database)
        expect(row(page, first)).to_be_visible()
    expect(page.locator(STATUS)).to_have_text("已断开")
    page.context.watched.errors.clear()  # that nobody answered was said in the console, too
    missed = [come_in(own_demo_database) for _ in range(3)]
    take(own_demo_database, first, "file", 0)
    with serve(own_app, int(address.rpartition(":")[2])):
        expect(page.locator(STATUS)).to_have_text("实时", timeout=30_000)
        for number in missed:
            expect(row(page, number)).to_be_visible()
        expect(page.locator("[data-part=notice]")).to_be_hidden()
        assert listed(page) == before + 4
        assert page.evaluate(f"arrived[{first}].length") == 2
        assert [page.evaluate(f"arrived[{number}].length") for number in missed] == [1, 1, 1]
        page.context.watched.errors.clear()


def test_where_a_proxy_holds_streams_back_the_page_looks_for_itself(
    open_page, serve, own_app, own_demo_database
):
    """The proxy takes the stream and hands nothing on."""
    inside = own_app.wsgi_app
    hold = threading.Event()

    def holding(environ, start):
        if environ["PATH_INFO"].endswith("/stream"):
            start("200 OK", [("Content-Type", "text/event-stream")])

            def nothing():
                hold.wait(60)
                yield b""

            return nothing()
        return inside(environ, start)

    own_app.wsgi_app = holding
    try:
        with serve(own_app) as address:
            page = open_page("/command", role="commander", address=address)
            expect(page.locator(STATUS)).to_have_text("每15秒刷新", timeout=20_000)
            number = come_in(own_demo_database)
            expect(row(page, number)).to_be_visible(timeout=25_000)
            hold.set()
    finally:
        own_app.wsgi_app = inside


def test_eight_tabs_of_one_browser_share_one_line_and_all_are_live(
    open_page, own_live, own_demo_database
):
    """A browser has six lines to a server over HTTP/1.1; the seventh tab would wait for ever."""
    first = open_page("/command", role="commander", address=own_live)
    tabs = [first]
    for _ in range(7):
        tab = first.context.new_page()
        tab.goto(f"{own_live}/command")
        tab.wait_for_selector("body[data-ready]", timeout=30_000)
        tabs.append(tab)
    number = come_in(own_demo_database)
    for tab in tabs:
        tab.bring_to_front()
        expect(tab.locator(STATUS)).to_have_text("实时")
        expect(row(tab, number)).to_be_visible()
    assert len(case_stream._viewers) == 1


def test_who_is_signed_out_signs_in_and_sees_the_same_view(page, password):
    page.context.watched.allowed.add(401)
    page.locator(".bar-row[data-key=noise]").click()
    page.wait_for_url(re.compile("category=noise"))
    page.context.clear_cookies()
    page.evaluate("import('wangge/command/opening.js').then(({ store }) => store.refresh())")
    page.wait_for_url(re.compile("/login"))
    page.fill("input[name=username]", "commander")
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/command.*category=noise"))
    expect(page.locator(".bar-row[data-key=noise]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(STATUS)).to_have_text("实时")


def test_a_machine_with_a_wrong_clock_shows_the_servers_time(page):
    page.add_init_script(
        "const now = Date.now; Date.now = () => now() - 5 * 3600e3 - 240e3;"  # five hours and four minutes slow
    )
    late = page.locator(".figure").nth(2).locator("b")
    said = late.inner_text()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator(STATUS)).to_have_text("实时")
    expect(late).to_have_text(said)
    told = page.evaluate(
        "import('wangge/command/opening.js').then(({ board }) => board.calendar.milliseconds())"
    )
    assert abs(told / 1000 - time.time()) < 5


def test_a_restarted_database_is_lived_through(page, own_demo_database):
    """All connections are cut, as by a restart; what came meanwhile is told afterwards."""
    number = come_in(own_demo_database)
    expect(row(page, number)).to_be_visible()
    page.context.watched.allowed.add(503)
    with own_demo_database.single() as connection:
        connection.execute(
            sa.text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        )
    later = [come_in(own_demo_database) for _ in range(2)]
    for one in later:
        expect(row(page, one)).to_be_visible()
    expect(page.locator(STATUS)).to_have_text("实时")
