"""Words at a place of a draft, and who else may read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from geodata.accounts import record
from geodata.accounts.users import user_named
from geodata.errors import InvalidInput, NotFound
from geodata.plans import store_people
from geodata.plans.drafting import drawable, readable

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

LONGEST_REMARK: Final = 2_000


@dataclass(frozen=True)
class Remark:
    """Words at a place; longitude and latitude in WGS 84 degrees."""

    id: int
    at: datetime
    actor: str
    revision: int
    words: str
    lon: float
    lat: float


def comment(
    database: Database, actor: Actor, plan_id: int, words: str, *, lon: float, lat: float
) -> int:
    """Remark at a place; everybody who may read the draft may. Gives the remark's number."""
    if not words.strip() or len(words) > LONGEST_REMARK:
        raise InvalidInput("Write between 1 and %(most)s characters.", most=LONGEST_REMARK)
    with database.begin() as tx:
        row = readable(tx.connection, actor, plan_id)
        number = store_people.add_comment(
            tx.connection,
            lon=lon,
            lat=lat,
            plan_id=plan_id,
            user_id=actor.user_id,
            actor=actor.name,
            revision=row.revision,
            words=words.strip(),
        )
        tx.changed("plans", str(plan_id), "remarked")
        record(tx, actor, "remarked_on_draft", f"plans/{plan_id}", comment=number)
    return number


def comments(database: Database, actor: Actor, plan_id: int) -> list[Remark]:
    """All remarks, the oldest first."""
    with database.read() as connection:
        readable(connection, actor, plan_id)
        return [
            Remark(row.id, row.at, row.actor, row.revision, row.words, row.lon, row.lat)
            for row in store_people.comments(connection, plan_id)
        ]


def share(database: Database, actor: Actor, plan_id: int, user: str) -> None:
    """Let another user read a draft and remark on it, but not change it."""
    reader = user_named(database, user)
    with database.begin() as tx:
        drawable(tx.connection, actor, plan_id, published_too=True)
        store_people.share(tx.connection, plan_id, reader.id, actor.name)
        tx.changed("plans", str(plan_id), "shared")
        record(tx, actor, "shared_draft", f"plans/{plan_id}", reader=reader.name)


def unshare(database: Database, actor: Actor, plan_id: int, user: str) -> None:
    """Take that back; raises NotFound if it was not shared with that user."""
    reader = user_named(database, user)
    with database.begin() as tx:
        drawable(tx.connection, actor, plan_id, published_too=True)
        if not store_people.unshare(tx.connection, plan_id, reader.id):
            raise NotFound("The draft is not shared with %(user)s.", user=user)
        tx.changed("plans", str(plan_id), "shared")
        record(tx, actor, "unshared_draft", f"plans/{plan_id}", reader=reader.name)


def readers(database: Database, actor: Actor, plan_id: int) -> list[str]:
    """The names of those with whom it is shared."""
    with database.read() as connection:
        readable(connection, actor, plan_id)
        return [row.name for row in store_people.readers(connection, plan_id)]


@dataclass(frozen=True)
class Account:
    """Somebody with whom a draft may be shared."""

    name: str
    display_name: str
    role: str


def possible_readers(database: Database, actor: Actor, plan_id: int) -> list[Account]:
    """The accounts with whom a draft is not shared yet, one's own left out, by name."""
    with database.begin() as tx:
        drawable(tx.connection, actor, plan_id, published_too=True)
        already = {row.name for row in store_people.readers(tx.connection, plan_id)}
        return [
            Account(row.name, row.display_name, row.role)
            for row in store_people.accounts(tx.connection)
            if row.id != actor.user_id and row.name not in already
        ]
