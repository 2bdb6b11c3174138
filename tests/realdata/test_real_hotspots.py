"""Chicago's incidents: hotspots of the file as esda finds them, and where a person expects them.

The values are those of esda 2.9.0 and libpysal 4.14.1, made once in an environment of their own:
``G_Local(y, Queen.from_dataframe(areas), transform="B", star=True, permutations=99_999, seed=5)``
with ``y`` the incidents within each area (geopandas.sjoin), in the order of ``NID``; and the same
with 9,999 permutations on squares of 500 m (EPSG:32616) that hold an incident or touch such a one.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from geodata.cases.hotspots.gi_star import gi_star
from geodata.exchange.crowded_files import hotspots_of_file
from geodata.exchange.crowding import Wish
from geodata.profiles import load_profile

FOLDER = Path(
    os.environ.get("WANGGE_REALDATA", Path(__file__).parents[2].parent / "shared" / "data")
)
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of real data is not there"),
]
INCIDENTS, AREAS = "chicago_incidents.csv.gz", "chicago_areas.gpkg"
# fmt: off
Z = [
    0.000162208809, -0.571934128279, -0.251532128873, -0.601512094858, -0.086216407944,
    0.026367564489, 2.373070217717, 4.219383526096, -1.316754230836, -1.940181442067,
    -1.352055980815, -1.556450582058, -1.152254076182, -1.428943663927, -1.290825183347,
    -1.473004867213, -0.952820178593, 1.279829408204, 1.271120415611, 1.844513578834,
    -0.648765219973, 0.811535040371, 3.003598813864, 3.717571833812, 2.609242468522,
    3.874460965512, 3.295756296529, 3.324012955576, 3.431732149212, -0.317811948787,
    0.209671139773, 3.555956496363, 1.044642703596, -0.543624450971, -1.096674137509,
    -0.916433571598, -0.532191712238, -1.595778132427, -1.11955999461, -0.084214813396,
    -0.660208148523, 0.982669450469, 1.069308766635, 0.880192611672, 0.623777600486,
    -0.34088916068, -0.658297455444, -0.760155310498, 0.220954986932, -0.905413760313,
    -1.942975645881, -1.070716508195, 0.081867782858, -0.709061944571, -1.515414384271,
    -1.326690573874, -1.081961800802, -1.186533915047, -0.66848780104, -1.322182335703,
    -0.320520345367, -1.756818596263, -0.096426310714, -1.297603179663, -1.134696929779,
    0.744093492256, 1.665276825012, 1.531738951571, 1.985768840962, 0.162048003012,
    2.030172713235, -0.590345006092, 0.508605267675, -1.357092962617, -0.473130813669,
    -1.223865461127, -0.181239853494,
]
P = [
    0.427, 0.2698, 0.4327, 0.3432, 0.4032, 0.4168, 0.0199, 0.0033, 0.1723, 0.0035, 0.1071,
    0.0848, 0.1957, 0.0645, 0.077, 0.043, 0.2574, 0.0418, 0.1175, 0.0233, 0.339, 0.2481, 0.0105,
    0.0017, 0.0868, 0.0008, 0.0022, 0.0048, 0.005, 0.3604, 0.3465, 0.0111, 0.108, 0.424, 0.1116,
    0.3448, 0.4569, 0.0264, 0.1823, 0.4664, 0.3645, 0.1534, 0.3137, 0.2661, 0.1675, 0.371,
    0.4183, 0.3219, 0.4848, 0.3021, 0.0109, 0.2363, 0.4533, 0.3589, 0.0844, 0.0918, 0.2439,
    0.1348, 0.3896, 0.1091, 0.3579, 0.0332, 0.4174, 0.1373, 0.1509, 0.267, 0.1058, 0.1146,
    0.0574, 0.3188, 0.0571, 0.4305, 0.2434, 0.1698, 0.4225, 0.1158, 0.4926,
]
# fmt: on
CELLS, ABS_SUM, HIGHEST = 2709, 4084.3725453951156, 21.491185631696887
LIKELY = 1274
"""Cells whose directed p is up to 0.05."""


def told(**wish):
    return hotspots_of_file(FOLDER / INCIDENTS, Wish(**wish), profile=load_profile("linyi"))


def test_the_areas_have_the_z_and_the_significance_that_esda_gives_them():
    found = told(areas=FOLDER / AREAS, mapping={"category": "primary_type"})
    order = np.argsort(gpd.read_file(FOLDER / AREAS)["NID"].astype(int).to_numpy())
    assert found.cases == 24_946
    assert found.found.star.z[order] == pytest.approx(np.array(Z), abs=1e-9)
    fine = gi_star(found.found.counts[-1], found.found.study.near, permutations=9_999, finest=0)
    error = 4 * np.sqrt(np.array(P) * (1 - np.array(P)) / 9_999) + 2e-4
    assert (np.abs(fine.directed[order] - P) <= error).all()


def test_the_squares_have_the_z_and_the_significance_that_esda_gives_them():
    found = told(cell=500).found
    star = found.star
    assert len(star.z) == CELLS
    assert np.abs(star.z).sum() == pytest.approx(ABS_SUM, abs=1e-8)
    assert star.z.max() == pytest.approx(HIGHEST, abs=1e-9)
    fine = gi_star(found.counts[-1], found.study.near, permutations=9_999, finest=0)
    assert (fine.directed <= 0.05).sum() == pytest.approx(LIKELY, rel=0.05)


def test_the_first_hotspots_are_the_loop_with_its_thefts_and_the_west_side_with_its_narcotics():
    first, second = told(cell=500).hotspots[:2]
    assert abs(first["lon"] + 87.63) < 0.02
    assert abs(first["lat"] - 41.885) < 0.02
    assert first["categories"][0]["key"] == "THEFT"
    assert abs(second["lon"] + 87.73) < 0.03
    assert second["categories"][0]["key"] == "NARCOTICS"


def test_a_quarter_is_told_beside_those_before_and_by_who_lives_there():
    found = told(
        areas=FOLDER / AREAS,
        population="POP2010",
        since=date(2019, 7, 1),
        until=date(2019, 9, 30),
    )
    assert len(found.found.counts) == 7
    assert found.found.tested == 77
    assert all(len(spot["earlier"]) == 6 for spot in found.hotspots)
    assert any("GARFIELD" in spot["place"]["en"] for spot in found.hotspots)
