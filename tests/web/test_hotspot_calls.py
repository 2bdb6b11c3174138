"""Hotspots and density over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from api.v1 import hotspots
from geodata.cases.hotspots.stored import spotting
from geodata.cases.tables import cases
from geodata.database.copying import copy_rows

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def crowd(database: Database) -> None:
    """400 cases of June on even ground and 80 in a crowd."""
    random = np.random.default_rng(3)
    ground = np.array((118.30, 35.05)) + random.uniform(-0.012, 0.012, (400, 2))
    near = np.array((118.305, 35.055)) + random.normal(0, 0.0008, (80, 2))
    count = 480
    texts = {"source": "snap", "category": "noise", "state": "reported"}
    with database.begin() as tx:
        columns = {name: np.array([word] * count, dtype=object) for name, word in texts.items()} | {
            "reported_at": np.datetime64("2026-06-10T00:00", "us")
            + np.arange(count) * np.timedelta64(3600_000_000, "us"),
            "geom": np.concatenate((ground, near)),
        }
        copy_rows(tx.connection, cases, columns)
        tx.changed("cases", "all", "added")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no reason for a job here."""
    monkeypatch.setattr(hotspots, "PATIENCE", 600.0)


JUNE = "from=2026-06-10&to=2026-06-30"


@pytest.mark.parametrize("path", ["hotspots", "heat"])
def test_a_stranger_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/{path}").status_code == 401


@pytest.mark.usefixtures("crowd")
def test_a_viewer_sees_the_hotspot_and_the_density(sign_in: Any) -> None:
    browser = sign_in("viewer")
    answer = browser.get(f"/api/v1/hotspots?{JUNE}&earlier=0")
    assert answer.status_code == 200
    told = answer.get_json()
    first = told["hotspots"][0]
    assert abs(first["lon"] - 118.305) < 0.004
    assert first["trend"] is None
    assert set(first["sentence"]) == {"zh", "en"}
    assert len(told["cells"]["p"]) == len(told["cells"]["column"]) == told["tested"]
    heat = browser.get(f"/api/v1/heat?{JUNE}&radius=400").get_json()
    assert sum(heat["cells"]["cases"]) == 480


@pytest.mark.parametrize(
    "query",
    [
        "cell=20",
        "cell=NaN",
        "cell=",
        "base=people",
        "earlier=-1",
        "earlier=99",
        "permutations=0",
        "from=2126-01-01",
        "from=2026-06-02&to=2026-05-01",
        "bbox=1,2,3",
        "category=nothing",
        "unknown=1",
    ],
)
def test_what_makes_no_sense_is_answered_400(sign_in: Any, query: str) -> None:
    answer = sign_in("viewer").get(f"/api/v1/hotspots?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_an_unknown_level_is_answered_404(sign_in: Any) -> None:
    assert sign_in("viewer").get("/api/v1/hotspots?by=planet").status_code == 404
    assert sign_in("viewer").get("/api/v1/heat?radius=60").status_code == 400


@pytest.mark.usefixtures("crowd")
def test_what_takes_long_goes_on_as_a_job_that_can_be_stopped(
    sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spotting, "within", lambda _seconds: spotting_gives_up)
    browser = sign_in("commander")
    answer = browser.get(f"/api/v1/hotspots?{JUNE}&cell=300")
    assert answer.status_code == 202
    job = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["kind"], job["state"]) == ("hotspots", "waiting")
    stopped = browser.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert stopped.get_json()["state"] == "cancelled"
    assert sign_in("viewer").get(f"/api/v1/jobs/{job['id']}").status_code == 404


def spotting_gives_up(_stage: str, _share: float) -> None:
    raise spotting.TooSlow("It takes longer than usual and goes on as a job.")
