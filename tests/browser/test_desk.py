"""The desk of the command centre: links, screens that many see, floods, hidden tabs, sound, files."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import pytest
from command_page import settled
from playwright.sync_api import expect
from sqlalchemy import text

PHONE = (390, 844)

FLOOD = """async () => {
  const { board, points, store } = await import("wangge/command/opening.js");
  const counts = { live: 0, painted: 0 };
  board.on((what) => { if (what === "live") counts.live++; });
  points.on("painted", () => counts.painted++);
  const first = Math.max(...board.cases.id) + 1000;
  const at = new Date(board.calendar.milliseconds() - 60_000).toISOString();
  globalThis.flood = (from, n) => {
    for (let k = 0; k < n; k++) {
      const one = { id: first + from + k, source: "snap", category: "noise", state: "reported", reported_at: at, due_at: null, warn_at: null, updated_at: at, closed_at: null, area_code: null, grid_code: null, compound_code: null, lon: 118.3 + k / 1e5, lat: 35.05, revision: 0, urgent: false, joined_to: null };
      store._told({ id: 1e9 + from + k, data: JSON.stringify({ case: one, kind: "added" }) });
    }
  };
  globalThis.arrived = (from, n) => Array.from({ length: n }, (_, k) => board.positionOf(first + from + k)).filter((i) => i >= 0).length;
  globalThis.counts = counts;
}"""


def today(page) -> int:
    return int(page.locator(".figure").first.locator("b").inner_text().replace(",", ""))


def test_five_hundred_cases_at_once_are_one_repaint_and_a_hidden_tab_draws_none(open_page):
    page = open_page("/command", role="commander")
    settled(page)
    page.evaluate(FLOOD)
    before = today(page)
    page.wait_for_timeout(300)
    took = page.evaluate(
        "() => { const begun = performance.now(); flood(0, 500); return performance.now() - begun; }"
    )
    page.wait_for_timeout(700)
    counts = page.evaluate("counts")
    assert page.evaluate("arrived(0, 500)") == 500, "none is missed"
    assert counts["live"] == 1, "what comes together is put in together"
    assert counts["painted"] <= 2
    assert took < 200, "the page can be used while they come"
    assert today(page) == before + 500
    row = page.locator(".case-row").nth(1)
    row.click()
    expect(page.locator("[data-part=record] .loop")).to_be_visible()
    settled(page, milliseconds=1500)  # the map has come to the case

    page.evaluate("""() => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => globalThis.away });
      globalThis.away = true;
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    painted = page.evaluate("counts.painted")
    page.evaluate("flood(500, 400)")
    page.wait_for_timeout(600)
    assert page.evaluate("counts.painted") == painted, "nothing is drawn while nobody looks"
    assert today(page) == before + 500
    page.evaluate(
        """() => { globalThis.away = false; document.dispatchEvent(new Event("visibilitychange")); }"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("arrived(500, 400)") == 400
    assert today(page) == before + 900


def test_a_link_opens_its_case_on_a_phone_and_a_changed_address_is_heeded(open_page, demo_database):
    with demo_database.read() as connection:
        query = "select id, title, description from cases where description <> '' order by reported_at desc limit 1"
        case = connection.execute(text(query)).one()
    page = open_page(f"/command#case={case.id}", role="commander", size=PHONE)
    record = page.locator("[data-part=record]")
    expect(record.locator("h2")).to_contain_text(f"#{case.id}")
    expect(record).to_be_in_viewport()
    expect(record).to_contain_text(case.description[:20])

    page.set_viewport_size({"width": 1440, "height": 900})
    everything = page.evaluate(SHOWN)
    page.evaluate("location.hash = 'category=noise&period=7d'")
    expect(record).to_be_hidden()
    expect(page.locator("[data-filter=category] .bar-row[aria-pressed=true]")).to_have_count(1)
    assert 0 < page.evaluate(SHOWN) < everything

    asked = []
    page.on(
        "response", lambda answer: asked.append(answer) if "/api/v1/cases/" in answer.url else None
    )
    page.evaluate(f"location.hash = 'case={case.id}&wall=1'")
    expect(page.locator("html")).to_have_attribute("data-wall", "")
    expect(record).to_contain_text("大屏和跟随屏上不显示")
    settled(page)
    bodies = [one.text() for one in asked if f"/cases/{case.id}/" in one.url]
    assert bodies
    assert not any(case.description in body for body in bodies), "it does not even come to a wall"
    assert case.description not in page.content()
    page.evaluate(f"location.hash = 'case={case.id}'")
    expect(record).to_contain_text(case.description[:20])
    assert page.locator("html").get_attribute("data-wall") is None


@pytest.mark.parametrize(("kind", "begin"), [("xlsx", b"PK"), ("csv", b"\xef\xbb\xbfid,")])
def test_the_list_is_taken_away_as_a_file_with_a_word_on_it(open_page, kind, begin):
    page = open_page("/command#category=noise&period=7d", role="commander")
    page.locator(".export-menu summary").click()
    with page.expect_download() as taken:
        page.locator(f".export-menu [data-kind={kind}]").click()
    expect(page.locator(".export-menu [role=status]")).to_have_text(
        f"已保存为 {taken.value.suggested_filename}"
    )
    assert taken.value.suggested_filename.endswith(f".{kind}")
    assert taken.value.path().read_bytes().startswith(begin)


SHOWN = """async () => (await import("wangge/command/opening.js")).board.shown.length"""

LISTEN = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...more) {
  if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) {
    const ear = new AnalyserNode(target.context, { fftSize: 2048 });
    connect.call(this, ear);
    (globalThis.ears ??= []).push(ear);
  }
  return connect.call(this, target, ...more);
};
globalThis.loudness = () => Math.max(0, ...(globalThis.ears ?? []).flatMap((ear) => {
  const heard = new Float32Array(ear.fftSize);
  ear.getFloatTimeDomainData(heard);
  return Array.from(heard, Math.abs);
}));
"""


def test_sound_is_off_at_first_is_really_heard_and_is_remembered_but_waits_for_a_hand(open_page):
    page = open_page("/command", role="commander")
    page.evaluate(LISTEN)
    button = page.locator("[data-part=sound]")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert (
        max(page.evaluate("loudness()") for _ in range(60) if page.wait_for_timeout(10) is None)
        > 0.05
    )
    pitches = page.evaluate("""async () => {
      const { sound } = await import("wangge/command/tones.js");
      const context = new OfflineAudioContext(1, 44100, 44100);
      sound(context, "urgent");
      const heard = (await context.startRendering()).getChannelData(0);
      const crossings = (from, to) => { let n = 0; for (let i = from * 44100 | 0; i < (to * 44100 | 0); i++) n += heard[i] < 0 !== heard[i + 1] < 0; return n / 2 / (to - from); };
      return [crossings(0.05, 0.15), crossings(0.35, 0.45), Math.max(...heard.slice(0.8 * 44100).map(Math.abs))];
    }""")
    assert pitches[0] == pytest.approx(880, rel=0.05), "the first tone"
    assert pitches[2] < 1e-3, "and then it is silent"
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_attribute("title", "提示音已开，在本页点击一次后生效")
