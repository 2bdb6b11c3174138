"""The generated city into the database: whole or not at all."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import sqlalchemy as sa

from geodata.accounts import Actor, passwords, record, require, users
from geodata.cases.incoming import entering
from geodata.cases.incoming.indexing import filled_at_once
from geodata.cases.tables import cases as cases_table
from geodata.database import Database, Transaction
from geodata.database.copying import Same, copy_rows
from geodata.demo.city import DEFAULT_SEED, City, DemoUser, generate
from geodata.demo.rooms import empty_rooms, store_rooms
from geodata.demo.staffing import staff
from geodata.demo.vacancy import NOT_GENERATED, OF_CASES, TABLES, taken, taken_in
from geodata.errors import Conflict
from geodata.exchange.tables import imports
from geodata.places.tables import LAYERS, place_aliases
from geodata.profiles import Profile

Progress = Callable[[str, float], None]
ATTRIBUTION = "合成数据（示范区）"
_MANY_CASES = 400_000
"""From so many cases on, making the indexes takes long enough to be told of."""


@dataclass(frozen=True)
class Loaded:
    """What was stored, and how to sign in."""

    counts: dict[str, int]
    """By layer what is in force now; former versions are stored besides."""
    users: tuple[DemoUser, ...]
    password: str
    until: datetime
    seconds: float


def load(  # noqa: PLR0913 - options by keyword
    database: Database,
    *,
    scale: int = 1,
    seed: int = DEFAULT_SEED,
    until: datetime | None = None,
    cases: int | None = None,
    password: str | None = None,
    accounts: bool = True,
    replace: bool = False,
    profile: Profile | None = None,
    actor: Actor | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Generate the city and store it in one transaction; add the demo accounts.

    ``until`` is the city's now; without it the present hour, so that the command centre has a
    today. ``password`` is that of all demo accounts; without it one is made. Without ``accounts``
    none is added or changed. ``replace`` empties the layers first if all that they hold is
    generated. ``progress(stage, share)`` is told how far it is; what it raises before "measuring"
    leaves nothing behind.

    Raises:
        Conflict: the database holds something already.
        InvalidInput: a scale, number of cases or password that cannot be.
    """
    actor = actor or Actor.terminal()
    require(actor, "import")
    require(actor, "manage_users")
    tell = progress or (lambda _stage, _share: None)
    password = (password or passwords.invent()) if accounts else ""
    if accounts:
        passwords.check_new(password, name="admin")
    started = time.monotonic()
    _refuse_if_taken(database, replace=replace)
    tell("generating", 0.0)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    city = generate(scale=scale, seed=seed, until=until or now, cases=cases, profile=profile)
    tell("generating", 0.15)
    with database.begin() as tx:
        _refuse_if_taken_inside(tx, replace=replace)
        if replace:
            _empty(tx)
        counts = _store(tx, city, tell, by=actor.name)
        record(tx, actor, "demo_loaded", "demo", scale=scale, seed=seed, **counts)
    tell("measuring", 0.95)
    _measure(database)
    added = city.users if accounts else ()
    _add_users(database, actor, added, password)
    if accounts:
        staff(database, actor, city)
    tell("done", 1.0)
    return Loaded(counts, added, password, city.until, time.monotonic() - started)


def _refuse_if_taken(database: Database, *, replace: bool) -> None:
    _refuse(taken(database), replace=replace)


def _refuse(found: tuple[str, bool] | None, *, replace: bool) -> None:
    if found is None:
        return
    layer, generated = found
    if not replace:
        raise Conflict(
            "The layer %(layer)s is not empty: load the demo city into an empty database, or give "
            "--replace if all of it is generated.",
            layer=layer,
        )
    if not generated:
        raise Conflict(NOT_GENERATED, layer=layer)


def _refuse_if_taken_inside(tx: Transaction, *, replace: bool) -> None:
    """The same once more under a lock: nothing may come in between the look and the deed."""
    names = ", ".join(TABLES)
    tx.connection.execute(sa.text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    _refuse(taken_in(tx.connection), replace=replace)


def _empty(tx: Transaction) -> None:
    """Remove a generated city, what was written down about its import, and all about its cases.

    The entries of cases are never edited; those of generated ones go with them. Their photos are
    swept from the disk by the next night.
    """
    connection = tx.connection
    connection.execute(sa.text("ALTER TABLE case_steps DISABLE TRIGGER case_steps_stay"))
    for name in (*TABLES, *(table.name for table in OF_CASES)):
        connection.execute(sa.text(f"TRUNCATE {name}"))
    connection.execute(sa.text("ALTER TABLE case_steps ENABLE TRIGGER case_steps_stay"))
    empty_rooms(connection)
    connection.execute(sa.update(place_aliases).values(case_id=None))
    tx.connection.execute(sa.delete(imports).where(imports.c.report["synthetic"].astext == "true"))


def _store(tx: Transaction, city: City, tell: Progress, *, by: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, frame in city.layers().items():
        tell(name, 0.15 + 0.02 * len(counts))
        counts[name] = _store_layer(tx, city, name, frame)
    counts["rooms"] = store_rooms(tx.connection, city)
    tell("cases", 0.3)
    number = _note(tx, city, "cases")
    done = 0
    many = city.case_count >= _MANY_CASES
    share = (0.35 if many else 0.6) / max(1, city.case_count)

    def indexing(made: float) -> None:
        if many:
            tell("indexing", 0.65 + 0.3 * made)

    with filled_at_once(tx.connection, rows=city.case_count, told=indexing):

        def so_far(rows: int, _total: int) -> None:
            tell("cases", 0.3 + share * (done + rows))

        for chunk in city.cases():
            done += copy_rows(
                tx.connection,
                cases_table,
                {**chunk, "import_id": Same(number), "extra": Same({"synthetic": True})},
                progress=so_far,
            )
            so_far(0, 0)
    counts["cases"] = done
    first = city.profile.first_state
    entering.enter_generated(tx.connection, entering.By(None, by, number), first=first)
    tx.changed("cases", None, "loaded", rows=done, synthetic=True)
    return counts


def _store_layer(tx: Transaction, city: City, name: str, frame: gpd.GeoDataFrame) -> int:
    ordered = frame.iloc[frame.geometry.hilbert_distance().argsort(kind="stable")]
    table = LAYERS[name]
    columns: dict[str, Any] = {
        column: ordered[column] for column in ordered.columns if column in table.c
    }
    extra = ordered["extra"] if "extra" in ordered else [{}] * len(ordered)
    columns["extra"] = [{"synthetic": True, **more} for more in extra]
    columns["held"] = [
        (_bound(since), _bound(ended))
        for since, ended in zip(ordered["since"], ordered["ended"], strict=True)
    ]
    columns["import_id"] = Same(_note(tx, city, name))
    columns["geom"] = ordered.geometry.to_numpy()
    count = copy_rows(tx.connection, table, columns)
    tx.changed(name, None, "loaded", rows=count, synthetic=True)
    return int(ordered["ended"].isna().sum())


def _bound(moment: Any) -> datetime | None:
    return None if pd.isna(moment) else pd.Timestamp(moment).to_pydatetime()


def _note(tx: Transaction, city: City, layer: str) -> int:
    """Write down where the layer is from; the pages read ``synthetic`` from here."""
    wish = {
        "scale": city.scale,
        "seed": city.seed,
        "until": city.until.isoformat(),
        "cases": city.case_count,
    }
    number: int = tx.connection.execute(
        sa.insert(imports)
        .values(
            layer=layer,
            filename="wangge demo load",
            sha256=hashlib.sha256(repr(sorted(wish.items())).encode()).hexdigest(),
            crs="EPSG:4326",
            report={"synthetic": True, **wish},
            attribution=ATTRIBUTION,
        )
        .returning(imports.c.id)
    ).scalar_one()
    return number


def _measure(database: Database) -> None:
    """Let the planner of queries know the new tables."""
    with database.engine.connect() as connection:
        single = connection.execution_options(isolation_level="AUTOCOMMIT")
        for name in TABLES:
            single.execute(sa.text(f"VACUUM ANALYZE {name}"))


def _add_users(
    database: Database, actor: Actor, wanted: tuple[DemoUser, ...], password: str
) -> None:
    """The demo accounts; those that are there already keep all but their password."""
    for user in wanted:
        try:
            users.add_user(
                database,
                actor,
                user.name,
                role=user.role,
                password=password,
                areas=user.areas,
                display_name=user.display_name,
            )
        except Conflict:
            users.set_password(database, actor, user.name, password)
