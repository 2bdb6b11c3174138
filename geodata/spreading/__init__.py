"""Work for many places at once, on processes of this machine or on a Dask cluster.

The one seam for it: the same answers in the same order, whoever does the work. Whoever asked may
stop; then what waits is dropped, and what is under way ends as soon as it can.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from geodata.spreading import alone, processes
from geodata.spreading.dropping import dropped

__all__ = ["ALONE", "Hands", "cores", "dropped", "spread"]

Task = TypeVar("Task")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Hands:
    """Who does the work.

    Attributes:
        processes: How many processes of this machine work at once; 1: this one alone.
        scheduler: Where a Dask scheduler listens, such as ``tcp://10.1.2.3:8786``: its workers do
            the work, and ``processes`` does not matter.
    """

    processes: int = 1
    scheduler: str | None = None

    @property
    def many(self) -> bool:
        """Whether others than this process work."""
        return self.scheduler is not None or self.processes > 1


ALONE: Final = Hands()
"""This process alone, one task after the other."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    hands: Hands,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Answer]:
    """What ``work`` makes of each task, in the order of the tasks, each as soon as it is there.

    Args:
        work: A function of a module, so that others find it; it may raise. If it takes long, it
            asks ``dropped()`` now and then and ends early if so: a process of this machine can be
            ended from outside, a thread of a cluster's worker cannot.
        tasks: What it gets; can be pickled. It goes over the network if there is a scheduler: hand
            over no more than is needed.
        hands: Who works.
        stopped: Asked all the while; true ends it.

    Raises:
        Unavailable: The scheduler cannot be reached, has no workers, or went away.
        SetUpIncomplete: The cluster has another version of the system than this machine.
    """
    if hands.scheduler is not None:
        from geodata.spreading import cluster  # noqa: PLC0415 - takes a second to load

        return cluster.answers(work, tasks, address=hands.scheduler, stopped=stopped)
    if hands.processes > 1 and len(tasks) > 1:
        count = min(hands.processes, len(tasks))
        return processes.answers(work, tasks, count=count, stopped=stopped)
    return alone.answers(work, tasks, stopped=stopped)
