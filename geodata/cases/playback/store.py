"""SQL of the playback: cases open in a period and what is entered of their states, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import numpy as np
import psycopg
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata.cases.map.columns import NONE

Columns = dict[str, NDArray[Any]]
UNKNOWN: Final = -2
"""The position of a state that is not among those given."""

# Each part of the "or" is a scan of the index of closed_at.
_OPEN_IN: Final = (
    "c.reported_at < :until and (c.closed_at >= :since"
    " or (c.closed_at is null and c.state = any(cast(:open_states as text[]))))"
)
_UP: Final = "coalesce(ceil(extract(epoch from {0}) / 60)::int4, {1})"
_DOWN: Final = "coalesce(floor(extract(epoch from {0}) / 60)::int4, {1})"


def count(connection: sa.Connection, where: str, values: Mapping[str, Any]) -> int:
    """How many cases were open at some moment of the period."""
    query = sa.text(f"select count(*) from cases c where {_OPEN_IN} and ({where})")  # noqa: S608
    return int(connection.execute(query, values).scalar_one())


def states(connection: sa.Connection, known: Sequence[str], *, entered: bool = False) -> list[str]:
    """The states of the profile, then those that cases have besides.

    With ``entered`` also those that only entries have: all entries are read for it.
    """
    query = "select distinct state from case_cells where zoom = 0"
    if entered:
        query += (
            " union select distinct from_state from case_steps where from_state <> all(:known)"
            " union select distinct to_state from case_steps where to_state <> all(:known)"
        )
    values = {"known": list(known)} if entered else {}
    found = set(connection.execute(sa.text(query), values).scalars()) - {None}
    return [*known, *sorted(found - set(known))][:255]


def cases(
    connection: sa.Connection,
    where: str,
    values: Mapping[str, Any],
    state_keys: Sequence[str],
    categories: Sequence[str],
    *,
    limit: int,
) -> Columns:
    """At most ``limit`` cases in the order of ``id``; whole minutes, rounded up, ``due`` down."""
    fields = (
        ("id", ">i8", "c.id"),
        ("lon", ">i4", f"coalesce(round(st_x(c.geom) * 1e7)::int4, {NONE})"),
        ("lat", ">i4", f"coalesce(round(st_y(c.geom) * 1e7)::int4, {NONE})"),
        ("reported", ">i4", _UP.format("c.reported_at", NONE)),
        ("closed", ">i4", _UP.format("c.closed_at", NONE)),
        ("updated", ">i4", _UP.format("c.updated_at", NONE)),
        ("due", ">i4", _DOWN.format("c.due_at", NONE)),
        ("state", ">i2", _position("c.state", "state_keys", "0")),
        ("category", ">i2", _position("c.category", "categories", "-1")),
    )
    source = f"from cases c where {_OPEN_IN} and ({where}) order by c.id limit :limit"
    bound = {
        **values,
        "limit": limit,
        "state_keys": list(state_keys),
        "categories": list(categories),
    }
    return _copied(connection, fields, source, bound)


def steps(
    connection: sa.Connection, where: str, values: Mapping[str, Any], state_keys: Sequence[str]
) -> Columns:
    """The entries that changed the state of these cases, in the order of case and entry.

    ``from_state`` is −1 if there was none, both are ``UNKNOWN`` if it is not of ``state_keys``.
    """
    was = _position("s.from_state", "state_keys", str(UNKNOWN))
    fields = (
        ("case_id", ">i8", "s.case_id"),
        ("moment", ">i4", _UP.format("s.at", NONE)),
        ("from_state", ">i2", f"case when s.from_state is null then -1::int2 else {was} end"),
        ("to_state", ">i2", _position("s.to_state", "state_keys", str(UNKNOWN))),
    )
    source = (
        "from case_steps s join cases c on c.id = s.case_id"
        f" where {_OPEN_IN} and ({where}) and s.to_state is not null"
        " and s.to_state is distinct from s.from_state order by s.case_id, s.id"
    )
    return _copied(connection, fields, source, {**values, "state_keys": list(state_keys)})


def is_any_unknown(steps: Columns) -> bool:
    """Whether an entry names a state that was not among those given."""
    return any((steps[name] == UNKNOWN).any() for name in ("from_state", "to_state"))


def _position(column: str, keys: str, missing: str) -> str:
    return f"coalesce(array_position(cast(:{keys} as text[]), {column}) - 1, {missing})::int2"


def _copied(
    connection: sa.Connection,
    fields: Sequence[tuple[str, str, str]],
    source: str,
    values: Mapping[str, Any],
) -> Columns:
    """A question's answer by binary COPY: no field is null, so all rows are of one length."""
    selected = ", ".join(sql for _, _, sql in fields)
    query = f"copy (select {selected} {source}) to stdout (format binary)"
    for name in sorted(values, key=len, reverse=True):
        query = query.replace(f":{name}", f"%({name})s")
    raw = bytearray()
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(query, dict(values)) as copy:
        for block in copy:
            raw += block
    row = [("fields", ">i2")]
    for name, kind, _ in fields:
        row += [(f"{name}_length", ">i4"), (name, kind)]
    dtype = np.dtype(row)
    head = 19 + int.from_bytes(raw[15:19], "big")
    rows = np.frombuffer(raw, dtype, count=(len(raw) - head - 2) // dtype.itemsize, offset=head)
    return {name: rows[name].astype(kind.replace(">", "<")) for name, kind, _ in fields}
