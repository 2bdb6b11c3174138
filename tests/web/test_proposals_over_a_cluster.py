"""Proposals whose search is done by a Dask cluster: for a draft, and at the terminal."""

from __future__ import annotations

import json
import threading
import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from dask_cluster import cluster, soon
from kept_drafts import ANNE, lattice
from spread_work import under_way

from app import main
from geodata.database.working import run_worker
from geodata.plans import drafting
from geodata.spreading import cluster as seam

pytestmark = pytest.mark.usefixtures("people")
WEST, EAST = "371399001001", "371399001002"
BAND = {"low": 40, "high": 150}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("dask")) as found:
        yield found


@pytest.fixture
def draft(database):
    """Makes drafts of two communities; gives their addresses."""

    def make() -> str:
        net = lattice()
        for frame in (net.units, net.grids):
            east = frame.index % 6 if frame is net.units else 2 * (frame.index % 3)
            frame["community"] = np.where((east == 1) | (east == 2), WEST, EAST)
        with database.begin() as tx:
            number = drafting.keep_draft(
                tx,
                ANNE,
                net,
                name="九月调整",
                area_code=WEST,
                communities=[WEST, EAST],
                start="current",
                base={},
            ).id
        return f"/api/v1/plans/{number}"

    return make


@pytest.fixture
def planner(sign_in):
    return sign_in("planner")


@pytest.fixture
def file_of_units(tmp_path):
    rng = np.random.default_rng(1)
    shapes = [
        shapely.box(500_000 + 100 * i, 3_880_000 + 100 * j, 500_100 + 100 * i, 3_880_100 + 100 * j)
        for i in range(8)
        for j in range(8)
    ]
    frame = gpd.GeoDataFrame({"户数": rng.integers(10, 151, 64)}, geometry=shapes, crs=4548)
    frame.to_file(tmp_path / "units.gpkg")
    return tmp_path / "units.gpkg"


def asked(planner, address, **demand):
    answer = planner.post(f"{address}/proposal", json=BAND | demand)
    assert answer.status_code == 202, answer.json
    return answer.headers["Location"]


def test_a_draft_gets_the_same_net_from_a_cluster(database, planner, draft, running, monkeypatch):
    nets = []
    for scheduler in (None, running.address):
        if scheduler is not None:
            monkeypatch.setenv("WANGGE_SCHEDULER", scheduler)
        address = draft()
        job = asked(planner, address, seed=3)
        run_worker(database, wait=False)
        found = planner.get(job).json
        assert found["state"] == "done", found
        units = planner.get(f"{address}/units").json["features"]
        nets.append([one["properties"]["grid"] for one in units])
        assert found["report"]["objective"]["in_band"] == found["report"]["objective"]["grids"]
    assert nets[0] == nets[1]


def test_a_search_on_a_cluster_can_be_stopped(database, planner, draft, running, monkeypatch):
    monkeypatch.setenv("WANGGE_SCHEDULER", running.address)
    address = draft()
    job = asked(planner, address, seconds=60)
    worker = threading.Thread(target=run_worker, args=(database,), kwargs={"wait": False})
    worker.start()
    with seam.connected(running.address) as client:
        soon(lambda: any(client.processing().values()))
        assert planner.post(f"{job}/cancel").status_code == 200
        start = time.monotonic()
        soon(lambda: planner.get(job).json["state"] == "cancelled")
        assert time.monotonic() - start < 10
        worker.join()
        soon(lambda: not any(client.processing().values()))
        soon(lambda: not any(client.run(under_way).values()))
    assert planner.get(address).json["revision"] == 0


def test_who_asked_is_told_in_words_that_there_is_no_scheduler(
    database, planner, draft, monkeypatch
):
    monkeypatch.setattr(seam, "REACHED_WITHIN", 0.5)
    monkeypatch.setenv("WANGGE_SCHEDULER", "tcp://127.0.0.1:9")
    address = draft()
    job = asked(planner, address)
    run_worker(database, wait=False)
    found = planner.get(job).json
    assert found["state"] == "failed"
    assert found["problem"]["type"] == "/problems/unavailable"
    assert "连不上计算集群的调度程序（tcp://127.0.0.1:9）" in json.dumps(
        found["problem"], ensure_ascii=False
    )
    assert planner.get(address).json["revision"] == 0


def test_the_command_gets_the_same_net_from_a_cluster(file_of_units, tmp_path, running):
    nets = []
    for number, scheduler in enumerate([None, running.address]):
        out = tmp_path / f"{number}.gpkg"
        given = ["plan", "propose", str(file_of_units), "--weight", "户数", "--out", str(out)]
        band = ["--low", "300", "--high", "500"]
        env = {"WANGGE_SCHEDULER": scheduler}
        done = CliRunner().invoke(main, [*given, *band], env=env)
        assert done.exit_code == 0, done.output
        nets.append(gpd.read_file(out, layer="units")["grid"].tolist())
    assert nets[0] == nets[1]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "请管理员启动它，或去掉 WANGGE_SCHEDULER 设置改用本机计算"),
        ("en", "Start it, or take"),
    ],
)
def test_the_command_says_that_there_is_no_scheduler(file_of_units, monkeypatch, language, words):
    monkeypatch.setattr(seam, "REACHED_WITHIN", 0.5)
    env = {"WANGGE_SCHEDULER": "tcp://127.0.0.1:9", "WANGGE_LANGUAGE": language}
    given = ["plan", "propose", str(file_of_units), "--weight", "户数", "--count", "5"]
    done = CliRunner().invoke(main, given, env=env)
    assert done.exit_code == 1
    assert words in done.output
    assert "tcp://127.0.0.1:9" in done.output
    assert "Traceback" not in done.output
