"""Work spread over processes."""

from __future__ import annotations

import os
import time

import pytest

from geodata.spreading import cores, spread


def squared(number: int) -> tuple[int, int]:
    if number < 0:
        raise ValueError(number)
    time.sleep(0.02 * (number % 3))
    return number**2, os.getpid()


def asleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@pytest.mark.parametrize("processes", [1, 2])
def test_answers_come_in_the_order_of_the_tasks(processes):
    answers = list(spread(squared, range(12), processes=processes))
    assert [answer for answer, _process in answers] == [number**2 for number in range(12)]
    assert (os.getpid() in {process for _answer, process in answers}) is (processes == 1)


@pytest.mark.parametrize("processes", [1, 2])
def test_what_a_task_raises_is_raised_here(processes):
    with pytest.raises(ValueError, match="-1"):
        list(spread(squared, [1, -1, 2], processes=processes))


def test_whoever_stops_does_not_wait_for_what_is_under_way():
    start = time.monotonic()
    assert list(spread(asleep, [60, 60], processes=2, stopped=lambda: True)) == []
    assert time.monotonic() - start < 30


def test_there_is_a_core():
    assert cores() >= 1
