"""What is looked for once for all who ask at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from geodata.errors import Unavailable
from geodata.plans.examined import Once


def test_many_who_ask_at_once_wait_for_one_search():
    once, begun, go = Once(most=4, longest_s=60), [], threading.Event()

    def work():
        begun.append(threading.get_ident())
        assert go.wait(10)
        return len(begun), ()

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(once.get, "a", work) for _ in range(8)]
        go.set()
        answers = {one.result(timeout=10) for one in asked}
    assert answers == {(1, ())}
    assert len(begun) == 1


def test_another_state_is_another_search_and_only_the_last_are_kept():
    once, done = Once(most=2, longest_s=60), []

    def work(key):
        return once.get(key, lambda: (done.append(key), ()))

    for key in (1, 2, 1, 3, 1, 2):
        work(key)
    assert done == [1, 2, 3, 2]


def test_a_search_that_failed_is_told_to_all_and_tried_again():
    once = Once(most=2, longest_s=60)

    def gone():
        raise Unavailable("gone")

    with pytest.raises(Unavailable):
        once.get("a", gone)
    assert once.get("a", lambda: ("found", ())) == ("found", ())


def test_what_was_found_long_ago_is_looked_for_again():
    once, done = Once(most=2, longest_s=0.0), []
    for _ in range(3):
        once.get("a", lambda: (done.append(1), ()))
    assert len(done) == 3
