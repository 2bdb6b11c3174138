"""The command centre while things happen: at once, without loss, and through bad days."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import threading
import time

import pytest
from command_page import listed, until
from playwright.sync_api import expect

from geodata.accounts import Actor
from geodata.cases.reporting import Report, report
from geodata.cases.stepping import Wanted, step
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
