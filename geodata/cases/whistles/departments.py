"""How departments came when they were called: the report of the whistle (吹哨报到).

A department is ranked only with so many calls as the profile wants; the others stand apart. The
order of the ranked: share of calls kept within every clock, then the rating, then how soon half of
the calls were answered. A mean of few ratings is drawn towards the mean of all ratings, as if
``min_ranked`` more of that mean had been given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from geodata.accounts import require
from geodata.cases import store
from geodata.cases.whistles import store as whistles
from geodata.cases.whistles import whistling
from geodata.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile


@dataclass(frozen=True, kw_only=True)
class Record:
    """What the calls of one department in a period come to.

    Attributes:
        department: Its key.
        rank: From 1; None: too few calls.
        calls: How many times it was called.
        cases: To how many cases.
        answered: How many calls it answered; to decline is an answer.
        answer_median_min: Minutes after which half of the answers were there; None: no answer.
        answer_p90_min: Minutes after which nine of ten were.
        awaited: Calls in which somebody came, or by now should have come.
        arrived: Of these, those in which somebody came.
        judged: Calls that ended by the department's own act, and those with a clock run out.
        on_time: Of these, those with no clock run out.
        finished: How many it finished.
        declined: How many it declined.
        withdrawn: How many were withdrawn; they count for nothing else.
        running: How many have not ended.
        ratings: How many were rated.
        rating: Their mean, 1 to 5; None: no rating.
        rating_smooth: The same drawn towards the mean of all departments.
    """

    department: str
    rank: int | None = None
    calls: int
    cases: int
    answered: int
    answer_median_min: float | None
    answer_p90_min: float | None
    awaited: int
    arrived: int
    judged: int
    on_time: int
    finished: int
    declined: int
    withdrawn: int
    running: int
    ratings: int
    rating: float | None
    rating_smooth: float | None

    @property
    def arrival_rate(self) -> float | None:
        """``arrived`` of ``awaited``."""
        return self.arrived / self.awaited if self.awaited else None

    @property
    def on_time_rate(self) -> float | None:
        """``on_time`` of ``judged``."""
        return self.on_time / self.judged if self.judged else None


@dataclass(frozen=True)
class DepartmentReport:
    """All departments called in a period, the ranked first; ``min_ranked`` calls make a rank."""

    since: datetime
    until: datetime
    now: datetime
    min_ranked: int
    departments: tuple[Record, ...]


def report(
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    since: datetime,
    until: datetime,
    areas: Sequence[str] = (),
) -> DepartmentReport:
    """The departments called from ``since`` until before ``until``, in the actor's areas.

    Raises:
        NotFound: an area that never was.
        InvalidInput: a period that ends before it begins.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    if until <= since:
        raise InvalidInput("The period ends before it begins. Exchange from and to.")
    now = datetime.now(UTC)
    with database.read() as connection:
        unknown = store.unknown_places(connection, areas) if areas else []
        if unknown:
            raise NotFound(
                "There never was an area, grid or compound %(codes)s.", codes=", ".join(unknown)
            )
        rows = whistles.per_department(
            connection,
            since=since,
            until=until,
            areas=whistling.areas_of(connection, actor, areas),
            now=now,
            arrive_minutes=profile.whistle.arrive_minutes,
        )
    least = profile.whistle.min_ranked
    return DepartmentReport(since, until, now, least, ranked(rows, min_ranked=least))


def ranked(rows: Iterable[Mapping[str, Any]], *, min_ranked: int) -> tuple[Record, ...]:
    """The ranked ones in their order, then the others by their number of calls."""
    rows = list(rows)
    given = sum(row["ratings"] for row in rows)
    mean = sum(row["rating_sum"] for row in rows) / given if given else None
    records = [_record(row, mean, min_ranked) for row in rows]
    enough = [one for one in records if one.calls - one.withdrawn >= min_ranked and one.judged]
    others = [one for one in records if one not in enough]
    enough.sort(key=_order)
    places: list[Record] = []
    for number, one in enumerate(enough, start=1):
        same = bool(places) and _order(one)[:3] == _order(places[-1])[:3]
        places.append(replace(one, rank=places[-1].rank if same else number))
    others.sort(key=lambda one: (-one.calls, one.department))
    return (*places, *others)


def _order(one: Record) -> tuple[float, float, float, str]:
    return (
        -(one.on_time_rate or 0.0),
        -(one.rating_smooth or 0.0),
        float("inf") if one.answer_median_min is None else one.answer_median_min,
        one.department,
    )


def _record(row: Mapping[str, Any], mean: float | None, min_ranked: int) -> Record:
    values = {name: value for name, value in row.items() if name not in {"answer_s", "rating_sum"}}
    seconds = row["answer_s"] or (None, None)
    median, p90 = (None if one is None else float(one) / 60 for one in seconds)
    rating = row["rating_sum"] / row["ratings"] if row["ratings"] else None
    smooth = None
    if rating is not None and mean is not None:
        smooth = (row["rating_sum"] + min_ranked * mean) / (row["ratings"] + min_ranked)
    return Record(
        **values,
        answer_median_min=median,
        answer_p90_min=p90,
        rating=None if rating is None else float(rating),
        rating_smooth=None if smooth is None else float(smooth),
    )
