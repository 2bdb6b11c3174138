"""The generated cases have a rhythm, hotspots, and the right grid of their day."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.demo import generate
from geodata.demo.spots import hotspots, make_pool


@pytest.fixture(scope="module")
def city():
    return generate()


@pytest.fixture(scope="module")
def cases(city):
    frames = []
    for chunk in city.cases():
        columns = dict(chunk)
        place = columns.pop("geom")
        frame = pd.DataFrame(columns)
        frame["lon"], frame["lat"] = place[:, 0], place[:, 1]
        frames.append(frame)
    frame = pd.concat(frames, ignore_index=True)
    frame["local"] = frame["reported_at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Shanghai")
    return frame


def share(frame, mask):
    return float(frame[mask].shape[0] / frame.shape[0])


def test_there_are_a_hundred_thousand_in_eighteen_months(city, cases):
    assert len(cases) == 100_000
    end = pd.Timestamp(city.until).tz_convert("Asia/Shanghai")
    assert cases["local"].max() < end
    assert cases["local"].min() >= end - pd.DateOffset(months=18)
    assert cases["local"].min() < end - pd.DateOffset(months=17, days=28)


def test_noise_comes_at_night_rubbish_in_the_morning_parking_in_the_evening(cases):
    hour = cases["local"].dt.hour
    late = hour.isin([19, 20, 21, 22, 23, 0])
    noise = cases["category"] == "noise"
    assert late[noise].mean() > 0.5
    assert late[~noise].mean() < 0.3
    morning = hour.between(6, 10)
    rubbish = cases["category"] == "environment"
    assert morning[rubbish].mean() > 0.38
    parking = cases["category"] == "parking"
    assert hour.between(16, 20)[parking].mean() > 0.4


def test_the_week_and_the_year_can_be_seen(cases):
    day = cases["local"].dt.day_of_week
    other = cases["category"] == "other"
    assert (day[other] >= 5).mean() < 0.2
    noise = cases["category"] == "noise"
    assert (day[noise] >= 5).mean() > 0.3
    month = cases["local"].dt.month
    heating = cases["title"] == "暖气不热"
    assert month[heating].isin([11, 12, 1, 2, 3]).mean() > 0.9
    water = cases["title"].isin(["路面积水", "下水道堵塞返水"])
    assert month[water].isin([6, 7, 8]).mean() > 0.55


def test_spring_festival_is_quiet(cases):
    day = cases["local"].dt.tz_localize(None).dt.normalize()
    daily = day.value_counts()
    festival = daily[daily.index.isin(pd.date_range("2026-02-17", periods=7))].mean()
    before = daily[daily.index.isin(pd.date_range("2026-01-19", periods=14))].mean()
    assert festival < 0.65 * before


def test_the_hotline_leads_and_nobody_patrols_at_night(cases):
    shares = cases["source"].value_counts(normalize=True)
    assert shares.idxmax() == "hotline"
    assert 0.6 < shares["hotline"] < 0.8
    assert (shares > 0.01).all()
    assert len(shares) == 7
    patrol = cases[cases["source"] == "patrol"]
    assert patrol["local"].dt.hour.between(8, 18).all()


def test_recent_cases_are_open_some_are_late_and_old_ones_closed(city, cases):
    now = pd.Timestamp(city.until).tz_localize(None)
    age = now - cases["reported_at"]
    is_open = cases["state"] != "closed"
    assert is_open[age < pd.Timedelta(hours=12)].mean() > 0.5
    assert is_open[age > pd.Timedelta(days=120)].mean() < 0.001
    assert set(cases["state"]) == set(city.profile.keys("states"))
    late = is_open & (cases["due_at"] < now)
    assert 20 < late.sum() < 1500
    assert (cases["closed_at"].isna() == is_open).all()
    closed = cases[~is_open]
    assert (closed["closed_at"] > closed["reported_at"]).all()
    assert (closed["closed_at"] <= now).all()
    assert (cases["updated_at"] <= now).all()
    assert (cases["updated_at"] >= cases["reported_at"]).all()


def test_every_case_lies_in_the_community_grid_and_compound_that_it_names(city, cases):
    placed = cases.dropna(subset="lon")
    points = shapely.points(placed["lon"], placed["lat"])
    communities = city.areas[city.areas["level"] == "community"].set_index("code").geometry
    assert shapely.covers(communities.loc[placed["area_code"]].to_numpy(), points).all()
    housed = placed["compound_code"].notna().to_numpy()
    compounds = city.compounds[city.compounds["ended"].isna()].set_index("code").geometry
    homes = compounds.loc[placed["compound_code"][housed]].to_numpy()
    assert shapely.covers(homes, points[housed]).all()

    recut = pd.Timestamp(city.grids["since"].dropna().iloc[0]).tz_localize(None)
    for then, former in ((True, "since"), (False, "ended")):
        mine = ((placed["reported_at"] < recut) == then).to_numpy()
        net = city.grids[city.grids[former].isna()].set_index("code").geometry
        named = mine & placed["grid_code"].notna().to_numpy()
        inside = shapely.covers(net.loc[placed["grid_code"][named]].to_numpy(), points[named])
        assert inside.all()
        lost = mine & placed["grid_code"].isna().to_numpy()
        assert not shapely.intersects(net.union_all(), points[lost]).any()
        assert lost.any() == (not then), "only today's net has a hole"


def test_some_cases_have_an_address_and_no_place(cases):
    unplaced = cases["lon"].isna()
    assert 0.003 < unplaced.mean() < 0.01
    assert cases["area_code"].isna()[unplaced].all()
    assert (cases["address"].str.len() > 4).all()


def test_cases_keep_their_old_grid_when_its_border_moves(city, cases):
    recut = pd.Timestamp(city.grids["since"].dropna().iloc[0]).tz_localize(None)
    gone = set(city.grids["code"][city.grids["ended"].notna()]) - set(
        city.grids["code"][city.grids["ended"].isna()]
    )
    assert cases["grid_code"].isin(gone).any()
    assert (cases["reported_at"][cases["grid_code"].isin(gone)] < recut).all()


def test_the_hotspots_are_there_and_have_their_time(city, cases):
    district = city.districts[0]
    spots = {spot.name: spot for spot in hotspots(district)}
    assert len(spots) >= 9
    half = cases["reported_at"] < cases["reported_at"].median()

    def near(name):
        spot = spots[name]
        pool = make_pool(district, district.rng("cases"))
        unit = spot.units[0]
        part = slice(pool.start[unit], pool.start[unit + 1])
        lon, lat = pool.lon[part].mean(), pool.lat[part].mean()
        close = np.hypot((cases["lon"] - lon) * 91_000, (cases["lat"] - lat) * 111_000) < 150
        return close & (cases["category"] == spot.category)

    growing, fading = near("新建小区交付纠纷"), near("整治中的老旧小区")
    assert (~half[growing]).sum() > 2.5 * half[growing].sum()
    assert half[fading].sum() > 2.5 * (~half[fading]).sum()
    school = near("学校门口接送拥堵1")
    local = cases["local"][school]
    assert (local.dt.hour == 16).mean() > 0.3
    assert (local.dt.day_of_week < 5).mean() > 0.85


def test_texts_are_filled_in_and_varied(cases):
    assert not cases["description"].str.contains(r"[{}]").any()
    assert cases["description"].nunique() > 60_000
    assert cases["title"].nunique() > 45
    assert cases["title"].str.len().between(3, 20).all()


def test_no_telephone_number_can_ring(cases):
    numbers = cases["reporter_telephone"].dropna()
    assert numbers.str.fullmatch(r"154\d{8}").all()
    assert cases["reporter_name"].dropna().str.fullmatch(r"[一-鿿]{2,3}").all()
    assert (cases["reporter_name"].isna() == cases["reporter_telephone"].isna()).all()
    assert cases["reporter_name"][cases["source"] == "patrol"].isna().all()


def test_each_source_numbers_its_cases_once(cases):
    assert not cases.duplicated(["source", "external_id"]).any()
    assert cases["external_id"].map(lambda text: bool(re.fullmatch(r"[A-Z]{2}\d{15}", text))).all()


def test_neighbours_are_stored_together(cases):
    placed = cases.dropna(subset="lon")
    step = np.hypot(np.diff(placed["lon"]) * 91_000, np.diff(placed["lat"]) * 111_000)
    assert np.median(step) < 40


def test_the_number_of_cases_can_be_chosen(city):
    two = replace(city, districts=city.districts * 2, codes=city.codes * 2, case_count=1001)
    assert [len(chunk["geom"]) for chunk in two.cases()] == [501, 500]
    assert sum(len(chunk["geom"]) for chunk in replace(city, case_count=0).cases()) == 0
