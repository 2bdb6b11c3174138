"""Layers out, as files that others open; personal data only for who may see it."""

# ruff: noqa: SIM905 - words in a row read better than quoted one by one

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from geodata.accounts import Actor, record, require
from geodata.accounts.store import areas_inside
from geodata.cases.tables import cases
from geodata.database import Database
from geodata.errors import Cancelled, NotFound
from geodata.exchange.copying_out import ASIDE, lay
from geodata.exchange.fields import SHAPES, fields_of
from geodata.exchange.outgoing import PLACE, Outgoing, told
from geodata.exchange.spreading import spread
from geodata.exchange.writing import place_for, refuse_too_many, write_rows
from geodata.places.tables import LAYERS
from geodata.profiles import Profile, load_profile

_GEOMETRY = {"polygon": "MultiPolygon", "line": "LineString", "point": "Point"}
_TIMES = frozenset("reported_at due_at updated_at closed_at".split())
_WHOLE = frozenset("households residents floors entrances elderly".split())
_TRUTHS = frozenset("closed oneway bridge tunnel".split())

Progress = Callable[[str, float], None]


def export_layer(
    database: Database,
    actor: Actor,
    layer: str,
    path: str | Path,
    *,
    at: date | datetime | None = None,
    profile: Profile | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Write a layer to a file, by its ending; see ``writing.write_rows``.

    Args:
        database: Where from.
        actor: Who; needs ``export``. Free text, reporters and what was kept aside of cases come
            only with ``see_personal``, and only in the areas of duty; reading them is audited.
        layer: One of the seven layers.
        path: The file; replaced if it is there.
        at: The layer of that instant, or of the end of that local day; absent: as it is now.
            Of cases, those reported until then.
        profile: The city's; gives the local time. Absent: the shipped one.
        progress: Called with what is being done and the share done, 0 to 1.
        cancelled: Asked after each batch; a yes raises Cancelled and leaves no file.

    Returns:
        How many features were written.

    Raises:
        NotFound: No such layer.
        NotAllowed: The role may not export.
        InvalidInput: An ending that is not written, or more rows than Excel takes.
        Cancelled: ``cancelled`` said so.
        Unavailable: The disk is full, or the database away.
    """
    profile = profile or load_profile("linyi")
    require(actor, "export")
    if layer not in SHAPES:
        raise NotFound(
            "There is no layer %(layer)s; the layers are %(known)s.",
            layer=layer,
            known=", ".join(SHAPES),
        )
    moment = _moment(at, profile)
    personal = layer == "cases" and actor.may("see_personal")
    path = Path(path)
    course = _Course(progress or (lambda _stage, _share: None), cancelled or (lambda: False))
    with place_for(path) as part:
        with database.read() as connection:
            query = (
                _cases(connection, actor, moment, personal=personal)
                if layer == "cases"
                else _places(layer, moment)
            )
            course.total = _count(connection, query)
            refuse_too_many(path, course.total)
            schema = _schema(query, profile)
            aside = part.with_name("laid")
            aside.mkdir()
            laid = lay(connection, query, schema, aside / "rows", course.read)
        rows = spread(laid)
        outgoing = Outgoing(
            rows.schema,
            told(rows.batches(), course.written),
            laid.count,
            _GEOMETRY[SHAPES[layer]],
            laid.placeless,
        )
        write_rows(outgoing, part, name=layer)
    with database.begin() as tx:
        record(tx, actor, "exported", layer, filename=path.name, rows=laid.count)
        if personal and laid.count:
            record(tx, actor, "read_personal", layer, rows=laid.count, by="export")
    return laid.count


@dataclass
class _Course:
    """How far it is, and whether it shall go on."""

    progress: Progress
    cancelled: Callable[[], bool]
    total: int = 0

    def read(self, rows: int) -> None:
        self._tell("reading", 0.3 * rows / max(self.total, 1))

    def written(self, rows: int) -> None:
        self._tell("writing", 0.3 + 0.7 * rows / max(self.total, 1))

    def _tell(self, stage: str, share: float) -> None:
        self.progress(stage, share)
        if self.cancelled():
            raise Cancelled("Stopped; nothing was kept.")


def _moment(at: date | datetime | None, profile: Profile) -> datetime | None:
    if at is None:
        return None
    if isinstance(at, datetime):
        return at if at.tzinfo else at.replace(tzinfo=profile.zone)
    tomorrow = datetime.combine(at + timedelta(days=1), clock.min, tzinfo=profile.zone)
    return tomorrow - timedelta(microseconds=1)


def _places(layer: str, at: datetime | None) -> sa.Select[Any]:
    table = LAYERS[layer]
    names = [c.name for c in table.c if c.name not in {"id", "held", "import_id", "geom"}]
    held = (
        table.c.held.op("@>")(sa.func.now())
        if at is None
        else table.c.held.contains(sa.literal(at, sa.DateTime(timezone=True)))
    )
    columns = [table.c[name] for name in names]
    query = sa.select(*map(_said, columns), _digits(table.c.geom))
    return query.where(held).order_by(table.c.code)


def _cases(
    connection: sa.Connection, actor: Actor, at: datetime | None, *, personal: bool
) -> sa.Select[Any]:
    hidden = {field.name for field in fields_of("cases") if field.personal} | {ASIDE}
    fields = [field.name for field in fields_of("cases")]
    names = [*fields, "updated_at", "area_code", "grid_code", "compound_code", ASIDE]
    columns: list[Any] = [cases.c[n] for n in names if personal or n not in hidden]
    if personal and actor.areas:
        known = list(connection.execute(sa.select(cases.c.area_code).distinct()).scalars())
        codes = [code for code in known if code is not None]
        mine = areas_inside(connection, codes, of=actor.areas) | (set(codes) & actor.areas)
        within = cases.c.area_code == sa.any_(sa.literal(sorted(mine), sa.ARRAY(sa.Text)))
        columns = [
            sa.case((within, column)).label(column.name) if column.name in hidden else column
            for column in columns
        ]
    query = sa.select(*map(_said, columns), _digits(cases.c.geom))
    if at is not None:
        query = query.where(cases.c.reported_at <= at)
    return query.order_by(cases.c.reported_at, cases.c.id)


def _said(column: Any) -> Any:
    """A column as it goes out: lists in one text, what was kept aside as JSON."""
    if column.name == "equipment":
        return sa.func.array_to_string(column, "、").label(column.name)
    return column


def _digits(column: Any) -> Any:
    wkb = sa.func.ST_AsBinary(column, type_=sa.LargeBinary)
    return sa.func.encode(wkb, "hex", type_=sa.Text).label(PLACE)


def _count(connection: sa.Connection, query: sa.Select[Any]) -> int:
    rows = query.order_by(None).with_only_columns(sa.func.count(), maintain_column_froms=True)
    return int(connection.execute(rows).scalar_one())


def _schema(query: sa.Select[Any], profile: Profile) -> pa.Schema:
    def kind(name: str) -> pa.DataType:
        if name in _TIMES:
            return pa.timestamp("us", profile.timezone)
        if name in _WHOLE:
            return pa.int64()
        if name in _TRUTHS:
            return pa.bool_()
        if name == "floor_area_m2":
            return pa.float64()
        return pa.binary() if name == PLACE else pa.string()

    return pa.schema([(column.name, kind(column.name)) for column in query.selected_columns])
