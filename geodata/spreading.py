"""Work for many places at once, spread over processes of this machine.

The one seam for it: the same answers in the same order, however many processes there are.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")

LOOK_EVERY: Final = 0.3
"""Seconds between two questions whether to stop."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    processes: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Answer]:
    """What ``work`` makes of each task, in the order of the tasks.

    Args:
        work: A function of a module, so that another process finds it; it may raise.
        tasks: What it gets; can be pickled.
        processes: How many work at once; 1: this one alone.
        stopped: Asked all the while; true ends it, and what is under way is dropped.
    """
    if processes <= 1 or len(tasks) <= 1:
        for task in tasks:
            if stopped():
                return
            yield work(task)
        return
    # spawned, not forked: this process may have threads and compiled code of its own
    with multiprocessing.get_context("spawn").Pool(min(processes, len(tasks))) as pool:
        answers = pool.imap(work, tasks)
        for _task in tasks:
            while True:
                if stopped():
                    return
                try:
                    answer = answers.next(timeout=LOOK_EVERY)
                except multiprocessing.TimeoutError:
                    continue
                break
            yield answer
