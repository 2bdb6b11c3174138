"""Reading cases: the list, one record, the columns for the map, the figures of the day.

Each verb is one permission check and one snapshot; reading free texts, addresses or reporters is
entered in the audit trail.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import Actor, record, require
from geodata.cases import store
from geodata.cases.filters import CaseFilter
from geodata.cases.map import columns
from geodata.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from geodata.database import Database
    from geodata.profiles import Profile

POINTS_LIMIT: Final = 300_000
LAYERS: Final = ("cases", "areas", "grids", "compounds")
PERSONAL: Final = ("title", "description", "address", "reporter_name", "reporter_telephone")
KEPT_ANSWERS: Final = 6


@dataclass(frozen=True)
class CasePage:
    """Some cases, newest first, and the key after which the next ones come."""

    cases: list[dict[str, Any]]
    after: str | None


@dataclass(frozen=True)
class Figures:
    """The figures of the day; rates are shares of ``closed``.

    Cases that are one count once; ``reports`` counts each of them. None: so few that they are
    hidden from who asks.
    """

    now: datetime
    today_since: datetime
    month_since: datetime
    all_cases: int | None
    reports: int | None
    today: int | None
    open: int | None
    overdue: int | None
    closed: int | None
    on_time: int | None


@dataclass(frozen=True)
class Packed:
    """An answer of case columns, as it is and compressed."""

    plain: bytes
    gzipped: bytes


def check(connection: Connection, wanted: CaseFilter, profile: Profile) -> None:
    """Refuse categories, sources and states that neither the city nor any of its cases has.

    Raises:
        InvalidInput: a word that nobody uses.
        NotFound: an area that never was.
    """
    for kind, column, chosen in (
        ("categories", "category", wanted.categories),
        ("sources", "source", wanted.sources),
        ("states", "state", wanted.states),
    ):
        known = [term.key for term in getattr(profile, kind)]
        strange = sorted(set(chosen) - set(known))
        unknown = [word for word in strange if not store.is_used(connection, column, word)]
        if unknown:
            raise InvalidInput(
                "%(unknown)s is not among the %(kind)s: %(known)s.",
                unknown=", ".join(unknown),
                kind=kind,
                known=", ".join(known),
            )
    places = store.unknown_places(connection, wanted.areas) if wanted.areas else []
    if places:
        raise NotFound(
            "There never was an area, grid or compound %(codes)s.", codes=", ".join(places)
        )


def list_cases(
    database: Database,
    actor: Actor,
    profile: Profile,
    wanted: CaseFilter,
    *,
    after: str | None = None,
    limit: int = 100,
) -> CasePage:
    """Cases newest first; ``after`` is the key that the page before gave.

    Titles, descriptions and addresses are None where the actor may not read them.

    Raises:
        InvalidInput: a key that is none, or kinds that nobody uses.
        NotFound: an area that never was.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    key = None if after is None else page_key(after)
    texts = actor.may("see_personal")
    where, values = _conditions(wanted, profile)
    with database.read() as connection:
        check(connection, wanted, profile)
        if wanted.words:
            part, bound = store.search(wanted.words, duty=sorted(actor.areas) if texts else None)
            where, values = f"({where}) and {part}", {**values, **bound}
        rows = store.listed(connection, where, values, after=key, limit=limit + 1, texts=texts)
        duty = store.areas_below(connection, sorted(actor.areas)) if actor.areas else None
    cases = [_masked(row, duty) for row in rows[:limit]]
    if texts:
        _record_reading(database, actor, cases, wanted)
    more = len(rows) > limit > 0
    return CasePage(cases, page_mark(rows[limit - 1]) if more else None)


def export_pages(
    database: Database, actor: Actor, profile: Profile, wanted: CaseFilter, *, size: int
) -> Iterator[list[dict[str, Any]]]:
    """All cases meant, newest first, in lists of ``size``; the export itself is recorded.

    Raises:
        NotAllowed: the role may not export.
    """
    require(actor, "export")
    with database.begin() as tx:
        check(tx.connection, wanted, profile)
        record(tx, actor, "exported", "cases", asked=_asked(wanted))
    return _pages(database, actor, profile, wanted, size)


def _pages(
    database: Database, actor: Actor, profile: Profile, wanted: CaseFilter, size: int
) -> Iterator[list[dict[str, Any]]]:
    after: str | None = None
    while True:
        page = list_cases(database, actor, profile, wanted, after=after, limit=size)
        yield page.cases
        after = page.after
        if after is None:
            return


def get_case(database: Database, actor: Actor, number: int) -> dict[str, Any]:
    """One case; ``personal`` says whether its texts and reporter are in it.

    Raises:
        NotFound: no such case.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    with database.read() as connection:
        row = store.one(connection, number) if 0 < number < 2**63 else None
        if row is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        permitted = actor.may("see_personal") and (
            not actor.areas
            or row["area_code"] in store.areas_below(connection, sorted(actor.areas))
        )
    case = dict(row)
    case["personal"] = permitted
    if permitted:
        with database.begin() as tx:
            record(tx, actor, "read_personal", f"cases/{number}")
        return case
    return case | dict.fromkeys(PERSONAL) | {"extra": {}}


def version(database: Database, wanted: CaseFilter | None = None, **options: Any) -> str:
    """What changes exactly when an answer about these cases may change; for ETags."""
    versions = database.versions(list(LAYERS))
    return _digest(versions, wanted, options)


class CasePoints:
    """Columns of cases for the map, the last few answers kept until the data change."""

    def __init__(self, *, limit: int = POINTS_LIMIT) -> None:
        """``limit`` cases at most go into one answer; it then says since when it is complete."""
        self._limit = limit
        self._kept: OrderedDict[tuple[Any, ...], Packed] = OrderedDict()
        self._lock = threading.Lock()

    def read(
        self,
        database: Database,
        actor: Actor,
        profile: Profile,
        wanted: CaseFilter,
        *,
        updated_after: datetime | None = None,
    ) -> Packed:
        """The answer described in ``geodata.cases.map.columns``, without personal data.

        Of more cases than the limit it holds the newest, and its header's ``since`` says from
        which moment on it is complete, ``total`` how many there are in all. With
        ``updated_after`` it holds the cases changed since, and no places. ``feed`` is the number
        of the last change that is in it: a stream resumed after it misses nothing.

        Raises:
            NotFound: an area that never was.
            NotAllowed: the role sees no map.
        """
        require(actor, "see_map")
        versions = database.versions(list(LAYERS))
        key = (database.url, tuple(sorted(versions.items())), wanted, updated_after)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        with database.read() as connection:
            plain = self._packed(connection, profile, wanted, updated_after, versions)
        answer = Packed(plain, gzip.compress(plain, 1, mtime=0))
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return answer

    def _packed(
        self,
        connection: Connection,
        profile: Profile,
        wanted: CaseFilter,
        updated_after: datetime | None,
        versions: Mapping[str, int],
    ) -> bytes:
        check(connection, wanted, profile)
        as_of = store.settled_until(connection)
        where, values = _conditions(wanted, profile)
        kinds = store.kinds(connection, where, values)
        total = sum(row["count"] for row in kinds)
        header: dict[str, Any] = {
            "versions": versions,
            "as_of": as_of,
            "total": total,
            "since": None,
            "feed": store.newest_change(connection),
        }
        if updated_after is not None:
            where = f"({where}) and c.updated_at >= :updated_after"
            values = {**values, "updated_after": updated_after}
        elif total > self._limit:
            # The case at place ``limit`` is the first left out, and all of its moment with it.
            since = store.nth_newest(connection, where, values, self._limit)
            where, values = (
                f"({where}) and c.reported_at > :left_out",
                {**values, "left_out": since},
            )
            header["since"] = since
        dictionaries = _dictionaries(connection, profile, kinds)
        header["dictionaries"] = dictionaries
        if updated_after is None:
            header["places"] = {
                by: _as_columns(store.bases(connection, by=by, at=datetime.now(UTC)))
                for by in ("area", "grid", "compound")
            }
        return columns.pack(store.read_columns(connection, where, values, dictionaries), header)


def summary(database: Database, actor: Actor, profile: Profile, wanted: CaseFilter) -> Figures:
    """Today's cases, open and overdue ones, and those closed on time in the last 30 days.

    ``today`` counts from local midnight. ``closed`` has only cases with a time limit. Who may not
    ``see_few`` is told no figures under the profile's ``min_public``, and none of which the
    difference to another is so small.
    """
    require(actor, "see_map")
    now = datetime.now(profile.zone)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    month = today - timedelta(days=29)
    where, values = _conditions(wanted, profile, now=now)
    with database.read() as connection:
        check(connection, wanted, profile)
        found = store.figures(
            connection,
            where,
            values,
            open_states=profile.open_states,
            now=now,
            today=today,
            month=month,
        )
    told = found if actor.may("see_few") else _public(dict(found), profile.cases.min_public)
    return Figures(now=now, today_since=today, month_since=month, **told)


_PARTS: Final = (
    ("all_cases", "today"), ("all_cases", "open"), ("all_cases", "closed"),
    ("open", "overdue"), ("closed", "on_time"), ("reports", "all_cases"),
)  # fmt: skip
"""A figure, and one that counts a part of it."""


def _public(found: Mapping[str, int], least: int) -> dict[str, int | None]:
    few = {name for name, number in found.items() if 0 < number < least}
    few |= {
        part
        for whole, part in _PARTS
        if whole not in few and 0 < found[whole] - found[part] < least
    }
    return {name: None if name in few else number for name, number in found.items()}


def _conditions(
    wanted: CaseFilter, profile: Profile, *, now: datetime | None = None
) -> tuple[str, dict[str, Any]]:
    return store.conditions(
        wanted,
        open_states=profile.open_states,
        timezone=profile.timezone,
        now=now or datetime.now(UTC),
    )


def page_key(after: str) -> tuple[datetime, int]:
    """The moment and number after which a page begins."""
    micros, _, number = after.partition(".")
    try:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(micros))
        key = int(number)
    except (ValueError, OverflowError):
        key = -1
    if not 0 <= key < 2**63:
        raise InvalidInput(
            "%(after)s is no key of a page. Take next of the page before.", after=after
        )
    return moment, key


def page_mark(row: Mapping[str, Any] | RowMapping) -> str:
    """The key after which the next page begins."""
    micros = (row["reported_at"] - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
    return f"{micros}.{row['id']}"


def _masked(row: RowMapping, duty: frozenset[str] | None) -> dict[str, Any]:
    """The row with its texts, if it has any and they may be read."""
    case = dict(row)
    permitted = "title" in row and (duty is None or row["area_code"] in duty)
    case["personal"] = permitted
    return case if permitted else case | dict.fromkeys(PERSONAL[:3])


def _record_reading(
    database: Database, actor: Actor, cases: Sequence[Mapping[str, Any]], wanted: CaseFilter
) -> None:
    read = [case["id"] for case in cases if case["personal"]]
    if read:
        with database.begin() as tx:
            record(
                tx, actor, "read_personal", "cases", count=len(read), ids=read, asked=_asked(wanted)
            )


def _asked(wanted: CaseFilter) -> dict[str, str]:
    """The conditions for the audit trail."""
    return {key: str(value) for key, value in asdict(wanted).items() if value not in (None, (), "")}


def _dictionaries(
    connection: Connection, profile: Profile, kinds: Sequence[RowMapping]
) -> dict[str, list[str]]:
    """Keys of the profile first, in its order, then what else the data have; codes of places."""
    found: dict[str, list[str]] = {}
    for name, terms in (
        ("category", profile.categories),
        ("source", profile.sources),
        ("state", profile.states),
    ):
        keys = [term.key for term in terms]
        found[name] = keys + sorted({row[name] for row in kinds} - set(keys))
    for name in ("area", "grid", "compound"):
        found[name] = store.codes_of(connection, f"{name}s")
    return found


def _as_columns(rows: Sequence[RowMapping]) -> dict[str, list[Any]]:
    names = ("code", "name", "level", "parent", "households")
    return {name: [row[name] for row in rows] for name in names}


def _digest(
    versions: Mapping[str, int], wanted: CaseFilter | None, options: Mapping[str, Any]
) -> str:
    parts = (sorted(versions.items()), wanted, sorted(options.items()))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
