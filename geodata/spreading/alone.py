"""One task after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from geodata.spreading.dropping import asking

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def answers(
    work: Callable[[Task], Answer], tasks: Sequence[Task], *, stopped: Callable[[], bool]
) -> Iterator[Answer]:
    """See ``spread``."""
    for task in tasks:
        if stopped():
            return
        has_stopped = False

        def asked() -> bool:
            nonlocal has_stopped
            has_stopped = has_stopped or stopped()
            return has_stopped

        with asking(asked):
            answer = work(task)
        if has_stopped:
            return
        yield answer
