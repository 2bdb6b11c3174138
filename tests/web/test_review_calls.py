"""Reviews over HTTP, as a page and as files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from geodata.profiles import load_profile

pytestmark = pytest.mark.usefixtures("people")
TOLD = {"category": "noise", "source": "snap", "title": "夜间施工", "lon": 118.35, "lat": 35.05}


@pytest.fixture
def commander(sign_in: Callable[..., Any]) -> Any:
    return sign_in("commander")


def test_the_page_the_answer_and_the_files_tell_the_same_case(commander: Any) -> None:
    commander.post("/api/v1/cases", json=TOLD)
    day = datetime.now(load_profile("linyi").zone).date()
    for kind in ("daily", "weekly"):
        answer = commander.get(f"/api/v1/reviews?kind={kind}&day={day}&lang=zh").get_json()
        assert answer["headlines"][0]["value"] == 1
        page = commander.get(f"/review?kind={kind}&day={day}&lang=zh").get_data(as_text=True)
        for table in answer["tables"]:
            assert table["title"] in page
        pdf = commander.get(f"/api/v1/reviews/report.pdf?kind={kind}&day={day}")
        assert pdf.mimetype == "application/pdf"
        assert pdf.get_data().startswith(b"%PDF-")
        excel = commander.get(f"/api/v1/reviews/report.xlsx?kind={kind}&day={day}").get_data()
        assert zipfile.is_zipfile(io.BytesIO(excel))
    mails = commander.get("/api/v1/reviews/mails.zip").get_data()
    assert len(zipfile.ZipFile(io.BytesIO(mails)).namelist()) == 1


def test_a_decision_is_entered_shown_and_withdrawn(commander: Any) -> None:
    number = commander.post("/api/v1/cases", json=TOLD).get_json()["case"]["id"]
    today = datetime.now(UTC).date().isoformat()
    made = {"day": today, "opinion": "联合<执法>", "responsible": "综合执法局"}
    answer = commander.post(f"/api/v1/cases/{number}/decisions", json=made)
    assert answer.status_code == 201
    page = commander.get(f"/review?kind=weekly&day={today}").get_data(as_text=True)
    assert "联合&lt;执法&gt;" in page
    gone = commander.send("DELETE", f"/api/v1/decisions/{answer.get_json()['id']}")
    assert gone.status_code == 204
    assert "联合" not in commander.get(f"/review?kind=weekly&day={today}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/reviews?day=yesterday", 400),
        ("/api/v1/reviews?day=0001-01-01", 400),
        ("/api/v1/reviews?kind=yearly", 400),
        ("/api/v1/reviews?area=nowhere", 404),
        ("/review?kind=yearly", 400),
        ("/review?day=9999-12-31", 400),
        ("/api/v1/reviews/mails.zip?domain=a%20b", 400),
    ],
)
def test_nonsense_is_refused_with_a_word(commander: Any, path: str, status: int) -> None:
    assert commander.get(path).status_code == status


def test_who_only_looks_takes_no_file_and_decides_nothing(
    client: Any, sign_in: Callable[..., Any]
) -> None:
    assert client.get("/api/v1/reviews").status_code == 401
    assert client.get("/review").status_code in {302, 401}
    viewer = sign_in("viewer")
    assert viewer.get("/api/v1/reviews").status_code == 200
    page = viewer.get("/review?kind=weekly").get_data(as_text=True)
    assert "report.pdf" not in page
    assert 'id="decide"' not in page
    for path in ("report.pdf", "report.xlsx", "mails.zip"):
        assert viewer.get(f"/api/v1/reviews/{path}").status_code == 403
