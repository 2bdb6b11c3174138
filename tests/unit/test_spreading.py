"""Work spread over processes of this machine, or over the workers of a Dask scheduler."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from dask_cluster import cluster, soon
from spread_work import (
    Refusal,
    asleep,
    once_too_long,
    out_of_this_world,
    refused,
    squared,
    until_dropped,
    waited_for,
)
from test_proposing_a_net import net_of

from geodata.errors import SetUpIncomplete, Unavailable
from geodata.plans.proposal import searching
from geodata.plans.proposal.propose import propose
from geodata.spreading import ALONE, Hands, cores, spread, versions
from geodata.spreading import cluster as seam

WAYS = ("alone", "processes", "cluster")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A scheduler and two workers."""
    with cluster(tmp_path_factory.mktemp("dask")) as found:
        yield found


@pytest.fixture
def own(tmp_path):
    """A scheduler without workers, of one test alone."""
    with cluster(tmp_path, workers=0) as found:
        yield found


@pytest.fixture
def hands(request):
    if request.param == "cluster":
        return Hands(scheduler=request.getfixturevalue("running").address)
    return Hands(processes=2) if request.param == "processes" else ALONE


@pytest.mark.parametrize("hands", WAYS, indirect=True)
def test_answers_come_in_the_order_of_the_tasks(hands):
    answers = list(spread(squared, range(12), hands=hands))
    assert [answer for answer, _process in answers] == [number**2 for number in range(12)]
    workers = {process for _answer, process in answers}
    assert workers == {os.getpid()} if hands == ALONE else os.getpid() not in workers
    assert len(workers) == (1 if hands == ALONE else 2)


@pytest.mark.parametrize("hands", WAYS, indirect=True)
def test_each_answer_is_told_as_it_comes(hands, tmp_path):
    gate = tmp_path / "gate"
    answers = spread(waited_for, [None, None, gate], hands=hands)
    assert [next(answers), next(answers)] == [None, None]
    gate.touch()
    assert next(answers) == gate


@pytest.mark.parametrize("hands", WAYS, indirect=True)
def test_what_a_task_raises_is_raised_here_as_it_is(hands):
    with pytest.raises(ValueError, match="-1"):
        list(spread(squared, [1, -1, 2], hands=hands))
    with pytest.raises(Refusal) as raised:
        list(spread(refused, [3, 4], hands=hands))
    assert raised.value.units == [0, 1, 2]
    assert raised.value.params == {"count": 3}
    assert str(raised.value) == "3 units are too heavy."


@pytest.mark.parametrize("hands", WAYS[1:], indirect=True)
def test_whoever_stops_does_not_wait_for_what_is_under_way(hands, tmp_path):
    start = time.monotonic()
    tasks = [tmp_path] * 2
    assert list(spread(until_dropped, tasks, hands=hands, stopped=until_begun(tmp_path, 2))) == []
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("hands", [WAYS[0], WAYS[2]], indirect=True)
def test_what_is_stopped_leaves_nothing_running(hands, tmp_path):
    at_once = 1 if hands == ALONE else 2
    stopped = until_begun(tmp_path, at_once)
    assert list(spread(until_dropped, [tmp_path] * 6, hands=hands, stopped=stopped)) == []
    soon(lambda: len(list(tmp_path.glob("*.ended"))) == at_once)
    assert len(list(tmp_path.glob("*.begun"))) == at_once


def test_what_was_asked_for_ends_with_whoever_asked(running, tmp_path):
    program = (
        "from pathlib import Path\nimport spread_work\n"
        "from geodata.spreading import Hands, spread\n"
        f"hands = Hands(scheduler={running.address!r})\n"
        f"list(spread(spread_work.until_dropped, [Path({str(tmp_path)!r})] * 6, hands=hands))"
    )
    with subprocess.Popen([sys.executable, "-c", program], env=running.environment) as asking:
        soon(lambda: len(list(tmp_path.glob("*.begun"))) == 2)
        asking.kill()
    soon(lambda: len(list(tmp_path.glob("*.ended"))) == 2)
    assert len(list(tmp_path.glob("*.begun"))) == 2


def test_the_task_of_a_lost_worker_is_done_by_another_one(running, tmp_path):
    def kill_the_first() -> bool:
        first = tmp_path / "first"
        if first.is_symlink() and not killed:
            killed.append(int(first.readlink().name))
            os.kill(killed[0], signal.SIGKILL)
        return False

    killed: list[int] = []
    running.add_workers(1)
    hands = Hands(scheduler=running.address)
    (done_by,) = spread(once_too_long, [tmp_path], hands=hands, stopped=kill_the_first)
    assert killed
    assert done_by not in {*killed, os.getpid()}


def test_work_that_ends_its_workers_is_given_up(tmp_path):
    once = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with cluster(tmp_path, workers=1, **once) as fragile:
        hands = Hands(scheduler=fragile.address)
        with pytest.raises(Unavailable, match="ended several workers"):
            list(spread(out_of_this_world, [1], hands=hands))
        with pytest.raises(Unavailable, match="has no workers"):
            list(spread(squared, [1], hands=hands))


def test_workers_that_do_not_come_back_are_not_waited_for(own, monkeypatch):
    def lost() -> bool:
        own.processes[-1].kill()
        return False

    monkeypatch.setattr(seam, "COUNT_EVERY", 0.1)
    monkeypatch.setattr(seam, "ALL_LOST_FOR", 0.5)
    own.add_workers(1)
    with pytest.raises(Unavailable, match="has no workers"):
        list(spread(asleep, [60], hands=Hands(scheduler=own.address), stopped=lost))


def test_a_scheduler_that_goes_away_is_told_of(own):
    def gone() -> bool:
        own.scheduler.kill()
        return False

    own.add_workers(1)
    with pytest.raises(Unavailable, match="went away during the work"):
        list(spread(asleep, [60], hands=Hands(scheduler=own.address), stopped=gone))


def test_a_scheduler_that_cannot_be_reached_is_told_of(monkeypatch):
    monkeypatch.setattr(seam, "REACHED_WITHIN", 0.5)
    with pytest.raises(Unavailable, match=r"tcp://127\.0\.0\.1:9 cannot be reached"):
        list(spread(squared, [1], hands=Hands(scheduler="tcp://127.0.0.1:9")))


def test_a_scheduler_with_tls_wants_a_certificate():
    with pytest.raises(Unavailable, match=r"tls://127\.0\.0\.1:9 .* certificates"):
        list(spread(squared, [1], hands=Hands(scheduler="tls://127.0.0.1:9")))


def test_a_cluster_of_another_wangge_is_refused(own, tmp_path):
    old = tmp_path / "old"
    (old / "geodata").mkdir(parents=True)
    (old / "geodata" / "__init__.py").touch()
    (old / "geodata" / "spreading.py").touch()
    own.add_workers(1, PYTHONPATH=str(old))
    with pytest.raises(SetUpIncomplete, match=r"wangge – at .*, wangge \S+ here"):
        list(spread(squared, [1], hands=Hands(scheduler=own.address)))


def test_a_library_that_a_machine_has_not_is_named(running, monkeypatch):
    monkeypatch.setattr(versions, "RECKONING", (*versions.RECKONING, "pytest"))
    versions.versions.cache_clear()
    try:
        with pytest.raises(SetUpIncomplete, match=r": pytest – at tcp://127\S+, pytest \d\S+ here"):
            list(spread(squared, [1], hands=Hands(scheduler=running.address)))
    finally:
        versions.versions.cache_clear()


@pytest.fixture(scope="module")
def today():
    """A net of three communities, two grids of which have one worker each."""
    net = propose(net_of(communities=3), low=300, high=500, seed=1).net
    workers = [f"王{k // 2}" for k in range(len(net.grids))]
    return replace(net, grids=net.grids.assign(worker=workers, name="向阳"))


def test_a_proposal_is_the_same_whoever_searches(running, today):
    nets = []
    for hands in (ALONE, Hands(processes=2), Hands(scheduler=running.address)):
        shares: list[float] = []

        def told(share, best, shares=shares):
            shares.append(share)
            assert len(best().parts) == pytest.approx(3 * share)
            return False

        options = {"hands": hands} if hands == ALONE else {"hands": hands, "told": told}
        found = propose(today, low=300, high=500, keep=0.5, seed=7, **options)
        nets.append((found.net.units["grid"].tolist(), found.net.grids.to_dict(), found.objective))
        assert hands == ALONE or {1 / 3, 2 / 3, 1} <= set(shares)
    assert nets[0][2]["in_band"] == nets[0][2]["grids"]
    assert nets[0] == nets[1] == nets[2]


def test_nobodys_name_goes_over_the_network(today):
    sent = [pickle.dumps(searching.own(today, name)) for name in ("C0", "C1", "C2")]
    assert "王".encode() in pickle.dumps(today)
    assert not any("王".encode() in one or "向阳".encode() in one for one in sent)


def test_there_is_a_core():
    assert cores() >= 1


def until_begun(folder: Path, count: int):
    """Stop once so many have begun."""
    return lambda: len(list(folder.glob("*.begun"))) >= count
