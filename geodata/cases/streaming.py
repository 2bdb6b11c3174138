"""Changes of cases as they happen: one listener for a process, and everybody who waits for it.

The feed's numbers grow in the order of the commits (``Transaction.publish``), so whoever has seen
one number has seen all below it, and goes on after it over any break. What is sent is encoded once
for all viewers; it holds nothing personal.
"""

from __future__ import annotations

import bisect
import threading
import time
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa
import structlog

from geodata.database.engine import CHANNEL
from geodata.database.listening import END_SECONDS, listen

if TYPE_CHECKING:
    from geodata.database import Database

KEPT: Final = 5_000
"""Events that a process keeps at least for those who come back; older ones are read again."""
READ: Final = 1_000
"""Events that are read at a time."""
GATHER_SECONDS: Final = 0.5
"""So long after viewers were woken what comes next is gathered, and told together: waking a
thousand costs a tenth of a second of the machine. What comes after a quiet time is told at once."""

log = structlog.get_logger("wangge.stream")


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a case, or of many at once; ``data`` is JSON."""

    id: int
    data: bytes


_EVENTS = sa.text(
    """
    select f.id as feed_id, f.action, f.details, c.id, c.category, c.source, c.state, c.revision,
           c.reported_at, c.due_at, c.warn_at, c.closed_at, c.updated_at, c.urgent,
           c.area_code, c.grid_code, c.compound_code, st_x(c.geom) as lon, st_y(c.geom) as lat,
           c.joined_to
    from (select id, code, action, details from changes
          where layer = 'cases' and id > :after order by id limit :most) f
    left join cases c on c.id = case when f.code ~ '^[0-9]{1,18}$' then f.code::bigint end
    order by f.id
    """
)


def events(database: Database, after: int, *, most: int = READ) -> list[Event]:
    """What happened after the feed's number ``after``, each case as it is now."""
    with database.single() as connection:
        rows = connection.execute(_EVENTS, {"after": after, "most": most}).mappings().all()
    return [_event(dict(row)) for row in rows]


def newest(database: Database) -> int:
    """The feed's last number of a case; 0 if nothing ever happened."""
    query = sa.text("select coalesce(max(id), 0) from changes where layer = 'cases'")
    with database.single() as connection:
        return int(connection.execute(query).scalar_one())


_number = attrgetter("id")


def _event(row: dict[str, Any]) -> Event:
    number = row.pop("feed_id")
    action, details = row.pop("action"), row.pop("details")
    told: dict[str, Any] = {"action": action}
    told |= {"case": row} if row["id"] is not None else {"many": details}
    return Event(number, orjson.dumps(told))


class Stream:
    """The events of a process; made once, asked by every viewer's thread."""

    def __init__(self, database: Database) -> None:
        """Begin to listen; ``close`` ends it."""
        self._database = database
        self._kept: list[Event] = []
        self._news = threading.Condition()
        self._over = threading.Event()
        self.last = newest(database)
        self._first = self.last
        self._woken_at = -GATHER_SECONDS
        self._listener = threading.Thread(target=self._listen, name="case-stream", daemon=True)
        self._listener.start()

    def after(self, seen: int, *, seconds: float) -> list[Event]:
        """What came after ``seen``, at once if there is any, else what comes within ``seconds``."""
        with self._news:
            if self.last <= seen and not self._over.is_set():
                self._news.wait_for(lambda: self.last > seen or self._over.is_set(), seconds)
            if self.last <= seen:
                return []
            if seen >= self._first:
                return self._kept[bisect.bisect_right(self._kept, seen, key=_number) :]
        return events(self._database, seen)

    @property
    def is_over(self) -> bool:
        """Whether it was closed: viewers go home."""
        return self._over.is_set()

    def close(self) -> None:
        """Stop listening, and wake all who wait."""
        self._over.set()
        with self._news:
            self._news.notify_all()
        self._listener.join(END_SECONDS)

    def _listen(self) -> None:
        listen(
            self._database,
            CHANNEL,
            over=self._over,
            caught_up=self._take,
            heard=lambda layer: self._take() if layer == "cases" else None,
            lost=lambda name: log.warning("live cases lost the database and try again", error=name),
        )

    def _take(self) -> None:
        self._over.wait(max(0.0, self._woken_at + GATHER_SECONDS - time.monotonic()))
        while True:
            fresh = events(self._database, self.last)
            if not fresh:
                return
            with self._news:
                self._kept += fresh
                if len(self._kept) > 2 * KEPT:
                    self._first = self._kept[-KEPT - 1].id
                    del self._kept[:-KEPT]
                self.last = fresh[-1].id
                self._woken_at = time.monotonic()
                self._news.notify_all()
