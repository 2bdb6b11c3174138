"""Drawings that cannot be, over HTTP: a key, a Chinese sentence, and the draft as it was."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import shapely
from kept_drafts import SOUTH, STEP_M, WEST, bytes_of, kept, lattice

from geodata.crs import convert_geometries

pytestmark = pytest.mark.usefixtures("people")
CHINESE = re.compile("[\u4e00-\u9fff]{4}")


@pytest.fixture
def number(database):
    return kept(database, lattice())


@pytest.fixture
def plan(number):
    return f"/api/v1/plans/{number}"


@pytest.fixture
def planner(sign_in):
    return sign_in("planner")


def drawn(kind: str, *rings: list[tuple[float, float]]) -> dict[str, Any]:
    """GeoJSON in degrees of places counted in units of the lattice from its lower left corner."""
    made: Any
    places = [[(WEST + x * STEP_M, SOUTH + y * STEP_M) for x, y in ring] for ring in rings]
    made = shapely.LineString(places[0]) if kind == "line" else shapely.Polygon(*_ring(places))
    (moved,) = convert_geometries([made], from_="EPSG:4548", to="wgs84")
    moved = shapely.transform(moved, lambda points: points.round(9))
    return dict(shapely.geometry.mapping(moved))


def _ring(places: list[Any]) -> tuple[Any, Any]:
    return places[0], places[1:]


def box(x: float, y: float, side: float) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


ROUND = [
    (3 + 2 * math.cos(2 * math.pi * k / 110_000), 3 + 2 * math.sin(2 * math.pi * k / 110_000))
    for k in range(110_000)
]

REFUSED = {
    "self_crossing": {
        "action": "split",
        "line": drawn("line", [(-0.2, 1), (3, 1), (3, 3), (1, -0.2)]),
    },
    "line_ends_inside": {
        "action": "split",
        "grid": 1,
        "line": drawn("line", [(-0.2, 1), (1.5, 1)]),
    },
    "crumbs": {"action": "split", "grid": 1, "line": drawn("line", [(-0.2, 0.008), (2.2, 0.008)])},
    "misses": {"action": "split", "line": drawn("line", [(-3, -3), (-2, -2)])},
    "outside": {"action": "draw", "polygon": drawn("polygon", box(-9, -9, 4))},
    "nested_holes": {
        "action": "draw",
        "polygon": drawn("polygon", box(0, 0, 5), box(1, 1, 3), box(2, 2, 1)),
    },
    "too_many_points": {"action": "draw", "polygon": drawn("polygon", ROUND)},
    "not_neighbours": {"action": "merge", "grids": [1, 9]},
    "one_side": {"action": "reshape", "line": drawn("line", [(0.5, 0.5), (1.5, 1.5)])},
    "outer_border": {
        "action": "drag",
        "from": dict(shapely.geometry.mapping(shapely.Point(0, 0))),
        "to": dict(shapely.geometry.mapping(shapely.Point(1, 1))),
    },
    "unknown_grid": {"action": "lock", "grids": [77]},
}
REFUSED["outer_border"] |= {
    key: dict(
        shapely.geometry.mapping(
            convert_geometries(
                [shapely.Point(WEST + x * STEP_M, SOUTH + 2 * STEP_M)],
                from_="EPSG:4548",
                to="wgs84",
            )[0]
        )
    )
    for key, x in (("from", 0), ("to", -1))
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_bad_drawing_is_refused_in_chinese_and_the_draft_is_as_it_was(
    database, planner, plan, number, reason
):
    before = bytes_of(database, number)
    answer = planner.post(
        f"{plan}/actions",
        json=REFUSED[reason],
        headers={"If-Match": '"0"', "Accept-Language": "zh-CN"},
    )
    assert answer.status_code == 400, answer.json
    assert answer.json["reason"] == reason
    assert CHINESE.search(answer.json["detail"]), answer.json["detail"]
    assert not re.search(r"%\(|\bunit|\bgrid|polygon", answer.json["detail"])
    assert bytes_of(database, number) == before
    assert planner.get(plan).json["revision"] == 0


@pytest.mark.parametrize(
    "action",
    [
        {"action": "draw", "polygon": drawn("polygon", box(0.5, 0.5, 2))},
        {"action": "split", "line": drawn("line", [(-0.2, 1), (6.2, 1)])},
        {"action": "merge", "grids": [1, 2]},
        {"action": "assign", "units": [1], "grid": 2},
        {"action": "rename", "grid": 1, "name": "新名"},
        {"action": "remove", "grid": 1, "units_to": "neighbours"},
    ],
    ids=lambda action: action["action"],
)
def test_nothing_touches_a_locked_grid_and_its_name_is_said(
    database, planner, plan, number, action
):
    def act(body: dict[str, Any], revision: int) -> Any:
        headers = {"If-Match": f'"{revision}"', "Accept-Language": "zh-CN"}
        return planner.post(f"{plan}/actions", json=body, headers=headers)

    assert act({"action": "lock", "grids": [1]}, 0).status_code == 200
    before = bytes_of(database, number)
    answer = act(action, 1)
    assert answer.status_code == 400
    assert answer.json["reason"] == "locked"
    assert "第1网格" in answer.json["detail"]
    assert "锁定" in answer.json["detail"]
    assert bytes_of(database, number) == before


def test_a_stale_step_is_refused_in_chinese_with_who_was_faster(planner, sign_in, plan):
    other = sign_in("admin")
    headers = {"If-Match": '"0"', "Accept-Language": "zh-CN"}
    first = other.post(f"{plan}/actions", json={"action": "lock", "grids": [2]}, headers=headers)
    assert first.status_code == 200
    answer = planner.post(f"{plan}/actions", json={"action": "lock", "grids": [1]}, headers=headers)
    assert answer.status_code == 412
    assert CHINESE.search(answer.json["detail"])
    assert answer.json["difference"]["grids"] == [2]
    assert planner.get(plan).json["revision"] == 1


@pytest.mark.parametrize(
    "coordinates",
    [
        [[117.0, 35.0], [117.1, None]],
        [[117.0, 35.0], ["东", "西"]],
        [[117.0], [117.1]],
        [[1e308, 1e308], [-1e308, 0]],
        [[117.0, 95.0], [117.1, 35.0]],
        [[[117.0, 35.0]]],
        {},
    ],
)
def test_coordinates_that_are_none_are_refused_with_a_reason(planner, plan, coordinates):
    line = {"type": "LineString", "coordinates": coordinates}
    answer = planner.post(
        f"{plan}/actions", json={"action": "split", "line": line}, headers={"If-Match": '"0"'}
    )
    assert answer.status_code == 400, answer.json
    assert answer.json["reason"] == "no_place"
    assert planner.get(plan).json["revision"] == 0
