"""A phone at /report: touch, GPS, a slow line, no line, and what becomes of the report."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from command_page import NASTY
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from test_live import row

from geodata.accounts import Actor
from geodata.cases.tables import case_photos, cases
from geodata.places.featuring import extent

PHONE = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
SIZE = (390, 844)
WORDS = "小区东门外工地夜里还在施工"


def photo(side: int = 3000) -> bytes:
    """As a phone takes it: large, lying on its side, with the place where it was."""
    noise = np.random.default_rng(7).integers(0, 255, (side // 60, side // 45, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 3.0, 0.0), 3: "E", 4: (118.0, 20.0, 0.0)})
    out = io.BytesIO()
    picture = Image.fromarray(noise).resize((side * 4 // 3, side))
    picture.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


@pytest.fixture
def middle(own_demo_database: Any) -> tuple[float, float]:
    """Longitude and latitude of the middle of the city."""
    west, south, east, north = extent(own_demo_database, Actor.terminal(), "areas")
    return (west + east) / 2, (south + north) / 2


@pytest.fixture
def on_phone(open_page: Callable[..., Page], own_live: str) -> Callable[..., Page]:
    def opened(*, role: str | None = None, **options: Any) -> Page:
        given = {**PHONE, **options}
        return open_page("/report", role=role, size=SIZE, address=own_live, **given)

    return opened


def choose(page: Page, content: bytes, name: str = "photo") -> None:
    files = {"name": "IMG_0001.HEIC.php", "mimeType": "image/jpeg", "buffer": content}
    page.locator(f"input[name={name}]").last.set_input_files([files])
    expect(page.locator(".report-photo img").last).to_be_visible()


def fill(page: Page) -> None:
    """Everything but the place, by touch."""
    page.get_by_role("radio", name="噪音扰民").check()
    page.locator("[name=text]").fill(WORDS)


def tap_map(page: Page) -> None:
    page.locator(".report-map").scroll_into_view_if_needed()
    box = page.locator(".report-map").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def submit(page: Page) -> None:
    page.locator("[data-part=send]").tap()


def stored(database: Any) -> list[Any]:
    with database.read() as connection:
        query = sa.select(
            cases.c.id,
            cases.c.source,
            cases.c.state,
            cases.c.area_code,
            sa.func.ST_X(cases.c.geom).label("lon"),
            sa.func.ST_Y(cases.c.geom).label("lat"),
        )
        rows = connection.execute(query.where(cases.c.description == WORDS)).all()
        return list(rows)


def test_a_stranger_reports_by_gps_and_touch_with_a_large_photo_on_a_slow_line(
    on_phone: Callable[..., Page],
    own_demo_database: Any,
    middle: tuple[float, float],
    artefact: Callable[[str], Any],
) -> None:
    place = {"longitude": middle[0], "latitude": middle[1], "accuracy": 15}
    page = on_phone(geolocation=place, permissions=["geolocation"])
    expect(page.locator("[data-part=spot]")).to_contain_text("社区")  # granted before: no tap
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 300, "downloadThroughput": 50_000}
    line.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": 400_000})
    choose(page, photo())
    page.locator("[data-part=locate]").tap()
    expect(page.locator("[data-part=spot]")).to_contain_text("社区")
    fill(page)
    page.screenshot(path=artefact("report-filled"), full_page=True)
    with page.expect_request("**/api/v1/reports") as sent:
        submit(page)
    expect(page.locator("[data-part=done]")).to_contain_text("已收到")
    assert int(sent.value.all_headers()["content-length"]) < 2_500_000
    (case,) = stored(own_demo_database)
    assert (case.source, case.state) == ("snap", "reported")
    assert (case.lon, case.lat) == pytest.approx(middle, abs=1e-6)
    assert case.area_code
    with own_demo_database.read() as connection:
        kept = connection.execute(sa.select(case_photos)).mappings().one()
        camera = connection.execute(
            sa.select(sa.func.ST_X(case_photos.c.geom), sa.func.ST_Y(case_photos.c.geom))
        ).one()
    assert (kept["width"], kept["height"]) == (1536, 2048)
    assert camera == pytest.approx((118 + 1 / 3, 35.05))
    page.get_by_role("link", name="查看办理进度").tap()
    expect(page.locator(".report-large")).to_have_text("待受理")
    assert WORDS not in page.content()
    page.screenshot(path=artefact("report-state"), full_page=True)


def test_a_report_without_network_waits_in_the_phone_and_is_sent_once_when_the_line_is_back(
    on_phone: Callable[..., Page], own_demo_database: Any
) -> None:
    page = on_phone()
    tap_map(page)
    fill(page)
    choose(page, photo(600))
    context: BrowserContext = page.context
    context.set_offline(True)
    submit(page)
    expect(page.locator("[data-part=done]")).to_contain_text("已保存在手机里")
    expect(page.locator("[data-part=waiting]")).to_contain_text("1 件")
    assert stored(own_demo_database) == []
    context.set_offline(False)
    expect(page.locator("[data-part=done]")).to_contain_text("已收到")
    expect(page.locator("[data-part=waiting]")).to_be_hidden()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("[data-part=waiting]")).to_be_hidden()
    expect(page.locator("[data-part=sent] li")).to_have_count(1)
    assert len(stored(own_demo_database)) == 1


def test_an_answer_that_was_lost_makes_no_second_case(
    on_phone: Callable[..., Page], own_demo_database: Any
) -> None:
    page = on_phone()
    lost = []

    def lose(route: Any) -> None:
        """The server hears it, the phone does not hear the server."""
        if not lost:
            lost.append(route.fetch().json()["number"])
            route.abort()
        else:
            route.continue_()

    page.route(re.compile(r"/api/v1/reports$"), lose)
    tap_map(page)
    fill(page)
    submit(page)
    expect(page.locator("[data-part=done]")).to_contain_text("已保存在手机里")
    page.get_by_role("button", name="立即发送").tap()
    expect(page.locator("[data-part=done]")).to_contain_text(str(lost[0]))
    assert [case.id for case in stored(own_demo_database)] == lost


def test_what_is_missing_is_said_and_what_was_filled_in_stays(
    on_phone: Callable[..., Page],
) -> None:
    page = on_phone()  # GPS is refused: no permission is given
    refused = page.locator("[data-part=refused]")
    page.locator("[data-part=locate]").tap()
    expect(page.locator("[data-part=spot]")).to_contain_text("未获得定位权限")
    submit(page)
    expect(refused).to_contain_text("请说明位置")
    tap_map(page)
    submit(page)
    expect(refused).to_contain_text("请选择问题类别")
    fill(page)
    page.context.watched.allowed.add(400)  # type: ignore[attr-defined]
    files = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"<svg onload=alert(1)>"}
    page.locator("input[name=photo]").last.set_input_files([files])
    expect(page.locator(".report-photo")).to_have_count(1)
    submit(page)
    expect(refused).to_contain_text("无法识别为照片")
    expect(page.locator("[name=text]")).to_have_value(WORDS)
    page.get_by_role("button", name="移除照片 1").tap()
    submit(page)
    expect(page.locator("[data-part=done]")).to_contain_text("已收到")


def test_a_worker_closes_on_the_spot_what_was_found_in_the_sea_of_no_district(
    on_phone: Callable[..., Page], own_demo_database: Any
) -> None:
    place = {"longitude": 124.0, "latitude": 35.0, "accuracy": 900}
    page = on_phone(role="commander", geolocation=place, permissions=["geolocation"])
    page.locator("[data-part=locate]").tap()
    spot = page.locator("[data-part=spot]")
    expect(spot).to_contain_text("不在本辖区内")
    expect(spot).to_contain_text("900")
    fill(page)
    page.get_by_label("已现场处置").check()
    page.get_by_label("处置情况").fill("已劝停")
    choose(page, photo(600), name="photo_after")
    submit(page)
    expect(page.locator("[data-part=done]")).to_contain_text("现场办结")
    (case,) = stored(own_demo_database)
    assert (case.source, case.state, case.area_code) == ("patrol", "closed", None)


def test_what_a_stranger_sends_is_seen_at_once_in_the_command_centre_and_is_only_text_and_pictures(
    open_page: Callable[..., Page], own_live: str, artefact: Callable[[str], Any]
) -> None:
    page = open_page("/command", role="commander", address=own_live)
    expect(page.locator(".line-status")).to_have_text("实时")
    picture = {"name": "x.svg", "mimeType": "image/svg+xml", "buffer": photo(600)}
    west = {"lon": "118.35", "lat": "35.05", "category": "safety", "key": "k" * 32}
    anybody = page.context.browser.new_context().request
    answer = anybody.post(
        f"{own_live}/api/v1/reports",
        multipart={**west, "text": NASTY, "name": NASTY[:90], "photo": picture},
    )
    number = answer.json()["number"]
    row(page, number).click()
    record = page.locator("[data-part=record]")
    expect(record.locator(".photo-thumb img")).to_have_count(1)
    expect(record).to_contain_text(NASTY)
    expect(record.locator(".course")).to_contain_text("市民")
    after = {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": photo(700)}
    record.locator("input[name=photo_after]").set_input_files([after])
    expect(record.locator(".photo-thumb img")).to_have_count(2)
    expect(record.locator(".course li").first).to_contain_text("添加照片")
    shown = record.locator(".photo-thumb img").last
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.naturalWidth") == 240  # it stands upright
    assert page.evaluate("globalThis.bitten === undefined")
    record.locator(".record-photos").scroll_into_view_if_needed()
    page.screenshot(path=artefact("case-photos"))
