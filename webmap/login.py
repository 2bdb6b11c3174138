"""The pages of accounts: signing in, one's own account, the users."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from geodata.errors import NotAllowed
from geodata.places.choosing import choices
from geodata.reach.rooms.room import FAULTS, STEP_NAMES
from webmap.pages import actor, joined, language, role_names, show

blueprint = Blueprint("login", __name__)


def _own_path(wanted: str) -> str:
    """``wanted`` if it is a path of this server, else the entry."""
    own = wanted.startswith("/") and not wanted.startswith("//")
    return wanted if own and "\\" not in wanted and wanted.isprintable() else "/"


def _refusal() -> str:
    """Why the form is shown again, in words."""
    kind = request.args.get("refused")
    if kind == "too-many-attempts":
        seconds = request.args.get("seconds", 60, type=int)
        minutes = min(max(1, -(-seconds // 60)), 60)
        return str(_("Too many attempts. Try again in %(minutes)s minutes.", minutes=minutes))
    if kind is not None:
        return str(_("The name or the password is not right."))
    return ""


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """The form; who is signed in already goes on."""
    wanted = _own_path(request.args.get("next", "/"))
    if actor() is not None:
        return redirect(wanted)
    return show(
        "login.html",
        page="login",
        wanted=wanted,
        refusal=_refusal(),
        anybody_reports=joined().profile.cases.anonymous_reports,
    )


@blueprint.get("/account")
def account() -> str:
    """One's own password and tokens."""
    return show("account.html", page="account", module="wangge/modes/account.js")


@blueprint.get("/users")
def users() -> str:
    """All accounts and the audit trail.

    Raises:
        NotAllowed: the role may not manage users.
    """
    person = actor()
    if person is None or not person.may("manage_users"):
        raise NotAllowed("Your role may not manage users; ask an administrator.")
    departments = joined().profile.names("departments", language())
    areas = choices(joined().database, person)
    return show(
        "users.html",
        page="users",
        module="wangge/modes/users.js",
        departments=departments,
        areas=areas,
        data={
            "roles": role_names(),
            "departments": departments,
            "areas": [asdict(one) for one in areas],
            "words": _words(),
        },
    )


def _words() -> dict[str, dict[str, str]]:
    """What the audit trail names by key."""
    profile = joined().profile
    return {
        "steps": profile.names("steps", language()),
        "sources": profile.names("sources", language()),
        "facility_kinds": profile.names("facility_kinds", language()),
        "levels": profile.names("levels", language()),
        "walkers": {one.key: one.name.read(language()) for one in profile.walkers},
        "room_steps": {key: _(name) for key, name in STEP_NAMES.items()},
        "room_faults": {key: _(name) for key, name in FAULTS.items()},
    }
