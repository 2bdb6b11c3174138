"""Likely twins over HTTP: offered at the report and with the case, joined, refused, parted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("people")
TOLD = {"category": "noise", "source": "snap", "title": "夜间施工打桩", "lon": 118.35, "lat": 35.05}


def test_twins_are_offered_joined_and_parted(sign_in: Callable[..., Any]) -> None:
    commander = sign_in("commander")
    first = commander.post("/api/v1/cases", json=TOLD).get_json()["case"]
    second = commander.post("/api/v1/cases", json=TOLD).get_json()
    assert [one["id"] for one in second["twins"]] == [first["id"]]
    number = second["case"]["id"]
    kin = sign_in("viewer").get(f"/api/v1/cases/{first['id']}/twins").get_json()
    assert [(one["id"], one["title"]) for one in kin["twins"]] == [(number, None)]
    assert kin["may_join"] is False
    body = {"revision": 0, "ids": [number], "revisions": [0]}
    path = f"/api/v1/cases/{first['id']}/join"
    assert sign_in("viewer").post(path, json=body).status_code == 403
    assert commander.post(path, json=body | {"revisions": []}).status_code == 400
    joined = commander.post(path, json=body)
    assert joined.status_code == 200, joined.get_data(as_text=True)
    assert joined.get_json()["case"]["reports"] == 2
    assert commander.post(path, json=body).status_code == 409
    step = {"action": "file", "revision": 1}
    refused = commander.post(f"/api/v1/cases/{number}/actions", json=step)
    assert refused.status_code == 409
    assert refused.get_json()["leader"] == first["id"]
    parted = commander.post(f"/api/v1/cases/{number}/part", json={"revision": 1})
    assert parted.get_json()["case"]["joined_to"] is None
    assert commander.get(f"/api/v1/cases/{number}/twins").get_json()["twins"] == []
