"""SQL of the cases: reads with bound values, no rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import numpy as np
import psycopg
from sqlalchemy import Connection, RowMapping, text

from geodata.cases.filters import CaseFilter
from geodata.cases.map.columns import NONE, position_type

Columns = dict[str, np.ndarray[Any, Any]]

_BELOW = """
    with recursive below(code) as (
        select unnest(cast(:{name} as text[]))
        union
        select a.code from areas a join below on a.parent_code = below.code
        where upper_inf(a.held)
    ) select code from below
"""

LISTED = """
    c.id, c.external_id, c.source, c.category, c.state, c.reported_at, c.due_at, c.updated_at,
    c.closed_at, c.area_code, c.grid_code, c.compound_code, st_x(c.geom) as lon,
    st_y(c.geom) as lat
"""


def conditions(
    wanted: CaseFilter, *, open_states: Sequence[str], timezone: str, now: datetime
) -> tuple[str, dict[str, Any]]:
    """The condition on ``cases c`` that ``wanted`` means, and its bound values.

    Of cases that are one only that which leads is meant, unless words are searched: a ticket is
    found by its number whatever it was joined to.
    """
    parts: list[str] = [] if wanted.words else ["c.joined_to is null"]
    values: dict[str, Any] = {}

    def add(part: str, **bound: Any) -> None:
        parts.append(part)
        values.update(bound)

    kinds = {"category": wanted.categories, "source": wanted.sources, "state": wanted.states}
    for column in (name for name, chosen in kinds.items() if chosen):
        add(f"c.{column} = any(cast(:{column} as text[]))", **{column: list(kinds[column])})
    if wanted.is_open is not None or wanted.overdue is not None:
        values["open_states"] = list(open_states)
    is_open = "c.state = any(cast(:open_states as text[]))"
    if wanted.is_open is not None:
        add(is_open if wanted.is_open else f"not {is_open}")
    if wanted.overdue is not None:
        late = f"({is_open} and c.due_at is not null and c.due_at < :now)"
        add(late if wanted.overdue else f"not {late}", now=now)
    if wanted.areas:
        below = _BELOW.format(name="areas")
        add(
            f"(c.area_code in ({below}) or c.grid_code = any(cast(:areas as text[]))"
            " or c.compound_code = any(cast(:areas as text[])))",
            areas=list(wanted.areas),
        )
    _add_when_and_where(add, wanted, timezone=timezone)
    return " and ".join(parts) or "true", values


def _add_when_and_where(add: Callable[..., None], wanted: CaseFilter, *, timezone: str) -> None:
    for comparison, name, end in ((">=", "since", wanted.since), ("<", "until", wanted.until)):
        if end is not None:
            add(f"c.reported_at {comparison} :{name}", **{name: end})
    if wanted.hours is not None:
        first, last = wanted.hours
        local = "extract(hour from c.reported_at at time zone :timezone)"
        add(f"{local} between :first and :last", timezone=timezone, first=first, last=last)
    if wanted.box is not None:
        west, south, east, north = wanted.box
        add(
            "c.geom && st_makeenvelope(:west, :south, :east, :north, 4326)",
            west=west,
            south=south,
            east=east,
            north=north,
        )


def search(words: str, *, duty: Sequence[str] | None) -> tuple[str, dict[str, Any]]:
    """The condition that ``words`` occur in the number or, where permitted, in the texts.

    ``duty`` are the areas of duty in which texts may be read: empty for everywhere, None for
    nowhere.
    """
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values: dict[str, Any] = {"words": f"%{escaped}%", "number": words}
    number = "(c.external_id ilike :words or cast(c.id as text) = :number)"
    if duty is None:
        return number, values
    texts = "(c.title ilike :words or c.description ilike :words or c.address ilike :words)"
    if duty:
        values["duty"] = list(duty)
        texts = f"({texts} and c.area_code in ({_BELOW.format(name='duty')}))"
    return f"({number} or {texts})", values


def areas_below(connection: Connection, codes: Sequence[str]) -> frozenset[str]:
    """The codes themselves and those of all areas inside them, as the areas stand now."""
    rows = connection.execute(text(_BELOW.format(name="areas")), {"areas": list(codes)})
    return frozenset(rows.scalars())


def place_codes(connection: Connection, codes: Sequence[str]) -> dict[str, list[str]]:
    """The codes as those of ``area`` (with all inside them), ``grid`` and ``compound``.

    A code that none of these ever had is taken for an area's. Kinds without a code are left out.
    """
    if not codes:
        return {}
    query = text(
        "select code, exists (select from areas where areas.code = code.code) as area,"
        " exists (select from grids where grids.code = code.code) as grid,"
        " exists (select from compounds where compounds.code = code.code) as compound"
        " from unnest(cast(:codes as text[])) as code"
    )
    known = connection.execute(query, {"codes": sorted(set(codes))}).all()
    found = {
        "area": [row.code for row in known if row.area or not (row.grid or row.compound)],
        "grid": [row.code for row in known if row.grid],
        "compound": [row.code for row in known if row.compound],
    }
    if found["area"]:
        found["area"] = sorted(areas_below(connection, found["area"]))
    return {kind: chosen for kind, chosen in found.items() if chosen}


def crowded_places(connection: Connection, kind: str, codes: Sequence[str]) -> set[str]:
    """Those of ``codes`` that have cells in ``case_place_cells``."""
    query = text(
        "select code from case_crowded_places"
        " where kind = :kind and code = any(cast(:codes as text[]))"
    )
    return set(connection.execute(query, {"kind": kind, "codes": list(codes)}).scalars())


def places_with_cases(connection: Connection, kind: str, codes: Sequence[str]) -> list[str]:
    """Those of ``codes`` that are the ``area``, ``grid`` or ``compound`` of any case."""
    if kind not in {"area", "grid", "compound"}:
        raise ValueError(kind)
    query = text(
        "select code from unnest(cast(:codes as text[])) as code"  # noqa: S608 - checked
        f" where exists (select from cases where {kind}_code = code) order by code"
    )
    return list(connection.execute(query, {"codes": list(codes)}).scalars())


def unknown_places(connection: Connection, codes: Sequence[str]) -> list[str]:
    """Those of ``codes`` that no area, grid or compound ever had."""
    query = text(
        "select code from unnest(cast(:codes as text[])) as code where not exists"
        " (select from areas where areas.code = code.code)"
        " and not exists (select from grids where grids.code = code.code)"
        " and not exists (select from compounds where compounds.code = code.code)"
    )
    return list(connection.execute(query, {"codes": list(codes)}).scalars())


def is_used(connection: Connection, column: str, word: str) -> bool:
    """Whether any case has that ``category``, ``source`` or ``state``; the ledger knows at once."""
    if column not in {"category", "source", "state"}:
        raise ValueError(column)
    query = text(
        f"select exists (select from case_cells where zoom = 0 and {column} = :word)"  # noqa: S608
        f" or exists (select from cases where {column} = :word)"
    )
    return bool(connection.execute(query, {"word": word}).scalar_one())


def first_reported(connection: Connection) -> datetime | None:
    """When the earliest case was reported; None if there are none."""
    found = connection.execute(text("select min(reported_at) from cases")).scalar_one()
    return None if found is None else _moment(found)


def words_used(connection: Connection, column: str) -> list[str]:
    """Every ``category``, ``source`` or ``state`` that a placed case has, in order."""
    if column not in {"category", "source", "state"}:
        raise ValueError(column)
    query = text(
        f"select distinct {column} from case_cells where zoom = 0 order by 1"  # noqa: S608
    )
    return list(connection.execute(query).scalars())


def listed(
    connection: Connection,
    where: str,
    values: Mapping[str, Any],
    *,
    after: tuple[datetime, int] | None,
    limit: int,
    texts: bool,
) -> Sequence[RowMapping]:
    """Up to ``limit`` cases after the key ``after``, newest first."""
    bound = dict(values, limit=limit)
    if after is not None:
        where = f"({where}) and (c.reported_at, c.id) < (:after_at, :after_id)"
        bound.update(after_at=after[0], after_id=after[1])
    more = ", c.title, c.description, c.address" if texts else ""
    query = text(
        f"select {LISTED}{more} from cases c where {where}"  # noqa: S608 - our own words only
        " order by c.reported_at desc, c.id desc limit :limit"
    )
    return connection.execute(query, bound).mappings().all()


def one(connection: Connection, number: int) -> RowMapping | None:
    """One case with everything known of it."""
    query = text(
        f"select {LISTED}, c.title, c.description, c.address, c.reporter_name,"  # noqa: S608
        " c.reporter_telephone, c.extra,"
        " (select name from areas where code = c.area_code order by held desc limit 1) area_name,"
        " (select name from grids where code = c.grid_code order by held desc limit 1) grid_name,"
        " (select name from compounds where code = c.compound_code order by held desc limit 1)"
        "  compound_name from cases c where c.id = :number"
    )
    return connection.execute(query, {"number": number}).mappings().one_or_none()


def kinds(connection: Connection, where: str, values: Mapping[str, Any]) -> list[RowMapping]:
    """How many cases there are of each category, source and state."""
    query = text(
        "select c.category, c.source, c.state, count(*) as count from cases c"  # noqa: S608
        f" where {where} group by 1, 2, 3"
    )
    return list(connection.execute(query, values).mappings())


def number(connection: Connection, where: str, values: Mapping[str, Any]) -> int:
    """How many cases meet the condition."""
    query = text(f"select count(*) from cases c where {where}")  # noqa: S608 - our own words only
    return int(connection.execute(query, values).scalar_one())


def nth_newest(
    connection: Connection, where: str, values: Mapping[str, Any], place: int
) -> datetime | None:
    """When the case was reported that stands at ``place`` (from 0), newest first."""
    query = text(
        f"select c.reported_at from cases c where {where}"  # noqa: S608 - our own words only
        " order by c.reported_at desc offset :place limit 1"
    )
    found = connection.execute(query, dict(values, place=place)).scalar_one_or_none()
    return found if found is None else _moment(found)


def _moment(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(value)
    return value


def settled_until(connection: Connection) -> datetime:
    """Until when no running transaction can still add an earlier ``updated_at``."""
    query = text(
        "select least(now(), min(xact_start)) from pg_stat_activity"
        " where datname = current_database() and backend_xid is not null"
    )
    return _moment(connection.execute(query).scalar_one())


def newest_change(connection: Connection) -> int:
    """The number of the last change of cases that this connection sees; 0 if there was none."""
    query = text("select coalesce(max(id), 0) from changes where layer = 'cases'")
    return int(connection.execute(query).scalar_one())


def codes_of(connection: Connection, layer: str) -> list[str]:
    """All codes that ``layer`` (areas, grids, compounds) ever gave, in order."""
    if layer not in {"areas", "grids", "compounds"}:
        raise ValueError(layer)
    query = text(f"select distinct code from {layer} order by code")  # noqa: S608 - checked
    return list(connection.execute(query).scalars())


_MINUTES = "coalesce(floor(extract(epoch from {column}) / 60)::int4, {none})"
_POSITION = "coalesce(array_position(cast(%(all_{name})s as text[]), c.{name}) - 1, -1)::int2"
_FIXED: tuple[tuple[str, str, str], ...] = (
    ("id", ">i8", "c.id"),
    ("lon", ">i4", f"coalesce(round(st_x(c.geom) * 1e7)::int4, {NONE})"),
    ("lat", ">i4", f"coalesce(round(st_y(c.geom) * 1e7)::int4, {NONE})"),
    ("reported", ">i4", _MINUTES.format(column="c.reported_at", none=NONE)),
    ("due", ">i4", _MINUTES.format(column="c.due_at", none=NONE)),
    ("closed", ">i4", _MINUTES.format(column="c.closed_at", none=NONE)),
    ("category", ">i2", _POSITION.format(name="category")),
    ("source", ">i2", _POSITION.format(name="source")),
    ("state", ">i2", _POSITION.format(name="state")),
    ("area", ">i4", "coalesce(a.place, 0)::int4 - 1"),
    ("grid", ">i4", "coalesce(g.place, 0)::int4 - 1"),
    ("compound", ">i4", "coalesce(k.place, 0)::int4 - 1"),
    ("revision", ">i4", "c.revision"),
    ("warn", ">i4", _MINUTES.format(column="c.warn_at", none=NONE)),
)
"""Column, its type in the binary COPY format, and its SQL: none is null, so rows are of one
length and a whole answer is read as one numpy array."""


def read_columns(
    connection: Connection,
    where: str,
    values: Mapping[str, Any],
    dictionaries: Mapping[str, Sequence[str]],
) -> Columns:
    """The cases as columns in the order of ``id``; kinds and places as dictionary positions.

    Positions of places are dense: ``dictionaries`` gives all codes of ``area`` ``grid``
    ``compound`` and all keys of ``category`` ``source`` ``state``. A value outside them is none.
    """
    selected = ", ".join(sql for _, _, sql in _FIXED)
    joins = " ".join(
        f"left join unnest(cast(%(all_{name})s as text[])) with ordinality as {short}(code, place)"
        f" on {short}.code = c.{name}_code"
        for name, short in (("area", "a"), ("grid", "g"), ("compound", "k"))
    )
    query = (
        f"copy (select {selected} from cases c {joins} where "  # noqa: S608 - our own words only
        f"{psycopg_style(where, values)} order by c.id) to stdout (format binary)"
    )
    bound = {**values, **{f"all_{name}": list(codes) for name, codes in dictionaries.items()}}
    raw = bytearray()
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(query, bound) as copy:
        for block in copy:
            raw += block
    return _from_binary_copy(raw, dictionaries)


def psycopg_style(where: str, values: Mapping[str, Any]) -> str:
    """``:name`` as ``%(name)s``; the condition is our own words, without percent signs."""
    for name in sorted(values, key=len, reverse=True):
        where = where.replace(f":{name}", f"%({name})s")
    return where


def _from_binary_copy(raw: bytearray, dictionaries: Mapping[str, Sequence[str]]) -> Columns:
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind, _ in _FIXED:
        fields += [(f"{name}_length", ">i4"), (name, kind)]
    row = np.dtype(fields)
    head = 19 + int.from_bytes(raw[15:19], "big")
    count = (len(raw) - head - 2) // row.itemsize
    rows = np.frombuffer(raw, row, count=count, offset=head)
    columns: Columns = {}
    for name, kind, _ in _FIXED:
        values = rows[name]
        if name in dictionaries:
            small = position_type(len(dictionaries[name]))
            columns[name] = values.astype(np.int64).astype(small)  # -1 becomes the highest
        elif name == "id":
            columns[name] = _numbers(values)
        else:
            columns[name] = values.astype(kind.replace(">", "<"))
    return columns


def _numbers(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Case numbers as uint32, or as float64 (exact to 2⁵³) beyond that."""
    small = len(values) == 0 or int(values.max()) <= np.iinfo(np.uint32).max
    return values.astype("<u4" if small else "<f8")


def totals(
    connection: Connection, where: str, values: Mapping[str, Any], *, by: str
) -> dict[str | None, int]:
    """How many cases each ``area``, ``grid`` or ``compound`` has, by its code."""
    if by not in {"area", "grid", "compound"}:
        raise ValueError(by)
    query = text(
        f"select c.{by}_code as code, count(*) as count from cases c"  # noqa: S608 - checked
        f" where {where} group by 1"
    )
    return {row[0]: int(row[1]) for row in connection.execute(query, values)}


_BASES = {
    "area": (
        "select a.code, a.name, a.level, a.parent_code as parent,"
        " coalesce(a.households, (select sum(k.households) from compounds k"
        "  where k.area_code = a.code and k.held @> cast(:at as timestamptz))) as households"
        " from areas a where a.held @> cast(:at as timestamptz) order by a.code"
    ),
    "grid": (
        "select code, name, 'grid' as level, area_code as parent, households from grids"
        " where held @> cast(:at as timestamptz) order by code"
    ),
    "compound": (
        "select code, name, 'compound' as level, area_code as parent, households from compounds"
        " where held @> cast(:at as timestamptz) order by code"
    ),
}


def bases(connection: Connection, *, by: str, at: datetime) -> list[RowMapping]:
    """The places of that moment: code, name, level, parent and households."""
    return list(connection.execute(text(_BASES[by]), {"at": at}).mappings())


def figures(
    connection: Connection,
    where: str,
    values: Mapping[str, Any],
    *,
    open_states: Sequence[str],
    now: datetime,
    today: datetime,
    month: datetime,
) -> RowMapping:
    """Today's, open, overdue and closed cases in one pass."""
    query = text(
        "select count(*) as all_cases, coalesce(sum(c.reports), 0) as reports,"  # noqa: S608
        " count(*) filter (where c.reported_at >= :today) as today,"
        " count(*) filter (where is_open) as open,"
        " count(*) filter (where is_open and c.due_at < :now) as overdue,"
        " count(*) filter (where not is_open and c.closed_at >= :month"
        "  and c.due_at is not null) as closed,"
        " count(*) filter (where not is_open and c.closed_at >= :month"
        "  and c.closed_at <= c.due_at) as on_time"
        " from cases c, lateral (select c.state = any(cast(:figure_states as text[])) as is_open)"
        f" as s where {where} and c.reported_at <= :now"
    )
    bound = dict(values, now=now, today=today, month=month, figure_states=list(open_states))
    return connection.execute(query, bound).mappings().one()
