"""The command centre's page over a million cases, while 200 cases a minute come in.

``python bench/watching.py [--cases N] [--seconds S]``, or ``make bench ARGS="watching"``,
prints JSON lines: how long until the cases are on the screen and until the page can be worked with,
how long a filter and a click take, and, while cases come in by the stream, how long they take to be
shown and the longest tasks of the page's thread: in its own processor time, since the server, the
database and the browser's drawing share the cores, and by the clock. One Chromium beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import threading
import time
from typing import Any

from _stored import commander, filled, serving
from live import case_at
from playwright.sync_api import Browser, Page, sync_playwright

from geodata.accounts import Actor
from geodata.cases.incoming.reporting import Report, report
from geodata.database import Database
from geodata.profiles import load_profile

A_MINUTE = 200
PASSWORD = "watching-the-city-2026"  # noqa: S105 - of a database that is thrown away
SIZE = {"width": 1920, "height": 1080}

FILTERED = """async () => {
  const { board, points } = await import("wangge/command/opening.js");
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const took = [];
  for (const categories of [["noise"], null, ["parking"], null, ["safety", "other"], null]) {
    const begun = performance.now();
    board.change({ categories });
    await frame();
    took.push(performance.now() - begun);
  }
  return took;
}"""

CLICKED = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const took = [];
  for (const row of [...document.querySelectorAll(".case-row")].slice(0, 5)) {
    const begun = performance.now();
    row.click();
    await frame();
    if (!document.querySelector("[data-part=record] .loop")) throw new Error("nothing opened");
    took.push(performance.now() - begun);
  }
  return took;
}"""

WATCH = """async () => {
  const { board } = await import("wangge/command/opening.js");
  globalThis.shown = {};
  board.on((what, _, news) => {
    if (what === "live") requestAnimationFrame(() => setTimeout(() => { for (const id of news.added) shown[id] = Date.now(); }));
  });
}"""  # noqa: E501


def tasks(trace: bytes) -> tuple[list[float], list[float]]:
    """Each task of the page's thread in milliseconds: processor time, and time by the clock."""
    events = json.loads(trace)["traceEvents"]
    mains = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    found = [
        one
        for one in events
        if one["name"] == "RunTask" and one["ph"] == "X" and (one["pid"], one["tid"]) in mains
    ]
    return [one.get("tdur", 0) / 1000 for one in found], [one["dur"] / 1000 for one in found]


def come_in(database: Database, seconds: float, sent: dict[int, float]) -> None:
    """Report cases by the clock; when each was stored, in milliseconds."""
    profile = load_profile("linyi")
    began = time.monotonic()
    for turn in range(int(seconds * A_MINUTE / 60)):
        time.sleep(max(0.0, began + turn * 60 / A_MINUTE - time.monotonic()))
        told = case_at(turn)
        taken = report(database, Actor.terminal(), profile, Report(**told))
        sent[taken.case["id"]] = time.time() * 1000


def tell(name: str, values: list[float], *, unit: str, limit: float, **more: Any) -> None:
    """One line: the median and the worst."""
    line = {
        "name": name, "value": round(statistics.median(values), 1), "worst": round(max(values), 1),
        "unit": unit, "limit": limit, **more, "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    print(json.dumps(line), flush=True)


def first_views(page: Page, address: str, cases: int) -> None:
    """Open the page anew, several times."""
    painted, ready = [], []
    for turn in range(4):
        page.goto("about:blank")
        page.goto(address + "/command", wait_until="commit")
        page.wait_for_selector("body[data-ready]", timeout=120_000)
        marks = page.evaluate(
            "Object.fromEntries(performance.getEntriesByType('mark')"
            ".map(({ name, startTime }) => [name, startTime]))"
        )
        if turn:  # the first wakes the server
            painted.append(marks["wangge-points-painted"])
            ready.append(marks["wangge-command-ready"])
    tell("cases on the screen", painted, unit="ms", limit=3000, stored=cases)
    tell("page ready", ready, unit="ms", limit=3000, stored=cases)


def measure(
    browser: Browser,
    page: Page,
    database: Database,
    address: str,
    *,
    cases: int,
    seconds: float,
) -> None:
    """All lines."""
    first_views(page, address, cases)
    for period in ("30d", "all"):
        page.goto("about:blank")
        page.goto(f"{address}/command#period={period}")
        page.wait_for_selector("body[data-ready]", timeout=120_000)
        page.locator(".line-live").wait_for()
        held = page.evaluate(
            "import('wangge/command/opening.js').then(({ board }) => board.sums.shown.length)"
        )
        about = {"period": period, "shown": held}
        tell("a filter", page.evaluate(FILTERED), unit="ms", limit=500, **about)
        tell("a click", page.evaluate(CLICKED), unit="ms", limit=100, **about)
        page.keyboard.press("Escape")
        page.wait_for_timeout(1500)
        page.evaluate(WATCH)
        browser.start_tracing(
            page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"]
        )
        sent: dict[int, float] = {}
        sending = threading.Thread(target=come_in, args=(database, seconds, sent))
        sending.start()
        while sending.is_alive():
            page.wait_for_timeout(250)
        page.wait_for_timeout(2000)
        shown = {int(key): value for key, value in page.evaluate("shown").items()}
        late = [shown[number] - at for number, at in sent.items() if number in shown]
        worked, lasted = (sorted(each)[-100:] for each in tasks(browser.stop_tracing()))
        tell("a new case on the screen", late, unit="ms", limit=1000, **about,
             sent=len(sent), missed=len(sent) - len(late))  # fmt: skip
        tell("longest tasks of the page", worked[-5:], unit="ms", limit=50, **about,
             over_50_ms=sum(one > 50 for one in worked),
             by_the_clock=[round(one) for one in lasted[-5:]])  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20)
    wanted = parser.parse_args()
    with filled("bench_watching", wanted.cases) as (own, folder):
        commander(own, password=PASSWORD)
        with serving(own, folder) as port, sync_playwright() as playwright:
            address = f"http://127.0.0.1:{port}"
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                args=["--no-sandbox"],
            )
            context = browser.new_context(viewport=SIZE, locale="zh-CN")
            credentials = {"username": "bench", "password": PASSWORD}
            answer = context.request.post(f"{address}/api/v1/login", data=credentials)
            if not answer.ok:
                raise RuntimeError(answer.text())
            measure(
                browser,
                context.new_page(),
                own,
                address,
                cases=wanted.cases,
                seconds=wanted.seconds,
            )
            browser.close()


if __name__ == "__main__":
    main()
