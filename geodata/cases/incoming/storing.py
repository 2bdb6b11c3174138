"""Cases by the hundred thousand: new ones appended by COPY, known ones brought up to date.

A case is known by its source and the number that its source gave it. What a file does not say is
kept; a case whose place and time did not change keeps its area, grid and compound.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from geoalchemy2 import Geometry
from numpy.typing import NDArray

from geodata.cases.incoming import entering
from geodata.cases.incoming.indexing import PutOff
from geodata.cases.map import crowds
from geodata.cases.tables import cases
from geodata.database.copying import Same, copy_rows

_PLACED = ("area_code", "grid_code", "compound_code")
_FOUND = ("geom", "place_state", "place_score", *_PLACED)
"""What the place of a case is stored in."""
_NEVER_COMPARED = frozenset({"source", "external_id", "import_id", "ordinal", *_PLACED})


@dataclass(frozen=True, slots=True)
class CasesStored:
    """How many cases came, changed and stayed; and rows that named a case of a row before.

    ``held``: cases that are worked on here, whose state the rows would have set otherwise.
    """

    added: int
    changed: int
    unchanged: int
    repeated: int
    held: int = 0


class CaseLoad:
    """Brings chunks of cases into the table, all in one transaction."""

    def __init__(
        self,
        connection: sa.Connection,
        *,
        by: entering.By,
        only_new: Collection[str] = (),
        large: bool = False,
    ) -> None:
        """Get ready to load.

        Args:
            connection: Of the transaction.
            by: Whose entries the cases get.
            only_new: Columns that a new case gets and a known one keeps.
            large: Many rows are coming: an empty table gets its indexes when all are there,
                which is several times faster; nobody can read it meanwhile.
        """
        self._connection = connection
        self._by = by
        self._newest = entering.newest_case(connection)
        self._only_new = frozenset(only_new)
        self._fresh = connection.execute(sa.select(cases.c.id).limit(1)).first() is None
        self._indexes = PutOff(connection) if large and self._fresh else None
        self._seen = np.empty(0, dtype=np.uint64)
        self._waiting: sa.Table | None = None
        self._repeats = False
        self._says: list[str] = []
        self._added = 0
        self._rows = 0

    def add(
        self, columns: Mapping[str, Any], *, cancelled: Callable[[], bool] | None = None
    ) -> None:
        """Take one chunk.

        Args:
            columns: Columns for ``copy_rows``; ``source`` and ``external_id`` as arrow strings
                without nulls. All chunks must have the same columns.
            cancelled: Asked now and then; a yes raises Cancelled.
        """
        count = len(columns["external_id"])
        if not count:
            return
        known = self._known(columns["source"], columns["external_id"])
        if not known.any():
            copy_rows(self._connection, cases, columns, cancelled=cancelled)
        else:
            fresh = {name: _filtered(column, ~known) for name, column in columns.items()}
            if not known.all():
                copy_rows(self._connection, cases, fresh, cancelled=cancelled)
            again = {name: _filtered(column, known) for name, column in columns.items()}
            again["ordinal"] = self._rows + np.flatnonzero(known)
            copy_rows(self._connection, self._table(list(columns)), again, cancelled=cancelled)
        self._added += int((~known).sum())
        self._rows += count

    def finish(self) -> CasesStored:
        """Bring the known cases up to date, and note where cases crowd now."""
        if self._indexes is not None:
            self._indexes.make()
        stored = self._bring_known()
        if stored.added:
            entering.enter_new(self._connection, self._by, after=self._newest)
        if stored.added >= crowds.CROWD_OF_PLACE:
            crowds.refine(self._connection)
        return stored

    def _bring_known(self) -> CasesStored:
        if self._waiting is None:
            return CasesStored(self._added, 0, 0, 0)
        waiting = self._waiting
        total = self._count(waiting)
        if self._repeats:
            self._connection.execute(
                sa.text(
                    "DELETE FROM waiting_cases w USING ("
                    " SELECT source, external_id, max(ordinal) AS last FROM waiting_cases"
                    " GROUP BY source, external_id HAVING count(*) > 1) m"
                    " WHERE w.source = m.source AND w.external_id = m.external_id"
                    " AND w.ordinal < m.last"
                )
            )
        self._connection.execute(sa.text("ANALYZE waiting_cases"))
        single = self._count(waiting) if self._repeats else total
        own = self._update_own(waiting)
        held = entering.hold(self._connection, waiting, self._says, self._only_new)
        changed = self._update(waiting)
        added = self._insert_rest(waiting)
        self._connection.execute(sa.text("DROP TABLE waiting_cases"))
        unchanged = single - own - changed - added
        return CasesStored(self._added + added, changed, unchanged, total - single + own, held)

    def _known(self, sources: pa.Array, numbers: pa.Array) -> NDArray[np.bool_]:
        """Rows whose case is in the table, or came earlier in this file."""
        keys = pc.binary_join_element_wise(sources, numbers, "\x1f")
        hashes = pd.util.hash_array(keys.to_numpy(zero_copy_only=False), categorize=False)
        at = np.searchsorted(self._seen, hashes)
        at[at == len(self._seen)] = 0
        known = self._seen[at] == hashes if len(self._seen) else np.zeros(len(hashes), dtype=bool)
        known |= pd.Series(hashes).duplicated().to_numpy()
        self._repeats = self._repeats or bool(known.any())
        self._seen = np.sort(np.concatenate((self._seen, hashes)))
        if not self._fresh:
            found = self._connection.execute(
                sa.text(
                    "SELECT i.n FROM unnest(cast(:sources AS text[]), cast(:numbers AS text[]))"
                    " WITH ORDINALITY AS i (source, number, n)"
                    " JOIN cases c ON c.source = i.source AND c.external_id = i.number"
                ),
                {"sources": sources.to_pylist(), "numbers": numbers.to_pylist()},
            )
            known[np.array(found.scalars().all(), dtype=np.int64) - 1] = True
        return np.asarray(known)

    def _table(self, names: list[str]) -> sa.Table:
        if self._waiting is None:
            self._says = names
            self._waiting = sa.Table(
                "waiting_cases",
                sa.MetaData(),
                *(sa.Column(name, _type(cases.c[name])) for name in names),
                sa.Column("ordinal", sa.BigInteger),
                prefixes=["TEMPORARY"],
            )
            self._connection.execute(sa.text("DROP TABLE IF EXISTS waiting_cases"))
            self._waiting.create(self._connection)
        return self._waiting

    def _count(self, waiting: sa.Table) -> int:
        count = self._connection.execute(sa.select(sa.func.count()).select_from(waiting))
        return int(count.scalar_one())

    def _update_own(self, waiting: sa.Table) -> int:
        """Rows that name a case which this very file has brought; they are no changes."""
        if not self._repeats:
            return 0
        own = sa.and_(
            cases.c.source == waiting.c.source,
            cases.c.external_id == waiting.c.external_id,
            cases.c.import_id == waiting.c.import_id,
        )
        count = sa.select(sa.func.count()).select_from(sa.join(waiting, cases, own))
        found = int(self._connection.execute(count).scalar_one())
        if found:
            self._update(waiting, cases.c.import_id == waiting.c.import_id)
        return found

    def _update(self, waiting: sa.Table, which: Any = None) -> int:
        silent = _NEVER_COMPARED | self._only_new
        compared = [name for name in self._says if name not in silent]
        keeps = self._keeps_place(waiting)

        def differ(name: str) -> Any:
            here: Any = cases.c[name]
            if name == "place_state":  # that of a file without addresses is not written
                given = sa.case((cases.c.geom.is_not(None), "given"))
                here = sa.func.coalesce(here, given)
            other = here.is_distinct_from(waiting.c[name])
            return sa.and_(other, sa.not_(keeps)) if name in _FOUND else other

        moved = [differ(name) for name in ("geom", "reported_at") if name in self._says]
        stays = sa.not_(sa.or_(sa.false(), *moved))
        values: dict[str, Any] = {name: waiting.c[name] for name in compared}
        differs = [differ(name) for name in compared]
        for name in _PLACED:
            if name not in self._says:
                continue
            values[name] = sa.case(
                (stays, sa.func.coalesce(cases.c[name], waiting.c[name])), else_=waiting.c[name]
            )
            # A case that came before its grid finds it when its file comes again.
            differs.append(sa.and_(cases.c[name].is_(None), waiting.c[name].is_not(None)))
        for name in _FOUND:
            if name in values:
                values[name] = sa.case((keeps, cases.c[name]), else_=values[name])
        if "import_id" in self._says:
            values["import_id"] = waiting.c.import_id
        if "state" in compared:
            moves = cases.c.state.is_distinct_from(waiting.c.state)
            values["stage_since"] = sa.case((moves, sa.func.now()), else_=cases.c.stage_since)
            values["revision"] = cases.c.revision + sa.cast(moves, sa.Integer)
        changed = (
            sa.update(cases)
            .where(cases.c.source == waiting.c.source)
            .where(cases.c.external_id == waiting.c.external_id)
            .where(sa.or_(sa.false(), *differs))
            .values(updated_at=sa.func.now(), **values)
        )
        if which is not None:
            return self._connection.execute(changed.where(which)).rowcount
        return entering.enter_changed(self._connection, self._by, changed)

    def _keeps_place(self, waiting: sa.Table) -> sa.ColumnElement[bool]:
        """Cases that a row without coordinates leaves where they are: placed by more than words."""
        if "place_state" not in self._says:
            return sa.false()
        own = cases.c.place_state
        return sa.and_(
            waiting.c.place_state.is_distinct_from("given"),
            cases.c.geom.is_not(None),
            sa.or_(own.is_(None), own.in_(["given", "chosen"])),
        )

    def _insert_rest(self, waiting: sa.Table) -> int:
        """Rows that only shared a hash with another."""
        absent = ~sa.exists().where(
            sa.and_(
                cases.c.source == waiting.c.source, cases.c.external_id == waiting.c.external_id
            )
        )
        return self._connection.execute(
            sa.insert(cases).from_select(
                self._says, sa.select(*(waiting.c[name] for name in self._says)).where(absent)
            ),
            execution_options={"preserve_rowcount": True},
        ).rowcount


def place_waiting(
    connection: sa.Connection,
    column: str,
    bounds: tuple[float, float, float, float],
    locate: Callable[[Any, Any, Any], NDArray[np.object_]],
    *,
    at_once: int = 200_000,
) -> int:
    """Give cases that came before their area, grid or compound its code; gives their number.

    Args:
        connection: Of the transaction.
        column: ``area_code``, ``grid_code`` or ``compound_code``; a case that has one keeps it.
        bounds: West, south, east and north of all that a case may lie in, WGS 84.
        locate: Codes, or None, of longitudes, latitudes and instants of report.
        at_once: How many cases are looked at at a time.
    """
    placed = sa.Table(
        "placed_cases",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger),
        sa.Column("code", sa.Text),
        prefixes=["TEMPORARY"],
    )
    connection.execute(sa.text("DROP TABLE IF EXISTS placed_cases"))
    placed.create(connection)
    query = (
        sa.select(
            cases.c.id,
            sa.func.ST_X(cases.c.geom),
            sa.func.ST_Y(cases.c.geom),
            cases.c.reported_at,
        )
        .where(cases.c[column].is_(None))
        .where(cases.c.geom.op("&&")(sa.func.ST_MakeEnvelope(*bounds, 4326)))
        .order_by(cases.c.id)
        .limit(at_once)
    )
    last = None
    while True:
        more = query if last is None else query.where(cases.c.id > last)
        rows = pd.DataFrame(connection.execute(more).all(), columns=["id", "x", "y", "at"])
        if rows.empty:
            break
        last = int(rows["id"].iloc[-1])
        at = pd.to_datetime(rows["at"], utc=True).dt.tz_localize(None).to_numpy("datetime64[us]")
        codes = locate(rows["x"].to_numpy(), rows["y"].to_numpy(), at)
        found = np.array([code is not None for code in codes], dtype=bool)
        if found.any():
            ids = rows["id"].to_numpy(dtype=np.int64)[found]
            copy_rows(connection, placed, {"id": ids, "code": pa.array(codes[found], pa.string())})
    connection.execute(sa.text("ANALYZE placed_cases"))
    count = connection.execute(
        sa.update(cases)
        .where(cases.c.id == placed.c.id)
        .where(cases.c[column].is_(None))
        .values({column: placed.c.code})
    ).rowcount
    connection.execute(sa.text("DROP TABLE placed_cases"))
    return count


def _filtered(column: Any, mask: NDArray[np.bool_]) -> Any:
    if isinstance(column, Same):
        return column
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return column.filter(pa.array(mask))
    if isinstance(column, list):
        return [one for one, kept in zip(column, mask, strict=True) if kept]
    return column[mask]


def _type(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, Geometry):
        return Geometry("POINT", srid=4326, spatial_index=False)
    return column.type
