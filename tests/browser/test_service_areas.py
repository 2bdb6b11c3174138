"""Service areas along the streets, and what people have near, on the planner's page."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_areas_follow_the_streets_and_coverage_says_for_whom_and_when(open_page):
    page = open_page("/planner#coverage=15&layers=areas,facilities,labels,circle-15")
    panel, layers = page.locator("#coverage-panel"), page.locator("#layers-panel")
    expect(layers).to_contain_text("沿道路步行，与直线圆相差")
    expect(panel).to_contain_text("沿道路步行")
    expect(panel).to_contain_text("按直线圆计算会多计")
    share = panel.locator(".figure").inner_text()

    page.select_option("#walker", "elderly")
    expect(panel.locator(".figure")).not_to_have_text(share)
    slow = panel.locator(".figure").inner_text()
    page.select_option("#hour", "22:00")
    expect(panel.locator(".figure")).not_to_have_text(slow)
    expect(page.locator("#on")).to_be_visible()
    page.select_option("#weight", "elderly")
    expect(panel).to_contain_text("位老年人")
    for part in ("walker=elderly", "hour=22", "weight=elderly"):
        assert part in page.url

    page.select_option("#together", "nearest")
    page.check("#beside")
    expect(layers).not_to_contain_text("与直线圆相差")
    assert "together=nearest" in page.url


def test_standards_say_what_is_missing_where_and_a_click_goes_there(open_page):
    page = open_page("/planner#coverage=15")
    panel = page.locator("#coverage-panel")
    panel.get_by_role("tab", name="配置标准").click()
    first = panel.locator(".standard").first
    expect(first).to_contain_text("15分钟服务圈")
    expect(first.locator("tbody > tr")).to_have_count(12)
    kind = first.locator(".standard-kind:not([disabled])").first
    kind.focus()
    kind.press("Enter")
    missing = panel.locator(".standard-missing button")
    expect(missing.first).to_be_visible()
    name = missing.first.locator(".uncovered-name").inner_text()
    missing.first.click()
    expect(page.locator(".record-title")).to_have_text(name)

    # a standard of compounds names compounds, and how many people live there
    own = panel.locator(".standard").filter(has_text="每个小区有驿站")
    own.locator(".standard-kind").click()
    row = own.locator(".standard-missing button").first
    expect(row).to_contain_text("户")
    name = row.locator(".uncovered-name").inner_text()
    row.click()
    expect(page.locator(".record-title")).to_have_text(name)
    expect(page.locator("#record-panel .badge").first).to_have_text("小区")


def test_a_selected_place_shows_how_far_its_own_area_reaches(open_page):
    page = open_page("/planner#selected=facilities/F371399005")
    rows = page.locator(".own-area tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("15分钟")
    expect(rows.first).to_contain_text("与直线圆相差")
    expect(rows.first).to_contain_text("户")


def test_coverage_is_of_any_kind_of_place_and_shaded_by_any_unit(open_page):
    page = open_page("/planner#coverage=15&layers=areas,facilities,labels,circle-15")
    panel = page.locator("#coverage-panel")
    expect(panel.locator("h2")).to_have_text("15分钟服务圈覆盖")
    share = panel.locator(".figure").inner_text()
    page.select_option("#kind", "clinic")
    expect(panel.locator("h2")).to_have_text("15分钟内有卫生服务站")
    expect(panel.locator(".figure")).not_to_have_text(share)
    expect(panel).to_contain_text("处卫生服务站")
    legend = page.locator("#layers-panel .legend li").filter(has_text="卫生服务站")
    expect(legend).to_have_count(1)

    shaded = panel.locator(".legend-count")
    for unit, number in (("grid", 162), ("compound", 220), ("street_office", 8)):
        with page.expect_response(lambda answer, by=unit: f"by={by}" in answer.url):
            page.select_option("#by", unit)
        expect(page.locator("#by")).to_have_value(unit)
        counts = [int(one) for one in shaded.all_inner_texts()][
            : -1 if shaded.count() > 1 else None
        ]
        assert sum(counts) == int(number), unit
    assert "kind=clinic" in page.url
    assert "by=street_office" in page.url


def test_what_became_of_the_streets_is_said_and_parts_that_lead_nowhere_are_flown_to(open_page):
    page = open_page("/planner#coverage=15")
    streets = page.locator(".reach-streets details")
    expect(streets.locator("summary")).to_contain_text("道路共")
    streets.locator("summary").click()
    expect(streets).to_contain_text("条道路不可步行，已略去")
    streets.locator(".streets-apart button").first.click()
    page.wait_for_url(re.compile(r"map=17"))


def test_places_that_are_too_small_are_named_and_a_click_goes_there(open_page):
    page = open_page("/planner#coverage=15")
    panel = page.locator("#coverage-panel")
    panel.get_by_role("tab", name="配置标准").click()
    small = panel.locator(".standard").filter(has_text="容量不足的点位")
    small.locator(".standard-kind").first.click()
    row = small.locator(".standard-missing button").first
    expect(row).to_contain_text("可容")
    name = row.locator(".uncovered-name").inner_text()
    row.click()
    expect(page.locator(".record-title")).to_have_text(name)


WISH = """async (hash) => {
  location.hash = hash;
  const { ReachWish } = await import("wangge/reach/wish.js");
  const wish = new ReachWish(["adult", "elderly"]);
  const { walker, together, beside, weight, hour, day } = wish;
  return { walker, together, beside, weight, hour, day, areas: wish.areas() };
}"""


def test_what_is_wished_is_read_from_the_address_and_nonsense_is_passed_over(open_page):
    page = open_page("/planner")
    said = "walker=elderly&together=each&beside=1&weight=residents&hour=19:00&on=sunday"
    assert page.evaluate(WISH, said) == {
        "walker": "elderly",
        "together": "each",
        "beside": True,
        "weight": "residents",
        "hour": "19:00",
        "day": "sunday",
        "areas": {"walker": "elderly", "hour": "19:00", "day": "sunday"},
    }
    nonsense = "walker=toString&together=apart&beside=yes&weight=cats&hour=25:99&on=never"
    assert page.evaluate(WISH, nonsense) == {
        "walker": "adult",
        "together": "merged",
        "beside": False,
        "weight": "households",
        "hour": "",
        "day": "workday",
        "areas": {"walker": "adult"},
    }


def test_what_is_wished_is_written_to_the_address_unless_it_is_what_is_meant_anyway(open_page):
    page = open_page("/planner")
    written = page.evaluate(
        """async () => {
          const { ReachWish } = await import("wangge/reach/wish.js");
          const wish = new ReachWish(["adult", "elderly"]);
          wish.set({ walker: "elderly", together: "nearest", hour: "19:00", day: "sunday" });
          const full = location.hash;
          wish.set({ walker: "adult", together: "merged", hour: "" });
          return [full, location.hash];
        }"""
    )
    for part in ("walker=elderly", "together=nearest", "hour=19", "on=sunday"):
        assert part in written[0]
    for name in ("walker=", "together=", "hour=", "on="):
        assert name not in written[1].replace("position=", "")
