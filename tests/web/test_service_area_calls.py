"""Service areas over HTTP: along the demo city's streets, in bands, merged, kept."""

from __future__ import annotations

import pytest
import shapely

PASSWORD = "demo-password-of-the-tests"


@pytest.fixture(scope="module")
def viewer(demo_app):
    client = demo_app.test_client()
    told = {"username": "viewer", "password": PASSWORD}
    assert client.post("/api/v1/login", json=told).status_code == 200
    return client


@pytest.fixture(scope="module")
def ask(viewer):
    """``ask(query, status)`` gives what a viewer of the demo city is answered."""

    def asked(query="", status=200):
        answer = viewer.get(f"/api/v1/service-areas?{query}")
        assert answer.status_code == status, answer.get_data(as_text=True)[:500]
        return answer.get_json(force=True)

    return asked


def shapes(answer):
    return {
        (one["properties"]["code"], one["properties"]["minutes"]): shapely.geometry.shape(
            one["geometry"]
        )
        for one in answer["features"]
    }


@pytest.fixture(scope="module")
def plain(ask):
    return ask("minutes=10")


def test_areas_follow_the_streets_and_say_how_the_circle_differs(plain):
    assert (plain["way"], plain["together"]) == ("network", "each")
    assert len(plain["features"]) > 10
    for one in plain["features"]:
        told = one["properties"]
        assert told["radius_m"] == pytest.approx(10 * 72 / 1.3)
        assert 0 < told["area_m2"] < 3 * told["circle_area_m2"]
        assert 0 < told["differs"] < 1
        assert told["code"]
        assert told["name"]
    assert all(shape.is_valid for shape in shapes(plain).values())


def test_bands_lie_in_each_other(ask):
    found = shapes(ask("minutes=5,10&minutes=15"))
    codes = {code for code, _ in found}
    assert len(found) == 3 * len(codes)
    for code in sorted(codes)[:10]:
        five, ten, fifteen = (found[code, minutes] for minutes in (5, 10, 15))
        assert five.difference(ten).area < 0.01 * five.area
        assert ten.difference(fifteen).area < 0.01 * ten.area


def test_every_spot_belongs_to_its_nearest_place_or_all_are_one(ask, plain):
    nearest = shapes(ask("minutes=10&together=nearest"))
    alone = shapes(plain)
    tree = shapely.STRtree(list(nearest.values()))
    one, other = tree.query(list(nearest.values()), predicate="overlaps")
    listed = list(nearest.values())
    for a, b in zip(one, other, strict=True):
        assert listed[a].intersection(listed[b]).area < 1e-9
    assert sum(shape.area for shape in listed) < sum(shape.area for shape in alone.values())
    (merged,) = shapes(ask("minutes=10&together=merged")).values()
    assert merged.area == pytest.approx(shapely.union_all(list(alone.values())).area, rel=0.03)


def test_at_an_hour_only_what_is_open_has_an_area_and_the_others_are_named(ask, plain):
    evening = ask("minutes=10&hour=19:00&day=workday")
    told = evening["hours"]
    assert told["moment"].endswith("19:00+08:00")
    open_then = {code for code, _ in shapes(evening)}
    shut = {one["code"] for one in told["closed"]} | {one["code"] for one in told["unknown"]}
    assert shut
    assert open_then
    assert open_then.isdisjoint(shut)
    apart = {one["code"] for one in plain["apart"]}
    assert open_then | shut >= {code for code, _ in shapes(plain)} - apart
    counted = {code for code, _ in shapes(ask("minutes=10&hour=19:00&day=workday&unknown=open"))}
    assert counted - open_then <= {one["code"] for one in told["unknown"]}
    assert plain["hours"] is None


def test_slow_people_come_less_far(ask, plain):
    elderly = shapes(ask("minutes=10&walker=elderly"))
    adults = shapes(plain)
    assert sum(one.area for one in elderly.values()) < 0.8 * sum(
        one.area for one in adults.values()
    )


def test_one_place_is_asked_alone_and_where_it_might_stand(ask, plain):
    first = plain["features"][0]["properties"]["code"]
    (alone,) = ask(f"minutes=10&place={first}")["features"]
    assert alone == plain["features"][0]
    other = shapes(plain)[plain["features"][1]["properties"]["code"], 10]
    lon, lat = other.representative_point().coords[0]
    moved = ask(f"minutes=10&place={first}&moved={first},{lon},{lat}")
    (shape,) = shapes(moved).values()
    assert (
        shape.contains(shapely.Point(lon, lat)) or shape.distance(shapely.Point(lon, lat)) < 0.002
    )
    assert not shape.equals(shapes(plain)[first, 10])
    far = ask(f"minutes=10&place={first}&moved={first},{lon - 1},{lat}")
    assert far["features"] == []
    assert [(one["code"], one["reason"]) for one in far["apart"]] == [(first, "far")]


def test_circles_are_given_where_they_are_asked(ask, plain):
    circles = ask("minutes=10&way=circle")
    assert circles["way"] == "circle"
    assert len(circles["features"]) == len(plain["features"]) + len(plain["apart"])
    assert circles["features"][0]["properties"]["radius_m"] == pytest.approx(10 * 72 / 1.3)
    (merged,) = ask("minutes=10&way=circle&together=merged")["features"]
    assert merged["properties"]["area_m2"] > 0


def test_who_has_the_answer_is_told_so(viewer):
    first = viewer.get("/api/v1/service-areas?minutes=10")
    again = viewer.get(
        "/api/v1/service-areas?minutes=10", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("hour=25:00", 400),
        ("day=workday", 400),
        ("hour=19:00&day=moonday", 400),
        ("minutes=5,0", 400),
        ("minutes=5&minutes=x", 400),
        ("minutes=1,2,3,4,5,6,7", 400),
        ("walker=horse", 400),
        ("kind=castle", 400),
        ("way=tunnel", 400),
        ("together=some", 400),
        ("place=nowhere", 404),
        ("moved=nowhere,118,35", 404),
        ("moved=x", 400),
    ],
)
def test_what_makes_no_sense_is_refused(ask, query, status):
    assert ask(query, status)["title"]


@pytest.mark.parametrize("way", ["network", "circle"])
def test_areas_tell_who_lives_there_as_coverage_counts_them(viewer, ask, way):
    asked = f"minutes=5,10&way={way}&people=true"
    merged = {one["properties"]["minutes"]: one["properties"] for one in
              ask(f"{asked}&together=merged")["features"]}  # fmt: skip
    for minutes, weight in ((5, "households"), (10, "residents"), (10, "elderly")):
        covered = viewer.get(
            f"/api/v1/coverage?minutes={minutes}&way={way}&weight={weight}&walker=adult"
        ).get_json()["covered"]
        assert merged[minutes][weight] == pytest.approx(covered)
    nearest = [one["properties"] for one in ask(f"{asked}&together=nearest")["features"]]
    each = {(one["properties"]["code"], one["properties"]["minutes"]): one["properties"]
            for one in ask(f"{asked}&together=each")["features"]}  # fmt: skip
    if way == "network":
        ten = sum(one["households"] for one in nearest if one["minutes"] == 10)
        assert ten == pytest.approx(merged[10]["households"])
        for one in nearest:
            assert one["households"] <= each[one["code"], one["minutes"]]["households"] + 1e-6
    for (code, minutes), told in each.items():
        if minutes == 5:
            assert told["residents"] <= each[code, 10]["residents"]
    assert sum(one["households"] for one in each.values()) > merged[10]["households"]


def test_who_lives_in_one_places_area_is_told_of_that_place_alone(ask):
    code = ask("minutes=10&people=true")["features"][0]["properties"]["code"]
    everybody = ask("minutes=15,10&people=true")["features"]
    told = [one["properties"] for one in everybody if one["properties"]["code"] == code]
    alone = ask(f"minutes=10,15&people=true&place={code}")["features"]
    assert sorted(one["properties"]["households"] for one in alone) == sorted(
        one["households"] for one in told
    )


def test_nobody_is_counted_unless_it_is_asked(plain, ask):
    assert "households" not in plain["features"][0]["properties"]
    ask("people=perhaps", 400)
