"""Who asks: the session cookie or the bearer token of each request.

Every address needs an account, except what ``OPEN`` lists and views marked ``open_to_all``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, request

from api.problems import wants_problem
from geodata.errors import SignInNeeded

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geodata.accounts import Actor

OPEN: Final = frozenset({"/login", "/healthz", "/readyz", "/favicon.ico", "/api/v1/login"})
OPEN_BEGINNINGS: Final = ("/static/",)

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
    """Refuse strangers by default."""
    app.before_request(_refuse_strangers)
