"""How work under way learns that nobody waits for its answer any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_asked: ContextVar[Callable[[], bool]] = ContextVar("_asked", default=lambda: False)


def dropped() -> bool:
    """Whether nobody waits for the answer any more; asked by the work itself."""
    return _asked.get()()


@contextmanager
def asking(whom: Callable[[], bool]) -> Iterator[None]:
    """Let ``dropped`` ask ``whom`` for as long as this lasts."""
    before = _asked.set(whom)
    try:
        yield
    finally:
        _asked.reset(before)
