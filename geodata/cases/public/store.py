"""SQL of what anybody may see of cases: bound values, no rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

_SEEN = """
    c.id, c.category, c.source, c.state, c.reported_at, c.updated_at, c.due_at, c.department,
    st_x(c.geom) as lon, st_y(c.geom) as lat, c.title, c.description, c.address,
    (select a.name from areas a where a.code = c.area_code order by held desc limit 1) as area,
    (select s.reason from case_steps s where s.case_id = c.id and s.reason <> ''
        and s.kind = any(cast(:reasons as text[])) order by s.id desc limit 1) as reason
"""
# 2^30 to the world: what cases.mx and cases.my are reckoned in, so that the index of the time of
# report answers for a box without the rows.
_X = "floor(({name} + 180) / 360 * 1073741824)"
_Y = (
    "floor((0.5 - ln(tan(pi() / 4 + radians(least(greatest({name}, -85.06), 85.06)) / 2))"
    " / (2 * pi())) * 1073741824)"
)


def numbered(
    connection: Connection, numbers: Sequence[int], reasons: Sequence[str]
) -> Sequence[RowMapping]:
    """The cases of these numbers, newest first."""
    query = text(
        f"select {_SEEN} from cases c where c.id = any(cast(:numbers as bigint[]))"  # noqa: S608
        " order by c.reported_at desc, c.id desc"
    )
    bound = {"numbers": list(numbers), "reasons": list(reasons)}
    return connection.execute(query, bound).mappings().all()


def listed(
    connection: Connection,
    wanted: Mapping[str, Any],
    *,
    reasons: Sequence[str],
    limit: int,
    offset: int,
) -> Sequence[RowMapping]:
    """A page of cases, newest first.

    ``wanted`` has the lists ``categories`` and ``states``, and may have ``since`` and ``until``
    (of the report), ``changed_since`` and ``changed_until``, ``box`` (west, south, east, north)
    and ``hidden``, the categories whose place no box finds.
    """
    parts, bound = _conditions(wanted)
    # The numbers first, out of the index alone; then the rows of this page.
    query = text(
        "with page as materialized (select c.id, c.reported_at from cases c"  # noqa: S608
        f" where {' and '.join(parts)}"
        " order by c.reported_at desc, c.id desc limit :limit offset :offset)"
        f" select {_SEEN} from page join cases c on c.id = page.id"
        " order by page.reported_at desc, page.id desc"
    )
    bound |= {"limit": limit, "offset": offset, "reasons": list(reasons)}
    return connection.execute(query, bound).mappings().all()


def _conditions(wanted: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    parts = ["true"]
    bound: dict[str, Any] = {}
    for column, name in (("category", "categories"), ("state", "states")):
        if wanted.get(name) is not None:
            parts.append(f"c.{column} = any(cast(:{name} as text[]))")
            bound[name] = list(wanted[name])
    for name, part in (
        ("since", "c.reported_at >= :since"),
        ("until", "c.reported_at <= :until"),
        ("changed_since", "c.updated_at >= :changed_since"),
        ("changed_until", "c.updated_at <= :changed_until"),
    ):
        if wanted.get(name) is not None:
            parts.append(part)
            bound[name] = wanted[name]
    if wanted.get("changed_since") is not None and wanted.get("since") is None:
        # Whatever changes a case leaves an entry, which is found by its time.
        parts.append(
            "c.id in (select s.case_id from case_steps s where s.at >= cast(:changed_since as"
            " timestamptz) - interval '1 minute')"
        )
    if wanted.get("box") is not None:
        across = [_X.format(name=f"cast(:{side} as float8)") for side in ("west", "east")]
        along = [_Y.format(name=f"cast(:{side} as float8)") for side in ("north", "south")]
        parts.append(f"c.mx between {across[0]} and {across[1]}")
        parts.append(f"c.my between {along[0]} and {along[1]}")
        parts.append("not (c.category = any(cast(:hidden as text[])))")
        bound |= dict(zip(("west", "south", "east", "north"), wanted["box"], strict=True))
        bound["hidden"] = list(wanted["hidden"])
    return parts, bound


def updates(
    connection: Connection,
    *,
    since: datetime,
    until: datetime,
    reasons: Sequence[str],
    limit: int,
    offset: int,
) -> Sequence[RowMapping]:
    """Entries that brought a case into another state, or whose reason is public; oldest first."""
    query = text(
        "select s.id, s.case_id, s.at, s.kind, s.to_state,"
        " case when s.kind = any(cast(:reasons as text[])) then s.reason else '' end as reason"
        " from case_steps s join cases c on c.id = s.case_id"
        " where s.at >= :since and s.at <= :until and s.to_state is not null"
        " and s.kind not in ('reported', 'reported_again')"
        " and (s.from_state is distinct from s.to_state or s.kind = any(cast(:reasons as text[])))"
        " order by s.at, s.id limit :limit offset :offset"
    )
    bound = {
        "since": since,
        "until": until,
        "reasons": list(reasons),
        "limit": limit,
        "offset": offset,
    }
    return connection.execute(query, bound).mappings().all()


def courses(
    connection: Connection, numbers: Sequence[int], reasons: Sequence[str]
) -> Sequence[RowMapping]:
    """The same of some cases from their report on, the oldest first."""
    query = text(
        "select s.id, s.case_id, s.at, s.kind, s.to_state,"
        " case when s.kind = any(cast(:reasons as text[])) then s.reason else '' end as reason"
        " from case_steps s where s.case_id = any(cast(:numbers as bigint[]))"
        " and s.to_state is not null and (s.from_state is distinct from s.to_state"
        "  or s.kind = any(cast(:reasons as text[]))) order by s.case_id, s.id"
    )
    bound = {"numbers": list(numbers), "reasons": list(reasons)}
    return connection.execute(query, bound).mappings().all()


def case_of_code(connection: Connection, code: str) -> int | None:
    """The case that a reporter follows by this code."""
    query = text("select case_id from case_reporters where follow_code = :code")
    number: int | None = connection.execute(query, {"code": code}).scalar_one_or_none()
    return number


def update_came(connection: Connection, number: int, sender: int | None, update: str) -> bool:
    """Whether a sender's update of this number was entered before."""
    query = text(
        "select exists (select from case_steps where case_id = :number and kind = 'told'"
        " and user_id is not distinct from :sender and details ->> 'update_id' = :update)"
    )
    bound = {"number": number, "sender": sender, "update": update}
    return bool(connection.execute(query, bound).scalar_one())


def place_of(connection: Connection, code: str) -> RowMapping | None:
    """Name and inner point of the compound, building, facility or grid of that code."""
    parts = " union all ".join(
        f"select name, st_x(p) as lon, st_y(p) as lat from {layer},"  # noqa: S608 - our own words
        " lateral st_pointonsurface(geom) p where code = :code and upper_inf(held)"
        for layer in ("compounds", "buildings", "facilities", "grids")
    )
    return connection.execute(text(f"{parts} limit 1"), {"code": code}).mappings().one_or_none()
