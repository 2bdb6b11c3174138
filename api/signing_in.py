"""Who asks: the session cookie or the bearer token of each request.

Every address needs an account, except what ``OPEN`` lists and views marked ``open_to_all``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, request, session

from api.problems import wants_problem
from api.security import allow_uploads, csrf_token, refuse_forged, refuse_other_content
from api.serving import database
from geodata.accounts import sessions, tokens
from geodata.errors import SignInNeeded

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from api.sessions import Sessions, WebSession
    from geodata.accounts import Actor
    from geodata.accounts.users import User

OPEN: Final = frozenset(
    {"/login", "/healthz", "/readyz", "/favicon.ico", "/api/v1/login", "/report"}
)
OPEN_BEGINNINGS: Final = ("/static/", "/report/")

View = TypeVar("View", bound=Callable[..., Any])


def open_to_all(view: View) -> View:
    """Mark a view that strangers may ask."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def current_actor() -> Actor:
    """Who asks; raises SignInNeeded for a stranger."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        raise SignInNeeded("Sign in first.")
    return actor


def known_version(layer: str) -> int:
    """The layer's version when this request began, read together with who asks."""
    versions: Mapping[str, int] | None = g.get("versions")
    return database.version(layer) if versions is None else versions.get(layer, 0)


def sign_in(name: str, password: str) -> tuple[User, str]:
    """Sign in for a browser; gives the user and the token that later writes must carry.

    Raises:
        TooManyAttempts: Too often wrong.
        WrongPassword: They do not belong together.
    """
    user = sessions.sign_in(database, name, password, address=request.remote_addr or "")
    _keeper().start(_session(), user)
    g.actor = user.actor()
    g.pop("csrf_token", None)
    return user, csrf_token()


def sign_out() -> None:
    """End the session of this request, if there is one."""
    _keeper().end(_session())
    g.actor = None


def own_csrf_token() -> str:
    """What this session's writes must carry; empty for a bearer token, which needs none."""
    return "" if g.get("by_token", False) else csrf_token()


def session_key() -> str:
    """Under what this request's session is stored."""
    return sessions.key(_session().identifier)


def own_path(wanted: str | None) -> str:
    """``wanted`` if it is a path of this server, else the entry."""
    if (
        not wanted
        or not wanted.startswith("/")
        or wanted.startswith("//")
        or any(sign in wanted for sign in "\\\r\n\t\0")
    ):
        return "/"
    return wanted


def _keeper() -> Sessions:
    return cast("Sessions", current_app.session_interface)


def _session() -> WebSession:
    return cast("WebSession", session)


def _know_actor() -> None:
    """Find out who asks, by token or by cookie."""
    g.actor = None
    header = request.headers.get("Authorization", "")
    scheme, _, secret = header.partition(" ")
    if scheme.casefold() == "bearer":
        g.by_token = True
        g.actor, g.versions = tokens.open_token(database, secret.strip())
        return
    trouble = getattr(session, "trouble", None)
    if trouble is not None and not _is_open():
        raise trouble
    user = getattr(session, "user", None)
    if user is not None:
        g.actor = user.actor()
        g.versions = _session().versions


def _is_open() -> bool:
    if request.path in OPEN or request.path.startswith(OPEN_BEGINNINGS):
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "open_to_all", False)


def _refuse_strangers() -> ResponseReturnValue | None:
    if g.get("actor") is not None or _is_open():
        return None
    if wants_problem() or request.method not in {"GET", "HEAD"}:
        raise SignInNeeded("Sign in first.")
    wanted = request.full_path.rstrip("?")
    return redirect(f"/login?next={quote(wanted, safe='/')}")


def join(app: Flask) -> None:
    """Know who asks, refuse strangers by default, refuse forged writes."""
    app.before_request(_know_actor)
    app.before_request(_refuse_strangers)
    app.before_request(refuse_forged)
    app.before_request(refuse_other_content)
    app.before_request(allow_uploads)
