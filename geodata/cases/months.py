"""A period as whole months, and what it has more or less than these at its ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

CLOCK: Final = ZoneInfo("Asia/Shanghai")
"""The clock whose months the ledgers count in."""


@dataclass(frozen=True, kw_only=True)
class Months:
    """Months from ``begin`` to before ``end``, None for ever; ``edges`` are added or taken off.

    ``is_empty`` says that there is no whole month: the edges are all of the period. An edge is
    1 or -1, its first moment and the one after its last; half a month at each end at most.
    """

    begin: datetime | None
    end: datetime | None
    edges: tuple[tuple[int, datetime, datetime], ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is no whole month."""
        return self.begin is not None and self.end is not None and self.begin >= self.end


def months_of(since: datetime | None, until: datetime | None) -> Months:
    """The months nearest to a period; ``since`` is inclusive, ``until`` exclusive."""
    begin = None if since is None else _nearest(since)
    end = None if until is None else _nearest(until)
    edges: list[tuple[int, datetime, datetime]] = []
    if begin is not None and end is not None and begin >= end:
        if since is not None and until is not None:
            edges = [(1, since, until)]
    else:
        if since is not None and begin is not None:
            edges += [(1, since, begin), (-1, begin, since)]
        if until is not None and end is not None:
            edges += [(1, end, until), (-1, until, end)]
    kept = tuple(edge for edge in edges if edge[1] < edge[2])
    return Months(begin=begin, end=end, edges=kept)


def _nearest(moment: datetime) -> datetime:
    """The begin of the month, or of the next one, whichever is nearer."""
    local = moment.astimezone(CLOCK)
    begin = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    return begin if local - begin <= following - local else following
