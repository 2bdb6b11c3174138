"""``wangge plan propose``: a net for the polygons of a file, without a database."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from click.testing import CliRunner

from app import main
from geodata.errors import InvalidInput
from geodata.exchange.proposing import Demand, propose_file
from geodata.plans.proposal import NoPartition

SIDE = 12


@pytest.fixture
def units(tmp_path) -> Path:
    """A file of blocks of 100 m with 10 to 150 households."""
    count = SIDE * SIDE
    shapes = [
        shapely.box(500_000 + 100 * i, 3_880_000 + 100 * j, 500_100 + 100 * i, 3_880_100 + 100 * j)
        for i in range(SIDE)
        for j in range(SIDE)
    ]
    frame = gpd.GeoDataFrame(
        {
            "name": [f"block {k}" for k in range(count)],
            "homes": np.random.default_rng(1).integers(10, 151, count),
            "estate": ["A" if k in {5, 6, 17} else None for k in range(count)],
        },
        geometry=shapes,
        crs=4548,
    ).to_crs(4326)
    path = tmp_path / "units.gpkg"
    frame.to_file(path)
    return path


def test_all_grids_lie_in_the_band_and_are_in_one_piece(units):
    found = propose_file(units, Demand("homes", low=300, high=500))
    assert found.obstacle is None
    assert found.summary["in_band"] == found.summary["grids"] == len(found.grids)
    assert found.grids["weight"].between(300, 500).all()
    assert (found.grids.geometry.geom_type == "Polygon").all()
    assert found.units["grid"].notna().all()
    assert found.grids["weight"].sum() == found.units["homes"].sum()


def test_units_of_one_value_stay_in_one_grid(units):
    found = propose_file(units, Demand("homes", low=300, high=500, whole="estate"))
    assert len(set(found.units.loc[found.units["estate"] == "A", "grid"])) == 1


def test_so_many_grids_as_asked_for(units):
    found = propose_file(units, Demand("homes", count=20, tolerance=0.1))
    assert found.summary["grids"] == 20
    assert found.summary["in_band"] == 20


def test_borders_follow_the_streets_of_a_file(units, tmp_path):
    across = [
        shapely.LineString([(500_000, 3_880_000 + 100 * k), (501_200, 3_880_000 + 100 * k)])
        for k in range(0, SIDE + 1, 2)
    ]
    streets = tmp_path / "streets.gpkg"
    gpd.GeoDataFrame(geometry=across, crs=4548).to_file(streets)
    along = propose_file(units, Demand("homes", low=300, high=500, streets=streets))
    objective = along.summary["objective"]
    assert objective["on_street_m"] > 0.5 * objective["border_m"]


def test_what_cannot_be_is_said_and_the_nearest_net_given(units):
    frame = gpd.read_file(units)
    frame.loc[40, "homes"] = 900
    frame.to_file(units)
    found = propose_file(units, Demand("homes", low=300, high=500))
    assert found.obstacle is not None
    assert found.summary["obstacle"]["rows"] == [41]
    assert found.summary["obstacle"]["helps"] == {"high": 900}
    assert found.summary["in_band"] == found.summary["grids"] - 1


@pytest.mark.parametrize(
    "demand",
    [
        Demand("nothing", low=1, high=2),
        Demand("name", low=1, high=2),
        Demand("homes"),
        Demand("homes", low=5, high=2),
        Demand("homes", low=5, high=20, count=3),
        Demand("homes", low=300, high=500, whole="nothing"),
    ],
)
def test_a_demand_that_makes_no_sense_is_refused(units, demand):
    with pytest.raises(InvalidInput) as caught:
        propose_file(units, demand)
    assert not isinstance(caught.value, NoPartition)


def test_negative_households_are_refused_with_their_row(units):
    frame = gpd.read_file(units)
    frame.loc[3, "homes"] = -1
    frame.to_file(units)
    with pytest.raises(InvalidInput) as caught:
        propose_file(units, Demand("homes", low=300, high=500))
    assert caught.value.params["row"] == 4


def test_the_command_prints_one_object_and_writes_both_layers(units, tmp_path):
    out = tmp_path / "net.gpkg"
    asked = ["plan", "propose", str(units), "--weight", "homes", "--low", "300", "--high", "500"]
    done = CliRunner().invoke(main, [*asked, "--json", "--out", str(out)])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert set(told) >= {"grids", "in_band", "objective", "seconds"}
    assert sorted(name for name, _ in pyogrio.list_layers(out)) == ["grids", "units"]
    assert len(pyogrio.read_dataframe(out, layer="grids")) == told["grids"]


def test_another_kind_of_file_gets_the_units_beside_it(units, tmp_path):
    out = tmp_path / "net.geojson"
    asked = ["plan", "propose", str(units), "--weight", "homes", "--count", "20"]
    done = CliRunner().invoke(main, [*asked, "--tolerance", "0.1", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert len(pyogrio.read_dataframe(out)) == 20
    assert len(pyogrio.read_dataframe(tmp_path / "net.units.geojson")) == SIDE * SIDE
