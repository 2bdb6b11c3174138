"""A small town of homes, streets and places, for what is answered of it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.profiles import load_profile
from geodata.reach.coverage.answering import scene
from geodata.reach.coverage.asking import Wish, asked, moment_of
from geodata.reach.coverage.homes import homes
from geodata.reach.coverage.keeping import Places, Town, changed
from geodata.reach.networks.building import build
from geodata.reach.networks.joining import join

PROFILE = load_profile("linyi")
LEVELS = tuple(level.key for level in PROFILE.levels)
LON, LAT = 118.35, 35.05
EAST, NORTH = 1 / 91_190, 1 / 110_940
"""Degrees of a metre here."""
COLUMNS = {
    "areas": ("code", "name", "level", "parent_code", "households", "residents"),
    "grids": ("code", "name", "area_code"),
    "compounds": ("code", "name", "area_code", "households", "residents"),
    "buildings": (
        "code", "name", "compound_code", "area_code", "households", "residents", "elderly",
    ),
    "facilities": ("code", "name", "kind", "area_code", "hours", "capacity"),
}  # fmt: skip


def point(east: float, north: float) -> shapely.Point:
    return shapely.Point(LON + east * EAST, LAT + north * NORTH)


def ground(east: float, north: float, wide: float, high: float | None = None) -> shapely.Polygon:
    """A rectangle by its middle and sides, metres."""
    half, tall = wide / 2, (high or wide) / 2
    west, south = point(east - half, north - tall).coords[0]
    right, top = point(east + half, north + tall).coords[0]
    return shapely.box(west, south, right, top)


def frame(layer: str, rows) -> gpd.GeoDataFrame:
    columns = {
        name: [row.get(name, "" if name == "name" else None) for row in rows]
        for name in COLUMNS[layer]
    }
    return gpd.GeoDataFrame(columns, geometry=[row["geometry"] for row in rows], crs=4326)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([point(*one).coords[0] for one in points])


def streets(*lines: shapely.LineString) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"kind": ["residential"] * len(lines)}, geometry=list(lines), crs=4326)


AREAS = (
    {"code": "1", "name": "区", "level": "county", "geometry": ground(0, 0, 6000)},
    {
        "code": "11", "name": "街道", "level": "street_office", "parent_code": "1",
        "geometry": ground(0, 0, 6000),
    },
    {
        "code": "111", "name": "南社区", "level": "community", "parent_code": "11",
        "geometry": ground(0, -1500, 6000, 3000),
    },
    {
        "code": "112", "name": "北社区", "level": "community", "parent_code": "11",
        "geometry": ground(0, 1500, 6000, 3000),
    },
)  # fmt: skip


def town(*, buildings=(), compounds=(), grids=(), areas=AREAS, walked=None, gates=None) -> Town:
    """Those who live there, and the streets if any may be walked."""
    compounds_frame = frame("compounds", list(compounds))
    found = homes(
        frame("areas", list(areas)),
        frame("grids", list(grids)),
        compounds_frame,
        frame("buildings", list(buildings)),
        levels=LEVELS,
    )
    network = joints = None
    if walked is not None:
        closed = None
        if gates is not None:
            rows = [one for one in compounds if one.get("closed")]
            closed = gpd.GeoDataFrame(
                {"code": [one["code"] for one in rows]},
                geometry=[one["geometry"] for one in rows],
                crs=4326,
            )
        network = build(walked, compounds=closed, gates=gates)
        joints = join(network, found.frame)
    return Town(found, network, joints, (), compounds_frame[["code", "geometry"]])


def house(code: str, east: float, north: float, households: int = 10, **more):
    return {
        "code": code,
        "households": households,
        "residents": 3 * households,
        "elderly": households // 2,
        "geometry": ground(east, north, 20),
        **more,
    }


def riverside(*, bridge: bool):
    """Two streets on both sides of a river, 200 m apart, joined 2 km to the east or in place."""
    lines = [line((-500, -100), (2000, -100)), line((-500, 100), (2000, 100))]
    lines.append(line((2000, -100), (2000, 100)))
    if bridge:
        lines.append(line((0, -100), (0, 100)))
    return town(
        buildings=[house("south", 0, -130, area_code="111"), house("north", 0, 130)],
        walked=streets(*lines),
    )


def places(of: Town, *rows) -> Places:
    """Facilities; each a kind, metres east and north, and what else is said of it."""
    table = pd.DataFrame(
        {
            "code": [f"f{number}" for number in range(len(rows))],
            "name": [f"place {number}" for number in range(len(rows))],
            "kind": [row[0] for row in rows],
            "area_code": [row[3].get("area") if len(row) > 3 else None for row in rows],
            "hours": [row[3].get("hours") if len(row) > 3 else None for row in rows],
            "capacity": [row[3].get("capacity") if len(row) > 3 else None for row in rows],
        }
    )
    points = np.array([point(*row[1:3]) for row in rows] or [], dtype=object)
    joints = None
    if of.network is not None and rows:
        joints = join(of.network, gpd.GeoSeries(points, crs=4326))
    return Places(table, points, joints)


def asked_of(of: Town, where: Places, wish: Wish | None = None, *, now=None, workdays=None):
    """The scene of one question."""
    question = asked(wish or Wish(), PROFILE)
    where = changed(where, question.wish.changes, of.network, kind=question.kinds[0])
    workdays = workdays or PROFILE.working.workdays(PROFILE.zone)
    hour, day = question.wish.hour, question.wish.day
    moment = None if now is None or hour is None else moment_of(hour, day, workdays, now=now)
    return scene(of, where, PROFILE, question, moment=moment, workdays=workdays)
