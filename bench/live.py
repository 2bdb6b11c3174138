"""The live map under load: a thousand viewers of new cases, and fifty reports a second.

``python bench/live.py [viewers|reports|photos|batch] [--minutes M] [--viewers N] [--cases N]``
prints JSON lines; ``make bench ARGS="live -- reports --minutes 5"`` does the same. The
application runs as ``wangge serve`` does, with two processes, on the machine's own cores beside
its clients, and a database with ``--cases`` cases. Loopback only.

* ``viewers``: each holds a stream of its own; cases are reported at 200 a minute. How long from the
  report's sending until a viewer has read it, whether anybody missed one, and how many tiles a
  second are answered beside it, as a share of those without viewers.
* ``reports``: sent by the clock, whether or not the one before was answered, so that a slow answer
  makes those behind it slow, too.
* ``photos``: the same from the phone page's form, each with one of 60 photos of 1,600 × 1,200.
* ``batch``: tickets of a neighbouring system, 1,000 in a request, one request after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import io
import json
import multiprocessing
import os
import queue
import re
import statistics
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from typing import Any, cast

import numpy as np
from _stored import commander, filled, serving
from PIL import Image
from tiles import NORTH, SOUTH, WEST, rate, tiles

A_MINUTE = 200
A_SECOND = 50
SENDERS = 24
BATCH = 1_000
PARTS = ("viewers", "reports", "photos", "batch")
PICTURES: list[bytes] = []
NUMBER = re.compile(rb'"case":\{"id":(\d+)')


class Viewer(asyncio.Protocol):
    """One stream: notes when it reads of which case."""

    def __init__(self, token: str, seen: list[tuple[int, float]], known: dict[bytes, int]) -> None:
        self.token = token
        self.seen = seen
        self.known = known
        self.rest = b""
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        cast("asyncio.Transport", transport).write(
            b"GET /api/v1/cases/stream HTTP/1.1\r\nHost: localhost\r\n"
            b"Authorization: Bearer " + self.token.encode() + b"\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        """Note every whole event."""
        now = time.perf_counter()
        *events, self.rest = (self.rest + data).split(b"\n\n")
        for event in events:
            number = self.known.get(event)
            if number is None:
                found = NUMBER.search(event)
                number = self.known[event] = int(found[1]) if found else 0
            if number:
                self.seen.append((number, now))

    def connection_lost(self, _: Exception | None) -> None:
        """Nobody should send it home."""
        if not self.over.done():
            self.over.set_result(None)


def watch(
    port: int, token: str, count: int, ready: Event, stop: Event, told: multiprocessing.Queue[Any]
) -> None:
    """``count`` viewers, in a process of their own, until ``stop``."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        seen: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        known: dict[bytes, int] = {}
        viewers = []
        for one in seen:
            _, viewer = await loop.create_connection(
                lambda one=one: Viewer(token, one, known), "127.0.0.1", port
            )
            viewers.append(viewer)
        await asyncio.sleep(3)
        ready.set()
        await loop.run_in_executor(None, stop.wait)
        lost = sum(viewer.over.done() for viewer in viewers)
        told.put((seen, lost))

    asyncio.run(run())


def case_at(turn: int) -> dict[str, Any]:
    """A report somewhere in the district."""
    return {
        "category": ("noise", "parking", "environment", "safety")[turn % 4],
        "source": "snap",
        "title": "夜间施工",
        "lon": WEST + (turn * 0.618 % 1) * 0.12,
        "lat": SOUTH + (turn * 0.414 % 1) * (NORTH - SOUTH),
        "external_id": f"bench-{time.time_ns()}-{turn}",
    }


Letter = tuple[str, str, bytes]
"""The path, the type of the content, the content."""


def plain(turn: int) -> Letter:
    """A report without a photo."""
    return "/api/v1/cases", "application/json", json.dumps(case_at(turn)).encode()


def with_photo(turn: int) -> Letter:
    """A report from the phone page, with one of ``PICTURES``."""
    told = case_at(turn)
    fields = {
        "key": told["external_id"][-64:], "category": told["category"], "text": told["title"],
        "lon": told["lon"], "lat": told["lat"], "crs": "wgs84",
    }  # fmt: skip
    lines = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    lines.append(
        '--b\r\nContent-Disposition: form-data; name="photo"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    content = "".join(lines).encode() + PICTURES[turn % len(PICTURES)] + b"\r\n--b--\r\n"
    return "/api/v1/reports", "multipart/form-data; boundary=b", content


def picture(seed: int) -> bytes:
    """A JPEG of 1,600 × 1,200 with as much in it as a street has, some 400 kB."""
    drawn = np.random.default_rng(seed).integers(0, 256, (150, 200, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(drawn).resize((1600, 1200), Image.Resampling.BICUBIC).save(out, "JPEG")
    return out.getvalue()


class Sender(threading.Thread):
    """Sends what is due, on a connection that it keeps."""

    def __init__(
        self,
        port: int,
        token: str,
        letter: Callable[[int], Letter],
        due: queue.Queue[tuple[int, float] | None],
    ) -> None:
        super().__init__()
        self.port = port
        self.letter = letter
        self.headers = {"Authorization": f"Bearer {token}"}
        self.due = due
        self.sent: list[tuple[int, float, float]] = []
        self.failed: list[str] = []

    def run(self) -> None:
        """Until None comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while (next_one := self.due.get()) is not None:
            turn, when = next_one
            path, kind, body = self.letter(turn)
            headers = {**self.headers, "Content-Type": kind}
            connection.request("POST", path, body=body, headers=headers)
            answer = connection.getresponse()
            read = answer.read()
            if answer.status != 201:
                self.failed.append(f"{answer.status} {read[:200]!r}")
                continue
            taken = json.loads(read)
            number = taken["case"]["id"] if "case" in taken else taken["number"]
            self.sent.append((number, when, time.perf_counter()))
        connection.close()


def send(
    port: int,
    token: str,
    *,
    each: float,
    seconds: float,
    senders: int,
    letter: Callable[[int], Letter] = plain,
) -> tuple[list[tuple[int, float, float]], list[str]]:
    """Reports by the clock: (case, when it was due, when it was answered), and what went wrong."""
    due: queue.Queue[tuple[int, float] | None] = queue.Queue()
    several = [Sender(port, token, letter, due) for _ in range(senders)]
    for one in several:
        one.start()
    began = time.perf_counter()
    for turn in range(int(seconds / each)):
        when = began + turn * each
        time.sleep(max(0.0, when - time.perf_counter()))
        due.put((turn, when))
    for _ in several:
        due.put(None)
    for one in several:
        one.join()
    sent = [one for sender in several for one in sender.sent]
    return sent, [one for sender in several for one in sender.failed]


def of_viewers(port: int, token: str, *, count: int, minutes: float) -> None:
    """What a thousand viewers get, and what the tiles lose."""
    paths = [
        f"/ogc/collections/compounds/tiles/WebMercatorQuad/{z}/{row}/{column}"
        for z, row, column in tiles()
    ]
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    rate(port, paths, headers, 4 * len(paths))
    alone = [rate(port, paths, headers, 200_000, seconds=5) for _ in range(3)]
    context = multiprocessing.get_context("spawn")
    ready, stop, told = context.Event(), context.Event(), context.Queue()
    watching = context.Process(target=watch, args=(port, token, count, ready, stop, told))
    watching.start()
    if not ready.wait(120):
        sys.exit("the viewers did not come in within two minutes")
    beside: list[float] = []
    over = threading.Event()

    def ask_tiles() -> None:  # a tenth of the time, or there would be no case left to measure
        while not over.wait(20):
            beside.append(rate(port, paths, headers, 200_000, seconds=3))

    asking = threading.Thread(target=ask_tiles)
    asking.start()
    sent, failed = send(port, token, each=60 / A_MINUTE, seconds=60 * minutes, senders=4)
    over.set()
    asking.join()
    time.sleep(3)
    stop.set()
    seen, lost = told.get(timeout=60)
    watching.join(30)
    alone += [rate(port, paths, headers, 200_000, seconds=5) for _ in range(3)]
    when = {number: due for number, due, _ in sent}
    took = [at - when[number] for one in seen for number, at in one if number in when]
    missed = sum(len(when) - len({number for number, _ in one} & set(when)) for one in seen)
    twice = sum(len(one) - len({number for number, _ in one}) for one in seen)
    percent = dict(zip((50, 99, 100), np.percentile(took, (50, 99, 100)).tolist(), strict=True))
    tell("a new case at 99 % of the viewers", percent[99], unit="s", limit=1.0,
         median=round(percent[50], 3), slowest=round(percent[100], 3), viewers=count,
         cases=len(sent))  # fmt: skip
    wrong = missed + twice + lost + len(failed)
    tell("missed, twice, sent home or refused", wrong, unit="events", limit=0, first=failed[:1])
    if beside:
        print(json.dumps({
            "name": "tiles beside the viewers", "unit": "tiles a second",
            "ours": round(statistics.median(beside)), "peer": round(statistics.median(alone)),
            "ratio": round(statistics.median(beside) / statistics.median(alone), 2), "wanted": 0.8,
        }), flush=True)  # fmt: skip


def of_reports(
    name: str, port: int, token: str, letter: Callable[[int], Letter], *, minutes: float, cases: int
) -> None:
    """How long a report waits for its answer."""
    send(port, token, each=0.1, seconds=3, senders=4, letter=letter)  # warm
    each, seconds = 1 / A_SECOND, 60 * minutes
    sent, failed = send(port, token, each=each, seconds=seconds, senders=SENDERS, letter=letter)
    if failed:
        print(failed[0], file=sys.stderr)
    took = np.array([answered - due for _, due, answered in sent]) * 1000
    median, most, worst = np.percentile(took, (50, 95, 100)).tolist()
    tell(name, most, unit="ms", limit=150.0, median=round(median, 1),
         slowest=round(worst), reports=len(sent), refused=len(failed), stored=cases)  # fmt: skip


def of_batches(port: int, token: str, *, minutes: float, cases: int) -> None:
    """Tickets a second, taken by the thousand."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    began, tickets, refused = time.perf_counter(), 0, 0
    while not tickets or time.perf_counter() - began < 60 * minutes:
        body = json.dumps({"cases": [case_at(tickets + one) for one in range(BATCH)]})
        connection.request("POST", "/api/v1/cases/batch", body=body, headers=headers)
        answer = json.loads(connection.getresponse().read())
        tickets += answer["added"]
        refused += answer["refused"]
    seconds = time.perf_counter() - began
    connection.close()
    line = {
        "name": "tickets a second, 1,000 in a request", "seconds": round(seconds, 1),
        "value": round(1000 * seconds / tickets, 2), "unit": "ms each",
        "a_second": round(tickets / seconds), "tickets": tickets, "refused": refused,
        "stored": cases, "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    print(json.dumps(line), flush=True)


def tell(name: str, value: float, *, limit: float, **more: Any) -> None:
    """One line."""
    line = {"name": name, "value": round(value, 3), "limit": limit, **more}
    print(json.dumps(line | {"load": round(os.getloadavg()[0], 1)}), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=[], help=", ".join(PARTS))
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--cases", type=int, default=1_000_000)
    wanted = parser.parse_args()
    if unknown := set(wanted.what) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    parts, long = wanted.what or PARTS, {"minutes": wanted.minutes, "cases": wanted.cases}
    with filled("bench_live", wanted.cases) as (own, folder), serving(own, folder) as port:
        token = commander(own)
        if "viewers" in parts:
            of_viewers(port, token, count=wanted.viewers, minutes=wanted.minutes)
        if "reports" in parts:
            of_reports("a report taken, 95 %", port, token, plain, **long)
        if "photos" in parts:
            PICTURES.extend(picture(seed) for seed in range(60))
            of_reports("a report with its photo taken, 95 %", port, token, with_photo, **long)
        if "batch" in parts:
            of_batches(port, token, **long)


if __name__ == "__main__":
    main()
