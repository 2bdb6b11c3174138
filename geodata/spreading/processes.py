"""Work spread over processes of this machine."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")

LOOK_EVERY: Final = 0.3
"""Seconds between two questions whether to stop."""


def answers(
    work: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    count: int,
    stopped: Callable[[], bool],
) -> Iterator[Answer]:
    """See ``spread``; ``count`` processes work."""
    # spawned, not forked: this process may have threads and compiled code of its own
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        coming = pool.imap(work, tasks)
        for _task in tasks:
            while True:
                if stopped():
                    return
                try:
                    answer = coming.next(timeout=LOOK_EVERY)
                except multiprocessing.TimeoutError:
                    continue
                break
            yield answer
