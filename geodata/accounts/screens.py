"""Several screens that follow one operator: what the leader looks at, told to who follows.

A view is the part of the page's address after ``#``: place and zoom of the map, filters, the open
case's number. Nothing personal: each screen reads with the rights of who is signed in there.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from geodata.accounts.audit import record
from geodata.accounts.permissions import require
from geodata.accounts.tables import screens, users
from geodata.database.listening import END_SECONDS, listen
from geodata.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from geodata.accounts.permissions import Actor
    from geodata.database import Database

CHANNEL: Final = "wangge_screens"
LONGEST_VIEW: Final = 2_000
"""Characters."""
GONE_MINUTES: Final = 15
"""A leader who has not been heard of for so long has gone."""
LISTEN_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 1.0

log = structlog.get_logger("wangge.screens")

_FRESH: Final = screens.c.seen_at > sa.func.now() - sa.text(f"interval '{GONE_MINUTES} minutes'")


@dataclass(frozen=True, slots=True)
class View:
    """What a leader looks at; ``version`` is one more with each view, ``over`` once it ended."""

    code: str
    version: int
    view: str
    leader: str
    over: bool = False


def lead(database: Database, actor: Actor) -> View:
    """Begin to lead, with a new code; what the account led before is over.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: the terminal has no screen.
    """
    require(actor, "see_map")
    if actor.user_id is None:
        raise InvalidInput("Only who is signed in can lead screens.")
    code = f"{secrets.randbelow(900_000) + 100_000}"
    with database.begin() as tx:
        stale = sa.delete(screens).where(sa.or_(screens.c.user_id == actor.user_id, ~_FRESH))
        gone = list(tx.connection.execute(stale.returning(screens.c.code)).scalars())
        tx.connection.execute(insert(screens).values(code=code, user_id=actor.user_id))
        for one in gone:
            _tell(tx.connection, {"code": one, "version": 0, "over": True})
        record(tx, actor, "led_screens", f"screens/{code}")
    return View(code, 0, "", actor.name)


def show(database: Database, actor: Actor, code: str, view: str) -> int:
    """The leader looks at ``view`` now; gives its version.

    Raises:
        NotFound: that is not led by this account, or no more.
        InvalidInput: too long a view.
    """
    require(actor, "see_map")
    if len(view) > LONGEST_VIEW or not view.isascii():
        raise InvalidInput("This is not the view of a page.")
    with database.begin() as tx:
        query = (
            sa.update(screens)
            .where(screens.c.code == code, screens.c.user_id == actor.user_id)
            .values(
                view={"view": view},
                version=screens.c.version + 1,
                seen_at=sa.func.clock_timestamp(),
            )
            .returning(screens.c.version)
        )
        version = tx.connection.execute(query).scalar_one_or_none()
        if version is None:
            raise NotFound("Nobody leads screens by the code %(code)s.", code=code)
        _tell(
            tx.connection,
            {"code": code, "version": version, "view": view, "leader": actor.name},
        )
    return int(version)


def end(database: Database, actor: Actor) -> None:
    """Lead no more; who follows is told."""
    require(actor, "see_map")
    with database.begin() as tx:
        query = sa.delete(screens).where(screens.c.user_id == actor.user_id)
        for code in tx.connection.execute(query.returning(screens.c.code)).scalars().all():
            _tell(tx.connection, {"code": code, "version": 0, "over": True})
            record(tx, actor, "ended_screens", f"screens/{code}")


def led(database: Database, actor: Actor) -> View | None:
    """What the account leads now, on whichever screen."""
    require(actor, "see_map")
    with database.single() as connection:
        found = _views(connection, screens.c.user_id == actor.user_id)
    return found[0] if found else None


def looked_at(database: Database, actor: Actor, code: str) -> View:
    """What the leader of that code looks at.

    Raises:
        NotFound: nobody leads by it.
    """
    require(actor, "see_map")
    with database.single() as connection:
        found = _views(connection, screens.c.code == code)
    if not found:
        raise NotFound("Nobody leads screens by the code %(code)s.", code=code)
    return found[0]


def _views(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[View]:
    query = (
        sa.select(screens.c.code, screens.c.version, screens.c.view, users.c.name)
        .join(users, users.c.id == screens.c.user_id)
        .where(condition, _FRESH)
    )
    return [
        View(row.code, row.version, row.view.get("view", ""), row.name)
        for row in connection.execute(query)
    ]


def _tell(connection: sa.Connection, told: dict[str, Any]) -> None:
    connection.execute(sa.select(sa.func.pg_notify(CHANNEL, orjson.dumps(told).decode())))


class Followed:
    """The views of all leaders, as a process hears of them; asked by each follower's thread."""

    def __init__(self, database: Database) -> None:
        """Begin to listen; ``close`` ends it."""
        self._database = database
        self._views: dict[str, View] = {}
        self._news = threading.Condition()
        self._over = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="screens", daemon=True)
        self._listener.start()

    @property
    def is_over(self) -> bool:
        """Whether it was closed: followers go home."""
        return self._over.is_set()

    def take(self, view: View) -> None:
        """Keep what was read, unless something newer was heard."""
        with self._news:
            known = self._views.get(view.code)
            if known is None or (view.version > known.version and not known.over) or view.over:
                self._views[view.code] = view
                self._news.notify_all()

    def after(self, code: str, seen: int, *, seconds: float) -> View | None:
        """The view after that version, at once if there is one, else what comes in that time."""

        def newer() -> View | None:
            view = self._views.get(code)
            return view if view is not None and (view.over or view.version > seen) else None

        with self._news:
            self._news.wait_for(lambda: newer() is not None or self._over.is_set(), seconds)
            return newer()

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
            caught_up=self._catch_up,
            heard=lambda payload: self._hear(orjson.loads(payload)),
            lost=lambda name: log.warning("screens lost the database and try again", error=name),
        )

    def _catch_up(self) -> None:
        """What was shown, or ended, while nobody listened."""
        with self._database.single() as connection:
            now = {view.code: view for view in _views(connection, sa.true())}
        for code in [code for code in self._views if code not in now]:
            self.take(View(code, 0, "", "", over=True))
        for view in now.values():
            self.take(view)

    def _hear(self, told: dict[str, Any]) -> None:
        self.take(
            View(
                told["code"],
                told["version"],
                told.get("view", ""),
                told.get("leader", ""),
                over=told.get("over", False),
            )
        )
