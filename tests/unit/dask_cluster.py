"""A Dask scheduler and its workers on loopback, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BESIDE = ("--host", "127.0.0.1", "--no-dashboard")


class Cluster:
    """``address`` is the scheduler's."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/unit'}"}
        self.environment |= environment
        self.processes: list[subprocess.Popen[bytes]] = []
        self.logs: dict[int, Path] = {}
        told = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(told))
        self.address = soon(lambda: _read(told))["address"]

    def add_workers(self, count: int, **environment: str) -> None:
        """Start workers of one thread each, and wait until the scheduler knows them."""
        options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder))
        new = [self._start("worker", self.address, *options, **environment) for _ in range(count)]
        for one in new:
            soon(lambda log=self.logs[one.pid]: "Registered to" in log.read_text())

    def _start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, *BESIDE]
        log = self.folder / f"{len(self.processes)}.log"
        with log.open("wb") as said:
            given = self.environment | environment
            one = subprocess.Popen(command, env=given, stdout=said, stderr=said, cwd=self.folder)
        self.processes.append(one)
        self.logs[one.pid] = log
        return one

    def end(self) -> None:
        for one in reversed(self.processes):
            one.kill()
            one.wait()


@contextmanager
def cluster(folder: Path, workers: int = 2, **environment: str) -> Iterator[Cluster]:
    """A running cluster, ended at the end."""
    found = Cluster(folder, environment)
    try:
        found.add_workers(workers)
        yield found
    finally:
        found.end()


def _read(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() and path.read_text() else None


def soon(look: Callable[[], Any], seconds: float = 30) -> Any:
    """What ``look`` sees once it sees something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.05)
    return found
