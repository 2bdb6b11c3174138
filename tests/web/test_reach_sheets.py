"""The sheet of an area: a page to be printed, its list, and the same as Excel."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest

PASSWORD = "demo-password-of-the-tests"
COMMUNITY = "371399001001"


def signed_in(app, name):
    client = app.test_client()
    told = {"username": name, "password": PASSWORD}
    assert client.post("/api/v1/login", json=told).status_code == 200
    return client


@pytest.fixture(scope="module")
def viewer(demo_app):
    return signed_in(demo_app, "viewer")


def text_of(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    return answer.get_data(as_text=True)


def test_the_list_leads_to_the_areas_that_most_are_out_of_reach_in(viewer):
    page = text_of(viewer, "/reach?hour=19:00")
    shares = [float(one) for one in re.findall(r"<b>([\d.]+)%</b>", page)]
    assert len(shares) == 49
    assert min(shares[:3]) < 100
    assert f"/reach/{COMMUNITY}?walker=&amp;hour=19%3A00&amp;day=workday" in page
    assert (
        len(re.findall(r'href="/reach/371399\d', text_of(viewer, "/reach?by=street_office"))) == 8
    )


@pytest.mark.parametrize("code", [COMMUNITY, COMMUNITY[:9], COMMUNITY[:6]])
def test_every_level_has_a_sheet(viewer, code):
    page = text_of(viewer, f"/reach/{code}")
    for key in ("bands", "standards", "compounds-circle_15", "places"):
        assert f'data-table="{key}"' in page
    assert "服务圈报告" in page
    assert "沿实际道路步行，成年人每小时" in page


def test_the_sheet_heeds_who_walks_when_and_the_day(viewer):
    page = text_of(viewer, f"/reach/{COMMUNITY}?walker=elderly&hour=19:00&day=saturday")
    assert "老年人每小时3.2公里" in page
    assert re.search(r"只计\d{4}-\d\d-\d\d（周六）19:00开放的设施", page)
    assert "数据截至 2001-01-01" in text_of(viewer, "/reach/371399?at=2001-01-01")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reach/nowhere", 404),
        (f"/reach/{COMMUNITY}?hour=25:00", 400),
        (f"/reach/{COMMUNITY}?hour=12:00&day=moonday", 400),
        (f"/reach/{COMMUNITY}?walker=bird", 400),
        (f"/reach/{COMMUNITY}?at=soon", 400),
        ("/reach?by=planet", 400),
        ("/reach/%3Cscript%3E", 404),
    ],
)
def test_a_sheet_of_nonsense_is_refused_in_words(viewer, path, status):
    page = text_of(viewer, path, status)
    assert "<script>alert" not in page
    assert "Traceback" not in page


def test_nobody_sees_a_sheet_without_signing_in(demo_app):
    for path in ("/reach", f"/reach/{COMMUNITY}"):
        answer = demo_app.test_client().get(path)
        assert answer.status_code in {302, 401}
    call = demo_app.test_client().get(f"/api/v1/coverage/areas/{COMMUNITY}.xlsx")
    assert call.status_code == 401


def test_the_workbook_holds_every_table_of_the_sheet(demo_app):
    answer = signed_in(demo_app, "planner").get(f"/api/v1/coverage/areas/{COMMUNITY}.xlsx?lang=zh")
    assert answer.status_code == 200
    assert COMMUNITY in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames[0].endswith("服务圈报告")
    assert {"步行可达人户", "配置标准", "为本区服务的设施"} <= set(book.sheetnames)
    rows = list(book["配置标准"].iter_rows(min_row=5, values_only=True))
    assert len(rows) == 14
    assert rows[0][1] == "党群服务驿站"
    assert 0 <= rows[0][4] <= 1


def test_who_may_only_look_takes_no_workbook_away(viewer):
    assert viewer.get(f"/api/v1/coverage/areas/{COMMUNITY}.xlsx").status_code == 403
