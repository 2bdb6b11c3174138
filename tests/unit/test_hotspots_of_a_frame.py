"""Hotspots of a GeoDataFrame, as a notebook has them; and the example of docs/hotspots.md runs."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity

from geodata.errors import InvalidInput
from geodata.exchange.crowded_frames import hotspots_of_frame

PAGE = Path(__file__).parents[2] / "docs" / "hotspots.md"


def frame() -> gpd.GeoDataFrame:
    random = np.random.default_rng(3)
    ground = random.uniform(0, 4000, (800, 2))
    crowd = random.normal(2600, 110, (90, 2))
    places = np.concatenate((ground, crowd)) + np.array((500_000, 3_880_000))
    times = pd.Timestamp("2026-06-01") + pd.to_timedelta(random.integers(0, 30, 890), unit="D")
    return gpd.GeoDataFrame(
        {"when": times, "what": random.choice(["noise", "parking"], 890)},
        geometry=shapely.points(places),
        crs=4548,
    )


def test_points_of_any_plane_with_times_and_kinds_give_records_and_cells():
    found = hotspots_of_frame(
        frame(), time_column="when", category="what", cell=200, since=date(2026, 6, 1), worlds=0
    )
    assert found.hotspots[0]["cases"] > 60
    assert found.cells.crs.to_epsg() == 4326
    assert found.cells["cases"].sum() == 890


def test_polygons_with_households_are_the_base():
    steps = np.arange(0, 4000, 400)
    boxes = [shapely.box(x, y, x + 400, y + 400) for x in steps for y in steps]
    areas = gpd.GeoDataFrame(
        {"homes": 100, "name": [f"area {k}" for k in range(100)]},
        geometry=[affinity.translate(box, 500_000, 3_880_000) for box in boxes],
        crs=4548,
    )
    found = hotspots_of_frame(frame(), areas=areas, households="homes", names="name")
    assert found.found.tested == 100
    assert found.hotspots[0]["place"]["en"].startswith("area ")
    assert found.hotspots[0]["rate"] is not None


def test_frames_that_tell_nothing_are_refused():
    cases = frame()
    with pytest.raises(InvalidInput, match="coordinate system"):
        hotspots_of_frame(cases.set_crs(None, allow_override=True))
    with pytest.raises(InvalidInput, match="has no column hour"):
        hotspots_of_frame(cases, time_column="hour")
    with pytest.raises(InvalidInput, match="has a place"):
        hotspots_of_frame(cases.iloc[:0])


def test_the_example_of_the_page_runs(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(compile(example, "docs/hotspots.md", "exec"), {})  # noqa: S102 - our own page
    assert "热点" in capsys.readouterr().out
