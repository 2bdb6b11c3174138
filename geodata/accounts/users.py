"""Users: adding, changing, listing them; their passwords."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy.exc

from geodata.accounts import passwords, store
from geodata.accounts.audit import record
from geodata.accounts.permissions import ROLES, Actor, require
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound
from geodata.words import LANGUAGES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.database import Database

_TELEPHONE: Final = re.compile(r"[+\d(][\d \-()+]{0,29}|")
_NAME: Final = re.compile(r"[^\W_][\w.\-]{1,39}")


@dataclass(frozen=True, slots=True)
class User:
    """An account, without its secrets."""

    id: int
    name: str
    display_name: str
    role: str
    areas: tuple[str, ...]
    language: str | None
    active: bool
    created_at: datetime
    department: str | None = None
    telephone: str | None = None

    def actor(self) -> Actor:
        """The user as one who acts."""
        return Actor(self.id, self.name, self.role, frozenset(self.areas), self.language)


def from_row(row: Any) -> User:
    """A row of ``users`` as a record."""
    return User(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        role=row.role,
        areas=tuple(row.areas),
        language=row.language,
        active=row.active,
        created_at=row.created_at,
        department=row.department,
        telephone=getattr(row, "telephone", None),
    )


def _checked_name(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).strip()
    if not _NAME.fullmatch(plain):
        raise InvalidInput(
            "A user's name has 2 to 40 letters, figures, dots or dashes and begins with a letter "
            "or figure."
        )
    return plain


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise InvalidInput(
            "There is no role “%(role)s”; there are: %(roles)s.", role=role, roles=", ".join(ROLES)
        )


def _check_areas(connection: Connection, areas: Collection[str]) -> None:
    unknown = set(areas) - store.known_areas(connection, areas)
    if unknown:
        raise InvalidInput(
            "There is no area with the code %(codes)s.", codes=", ".join(sorted(unknown)[:5])
        )


def _check_an_admin_stays(connection: Connection, user_id: int) -> None:
    if not store.other_admins(connection, user_id):
        raise Conflict("This is the last administrator; make another one first.")


def add_user(
    database: Database,
    actor: Actor,
    name: str,
    *,
    role: str,
    password: str | None = None,
    areas: Collection[str] = (),
    display_name: str = "",
    language: str | None = None,
) -> User:
    """Add an account.

    Args:
        database: Where.
        actor: Who adds it; needs ``manage_users``.
        name: What is typed to sign in; one of each, whatever the case.
        role: One of ``ROLES``.
        password: Absent: the user cannot sign in until one is set.
        areas: Codes of the areas of duty; none means everywhere.
        display_name: The name of the person.
        language: ``zh`` or ``en``; absent: the system's.

    Raises:
        NotAllowed: The actor may not.
        InvalidInput: A name, role, area or password that cannot be.
        Conflict: The name is taken.
    """
    require(actor, "manage_users")
    plain = _checked_name(name)
    _check_role(role)
    if language is not None and language not in LANGUAGES:
        raise InvalidInput("There is no language “%(language)s”.", language=language)
    if password is not None:
        passwords.check_new(password, name=plain)
    try:
        with database.begin() as tx:
            _check_areas(tx.connection, areas)
            row = store.add_user(
                tx.connection,
                name=plain,
                display_name=display_name.strip()[:80],
                role=role,
                areas=sorted(set(areas)),
                language=language,
                password_hash=None if password is None else passwords.digest(password),
            )
            record(tx, actor, "user_added", f"users/{plain}", role=role, areas=sorted(set(areas)))
            return from_row(row)
    except sqlalchemy.exc.IntegrityError as error:
        raise Conflict("The name “%(name)s” is taken.", name=plain) from error


def change_user(  # noqa: PLR0913 - options by keyword
    database: Database,
    actor: Actor,
    name: str,
    *,
    role: str | None = None,
    areas: Collection[str] | None = None,
    active: bool | None = None,
    display_name: str | None = None,
    department: str | None = None,
    telephone: str | None = None,
) -> User:
    """Change what is given of an account; what is None stays.

    ``department`` is a key of the profile, for which it acts where departments are called; an
    empty one is none. ``telephone`` is that of duty, which colleagues see; an empty one is none.

    Switching an account off ends its sessions; its tokens do not work while it is off.

    Raises:
        NotAllowed: The actor may not.
        NotFound: There is no such user.
        InvalidInput: A role or area that is not there.
        Conflict: It would leave the system without an active administrator.
    """
    require(actor, "manage_users")
    if role is not None:
        _check_role(role)
    wishes = {
        "role": role,
        "areas": None if areas is None else sorted(set(areas)),
        "active": active,
        "display_name": None if display_name is None else display_name.strip()[:80],
    }
    changes: dict[str, Any] = {key: value for key, value in wishes.items() if value is not None}
    if department is not None:
        changes["department"] = department or None
    if telephone is not None:
        if not _TELEPHONE.fullmatch(telephone.strip()):
            raise InvalidInput("A telephone number has up to 30 figures, spaces and dashes.")
        changes["telephone"] = telephone.strip() or None
    with database.begin() as tx:
        before = _found(tx.connection, name)
        if areas is not None:
            _check_areas(tx.connection, areas)
        if (
            before.role == "admin"
            and before.active
            and (role not in {None, "admin"} or active is False)
        ):
            _check_an_admin_stays(tx.connection, before.id)
        if not changes:
            return before
        row = store.change_user(tx.connection, before.id, **changes)
        if active is False:
            store.end_sessions(tx.connection, before.id)
        record(tx, actor, "user_changed", f"users/{before.name}", **changes)
        return from_row(row)


def set_password(database: Database, actor: Actor, name: str, password: str) -> None:
    """Give another user a new password; ends all sessions of that user.

    Raises:
        NotAllowed: The actor may not.
        NotFound: There is no such user.
        InvalidInput: The password is too easy.
    """
    require(actor, "manage_users")
    passwords.check_new(password, name=name)
    fresh = passwords.digest(password)
    with database.begin() as tx:
        user = _found(tx.connection, name)
        store.change_user(tx.connection, user.id, password_hash=fresh)
        store.end_sessions(tx.connection, user.id)
        record(tx, actor, "password_set", f"users/{user.name}")


def change_own_password(
    database: Database, actor: Actor, *, current: str, new: str, keep_session: str | None = None
) -> None:
    """Change the actor's own password; ends the other sessions.

    Args:
        database: Where.
        actor: Whose password.
        current: The password until now.
        new: The one from now on.
        keep_session: ``sessions.key`` of the session that stays.

    Raises:
        InvalidInput: ``current`` is wrong, or ``new`` is too easy.
    """
    if actor.user_id is None:
        raise InvalidInput("The terminal has no password.")
    with database.read() as connection:
        row = store.user_by_id(connection, actor.user_id)
    if row is None or not passwords.fits(current, row.password_hash):
        raise InvalidInput("The current password is not right.")
    passwords.check_new(new, name=actor.name)
    fresh = passwords.digest(new)
    with database.begin() as tx:
        store.change_user(tx.connection, actor.user_id, password_hash=fresh)
        store.end_sessions(tx.connection, actor.user_id, but=keep_session)
        record(tx, actor, "password_changed", f"users/{actor.name}")


def choose_language(database: Database, actor: Actor, language: str) -> None:
    """Keep the actor's language."""
    if language not in LANGUAGES:
        raise InvalidInput("There is no language “%(language)s”.", language=language)
    if actor.user_id is not None:
        with database.begin() as tx:
            store.change_user(tx.connection, actor.user_id, language=language)


def list_users(database: Database, actor: Actor) -> list[User]:
    """All accounts by name; needs ``manage_users``."""
    require(actor, "manage_users")
    with database.read() as connection:
        return [from_row(row) for row in store.all_users(connection)]


def actor_now(database: Database, user_id: int) -> Actor:
    """The user as one who acts, with the rights of this moment.

    Raises:
        NotAllowed: The account is gone or switched off.
    """
    with database.read() as connection:
        row = store.user_by_id(connection, user_id)
    if row is None or not row.active:
        raise NotAllowed("This account is switched off.")
    return from_row(row).actor()


def actor_of(database: Database, said: Mapping[str, Any]) -> Actor:
    """Who asked for a job, with the rights of this moment; nobody given is the operator.

    Args:
        database: Where the accounts are.
        said: What the job keeps of who asked: ``user_id`` and ``language``.

    Raises:
        NotAllowed: The account was switched off since.
    """
    if said.get("user_id") is None:
        return Actor.terminal()
    return replace(actor_now(database, said["user_id"]), language=said.get("language"))


def user_named(database: Database, name: str) -> User:
    """The account of this name; raises NotFound."""
    with database.read() as connection:
        return _found(connection, name)


def _found(connection: Connection, name: str) -> User:
    row = store.user_by_name(connection, name)
    if row is None:
        raise NotFound("There is no user “%(name)s”.", name=name)
    return from_row(row)
