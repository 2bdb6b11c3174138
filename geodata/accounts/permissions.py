"""Roles, what they may do, and how far an area of duty reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from geodata.accounts import store
from geodata.errors import NotAllowed
from geodata.words import sentence as _

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROLES: Final = ("admin", "planner", "commander", "worker", "viewer")
ROLE_NAMES: Final = {
    "admin": _("Administrator"),
    "planner": _("Planner"),
    "commander": _("Commander"),
    "worker": _("Grid worker"),
    "viewer": _("Viewer"),
}
"""What people call them."""

# One line for each permission, one column for each role.
_TABLE: Final = """
    permission     admin  planner  commander  worker  viewer
    see_map          x       x         x        x       x
    see_personal     x       .         x        x       .
    see_few          x       x         x        x       .
    edit_places      x       x         .        .       .
    draw_plan        x       x         .        .       .
    approve_plan     x       x         .        .       .
    publish_plan     x       x         .        .       .
    import           x       x         x        .       .
    export           x       x         x        .       .
    report_case      x       x         x        x       .
    handle_case      x       .         x        x       .
    keep_rooms       x       x         x        .       .
    report_rooms     x       x         x        x       .
    see_audit        x       .         .        .       .
    see_metrics      x       .         .        .       .
    manage_users     x       .         .        .       .
"""


def _read(table: str) -> dict[str, frozenset[str]]:
    """The table as role → names of its permissions."""
    head, *lines = (line.split() for line in table.strip().splitlines())
    return {
        role: frozenset(line[0] for line in lines if line[column] == "x")
        for column, role in enumerate(head[1:], start=1)
    }


PERMISSIONS: Final = _read(_TABLE)

STRANGER: Final = "stranger"
"""The role of who has no account. It is not among ``ROLES``: no account can have it."""
STRANGERS_MAY: Final = frozenset({"report_case"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user, the operator at the terminal, or a stranger.

    ``areas`` are the codes of the areas of duty; none means everywhere.
    """

    user_id: int | None
    name: str
    role: str
    areas: frozenset[str] = field(default_factory=frozenset)
    language: str | None = None

    @classmethod
    def terminal(cls) -> Actor:
        """The operator at the terminal, who may do all."""
        return cls(user_id=None, name="terminal", role="admin")

    @classmethod
    def stranger(cls) -> Actor:
        """Somebody without an account, who may report a case; no account can be called so."""
        return cls(user_id=None, name="(reporter)", role=STRANGER)

    def onlooking(self) -> Actor:
        """The same as one who only looks: for screens that others see, too."""
        return replace(self, role="viewer")

    def may(self, permission: str) -> bool:
        """Whether the role has the permission, wherever its areas of duty are."""
        return permission in (STRANGERS_MAY if self.role == STRANGER else PERMISSIONS[self.role])


def require(
    actor: Actor,
    permission: str,
    *,
    area_codes: Iterable[str | None] | None = None,
    connection: Connection | None = None,
) -> None:
    """Let the actor pass, or raise.

    Args:
        actor: Who acts.
        permission: A name from ``PERMISSIONS``.
        area_codes: The areas that the records concerned lie in (an unknown one is None). Leave
            it out where the work concerns no area.
        connection: For asking which areas lie in which; needed for an actor with areas of duty.

    Raises:
        NotAllowed: The role lacks the permission, or one of the areas is neither an area of duty
            nor inside one, as the areas stand now.
    """
    if not actor.may(permission):
        raise NotAllowed(
            "The role “%(role)s” may not do this (%(permission)s); ask an administrator.",
            role=actor.role,
            permission=permission,
        )
    if area_codes is None or not actor.areas:
        return
    codes = set(area_codes)
    outside: set[str | None] = codes - actor.areas
    if outside and connection is not None:
        named = sorted(code for code in outside if code is not None)
        outside -= store.areas_inside(connection, named, of=actor.areas)
    if outside:
        raise NotAllowed(
            "This lies outside your areas of duty (%(areas)s).",
            areas=", ".join(sorted(code or "?" for code in outside)[:5]),
        )
