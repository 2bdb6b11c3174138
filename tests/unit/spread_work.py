"""Work that tests give to others; a module of its own, so that they find it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from geodata.errors import WanggeError
from geodata.spreading import dropped


def squared(number: int) -> tuple[int, int]:
    if number < 0:
        raise ValueError(number)
    time.sleep(0.02 * (number % 3))
    return number**2, os.getpid()


def asleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


class Refusal(WanggeError):
    """One that cannot be made from its sentence alone."""

    def __init__(self, sentence: str, *, units: list[int], **params: int) -> None:
        super().__init__(sentence, **params)
        self.units = units


def refused(count: int) -> None:
    raise Refusal("%(count)s units are too heavy.", units=list(range(count)), count=count)


def waited_for(gate: Path | None) -> Path | None:
    """Answer once the file is there."""
    while gate is not None and not gate.exists():
        time.sleep(0.05)
    return gate


def until_dropped(folder: Path) -> None:
    """Say who began, and who ended because nobody waited any more."""
    name = f"{os.getpid()}-{time.monotonic_ns()}"
    (folder / f"{name}.begun").touch()
    for _ in range(600):
        time.sleep(0.1)
        if dropped():
            (folder / f"{name}.ended").touch()
            return


def once_too_long(folder: Path) -> int:
    """Who comes first takes a minute; who comes later answers at once."""
    mark = folder / "first"
    try:
        mark.symlink_to(str(os.getpid()))
    except FileExistsError:
        return os.getpid()
    time.sleep(60)
    return -1


def out_of_this_world(_task: object) -> None:
    os._exit(3)


def under_way(dask_worker: Any) -> list[str]:
    """At a worker: what its threads are at."""
    return list(dask_worker.active_keys)
