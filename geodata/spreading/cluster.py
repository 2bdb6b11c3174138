"""Work spread over the workers of a Dask scheduler.

Only the scheduler's address has to be reached from here; answers come through it. What is sent is
the function's name and its task, pickled: no settings, no password, no connection.
"""

from __future__ import annotations

import logging
import pickle
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import dask
import distributed
from distributed.comm.core import CommClosedError

from geodata.errors import SetUpIncomplete, Unavailable
from geodata.spreading.dropping import asking
from geodata.spreading.versions import versions

Task = TypeVar("Task")
Answer = TypeVar("Answer")

LOOK_EVERY: Final = 0.3
"""Seconds between two questions whether to stop."""
REACHED_WITHIN: Final = 5.0
"""Seconds that a scheduler has to answer."""
SENT_AT_ONCE: Final = 32
"""Tasks in one message to the scheduler."""
COUNT_EVERY: Final = 5.0
"""Seconds between two looks whether there are workers."""
ALL_LOST_FOR: Final = 60.0
"""Seconds without any worker after which none is expected back."""
LOST: Final = (CancelledError, OSError)
"""What Dask raises when the scheduler is gone."""


def answers(
    work: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    address: str,
    stopped: Callable[[], bool],
) -> Iterator[Answer]:
    """See ``spread``. A task whose worker is lost is done again by another one."""
    with connected(address) as client:
        _refuse_others(client, address)
        if stopped():
            return
        orders = [pickle.dumps((work, task)) for task in tasks]
        sent = client.map(_done, orders, wanted=versions(), pure=False, batch_size=SENT_AT_ONCE)
        futures = deque(sent)
        del orders, sent
        try:
            while futures:
                if not _arrived(client, address, futures[0], stopped):
                    return
                yield _answer(futures[0], address)
                futures.popleft().release()
        finally:
            with suppress(*LOST):
                client.cancel(list(futures), force=True)


def _done(order: bytes, wanted: Mapping[str, str]) -> Any:
    """At a worker: do one task."""
    worker = distributed.get_worker()
    if versions() != wanted:  # one that came later than the first look
        raise _others(worker.address, versions(), wanted)
    key = worker.get_current_task()

    def is_dropped() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    work, task = pickle.loads(order)  # noqa: S301 - whoever may send tasks may run code as it is
    with asking(is_dropped):
        return work(task)


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the scheduler; it shows the certificate that Dask's own settings name.

    Raises:
        Unavailable: Nobody answers there, or one of the two does not trust the other.
    """
    _log_as_we_do()
    try:
        security = distributed.Security()
        if address.startswith("tls:") and not _certificate(security):
            raise _untrusted(address)
        client = distributed.Client(
            address, security=security, timeout=REACHED_WITHIN, set_as_default=False
        )
    except (FileNotFoundError, ssl.SSLError) as error:
        raise _untrusted(address) from error
    except OSError as error:
        if isinstance(error.__cause__, ssl.SSLError):
            raise _untrusted(address) from error
        raise Unavailable(
            "The Dask scheduler at %(address)s cannot be reached. Start it, or take "
            "WANGGE_SCHEDULER away to work on this machine.",
            address=address,
        ) from error
    try:
        yield client
    finally:
        client.close()


def _certificate(security: Any) -> Any:
    return security.get_connection_args("client").get("ssl_context")


def _refuse_others(client: Any, address: str) -> None:
    """Refuse a cluster without workers, or with other versions than ours."""
    try:
        theirs = {address: client.run_on_scheduler(versions)}
        theirs |= client.run(versions)
    except LOST:
        raise _gone(address) from None
    except Exception as error:  # what a machine without this function says has no type of its own
        raise _others(address, versions() | {"wangge": "–"}, versions()) from error
    for machine, has in theirs.items():
        if has != versions():
            raise _others(machine, has, versions())
    if len(theirs) == 1:
        raise _no_workers(address)


def _arrived(client: Any, address: str, future: Any, stopped: Callable[[], bool]) -> bool:
    """Wait for an answer; false if it is not wanted any more."""
    seen = looked = time.monotonic()
    while not stopped():
        with suppress(TimeoutError):
            future.exception(timeout=LOOK_EVERY)
            return True
        now = time.monotonic()
        if now - looked < COUNT_EVERY:
            continue
        looked = now
        try:
            seen = now if client.nthreads() else seen
        except LOST:
            raise _gone(address) from None
        if now - seen > ALL_LOST_FOR:
            raise _no_workers(address)
    return False


def _answer(future: Any, address: str) -> Any:
    """What the work gave; what it raised is raised."""
    if future.status == "error" and isinstance(future.exception(), distributed.KilledWorker):
        raise Unavailable(
            "One piece of the work ended several workers of the Dask scheduler at %(address)s. "
            "They may have too little memory; their logs say more.",
            address=address,
        )
    try:
        return future.result()
    except (CancelledError, CommClosedError):
        raise _gone(address) from None


def _log_as_we_do() -> None:
    """Let Dask's messages go into our log, unless the operator told Dask where to log."""
    if dask.config.get("logging", None):
        return
    for name in ("distributed", "distributed.client", "distributed.gc", "tornado"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.ERROR)


def _others(machine: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> SetUpIncomplete:
    differing = [name for name in {**ours, **theirs} if theirs.get(name) != ours.get(name)]

    def said(of: Mapping[str, str]) -> str:
        return ", ".join(f"{name} {of.get(name, '–')}" for name in differing)

    return SetUpIncomplete(
        "The Dask cluster has other versions than this machine: %(theirs)s at %(machine)s, "
        "%(ours)s here. Install the same Wangge on all of them and start them again.",
        machine=machine,
        theirs=said(theirs),
        ours=said(ours),
    )


def _untrusted(address: str) -> Unavailable:
    return Unavailable(
        "The Dask scheduler at %(address)s and this machine do not trust each other: look at the "
        "certificates that the settings DASK_DISTRIBUTED__COMM__TLS__… name.",
        address=address,
    )


def _no_workers(address: str) -> Unavailable:
    return Unavailable(
        "The Dask scheduler at %(address)s has no workers. Start some: dask worker %(address)s",
        address=address,
    )


def _gone(address: str) -> Unavailable:
    return Unavailable(
        "The Dask scheduler at %(address)s went away during the work. Ask again when it is back.",
        address=address,
    )
