"""Words at a place of a draft, and who else may read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import record
from geodata.accounts.users import user_named
from geodata.errors import InvalidInput, NotAllowed, NotFound, StaleRevision
from geodata.plans import store_people
from geodata.plans.drafts import LARGEST_PLAN, drawable, readable

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

LONGEST_REMARK: Final = 2_000


@dataclass(frozen=True)
class Remark:
    """Words at a place; longitude and latitude in WGS 84 degrees.

    ``version`` counts how often its words were written, ``edited_at`` and ``edited_by`` tell of
    the last time after the first; ``own``: who asks wrote it and may edit it.
    """

    id: int
    at: datetime
    actor: str
    revision: int
    words: str
    lon: float
    lat: float
    version: int
    edited_at: datetime | None
    edited_by: str | None
    own: bool


def comment(
    database: Database, actor: Actor, plan_id: int, words: str, *, lon: float, lat: float
) -> int:
    """Remark at a place; everybody who may read the draft may. Gives the remark's number."""
    said = _checked(words)
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
            words=said,
        )
        tx.changed("plans", str(plan_id), "remarked")
        record(tx, actor, "remarked_on_draft", f"plans/{plan_id}", comment=number)
    return number


def edit(
    database: Database, actor: Actor, plan_id: int, number: int, words: str, *, version: int
) -> int:
    """Write one's own remark anew, where it is; gives its new version.

    Args:
        database: Where.
        actor: Who wrote it, and may still read the draft.
        plan_id: Which draft.
        number: Which remark.
        words: What it shall say.
        version: The one that was looked at.

    Raises:
        NotFound: no such draft, or no such remark on it.
        NotAllowed: somebody else's, or the draft is not shared any more.
        StaleRevision: it was edited meanwhile; ``remark`` says what it is now.
        InvalidInput: no words, or too many.
    """
    said = _checked(words)
    with database.begin() as tx:
        readable(tx.connection, actor, plan_id)
        known = number <= LARGEST_PLAN
        row = store_people.locked_comment(tx.connection, plan_id, number) if known else None
        if row is None:
            raise NotFound("There is no remark %(number)s on this draft.", number=number)
        if not _is_own(actor, row):
            raise NotAllowed("Only who wrote a remark can change it.")
        if row.version != version:
            error = StaleRevision("This remark was changed meanwhile: read it once more.")
            error.members["remark"] = {"words": row.words, "version": row.version}
            raise error
        if row.words == said:
            return version
        now = store_people.edit_comment(tx.connection, number, said, by=actor.name)
        tx.changed("plans", str(plan_id), "remarked")
        record(tx, actor, "edited_remark", f"plans/{plan_id}", comment=number, version=now)
    return now


def _checked(words: str) -> str:
    if not words.strip() or len(words) > LONGEST_REMARK:
        raise InvalidInput("Write between 1 and %(most)s characters.", most=LONGEST_REMARK)
    return words.strip()


def _is_own(actor: Actor, row: Any) -> bool:
    return actor.user_id is not None and row.user_id == actor.user_id


def comments(database: Database, actor: Actor, plan_id: int) -> list[Remark]:
    """All remarks, the oldest first."""
    with database.read() as connection:
        readable(connection, actor, plan_id)
        return [
            Remark(
                id=row.id,
                at=row.at,
                actor=row.actor,
                revision=row.revision,
                words=row.words,
                lon=row.lon,
                lat=row.lat,
                version=row.version,
                edited_at=row.edited_at,
                edited_by=row.edited_by,
                own=_is_own(actor, row),
            )
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
