"""Where the households of a draft live, over HTTP."""

from __future__ import annotations

import pytest
from kept_drafts import kept, lattice
from shapely.geometry import Point, shape

pytestmark = pytest.mark.usefixtures("people")


def test_homes_stand_in_their_units_and_count_what_those_count(sign_in, database):
    plan = f"/api/v1/plans/{kept(database, lattice())}"
    planner = sign_in("planner")
    answer = planner.get(f"{plan}/homes")
    units = {one["id"]: one for one in planner.get(f"{plan}/units").json["features"]}
    homes = {int(number): those for number, those in answer.json["homes"].items()}

    assert answer.headers["ETag"] == f'"{answer.json["revision"]}"'
    assert set(homes) == {number for number in units if number % 2 == 0}
    for number, those in homes.items():
        ground = shape(units[number]["geometry"])
        assert all(ground.contains(Point(lng, lat)) for lng, lat, _households in those)
        told = sum(households for _lng, _lat, households in those)
        assert told == units[number]["properties"]["households"]


def test_who_may_not_read_a_draft_is_not_told_where_its_people_live(sign_in, database):
    plan = f"/api/v1/plans/{kept(database, lattice())}"
    assert sign_in("viewer").get(f"{plan}/homes").status_code == 403
    assert sign_in("planner").get("/api/v1/plans/999999/homes").status_code == 404
