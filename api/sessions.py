"""The session cookie, over our own table.

Only signed-in users have a session; a stranger's request stores nothing. The cookie holds a
random identifier and nothing else; what is stored is named by its digest. A session's end moves
on while it is used, to the limits in ``geodata.accounts.sessions``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

import orjson
from flask import Flask, request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from geodata.accounts import sessions

if TYPE_CHECKING:
    from flask import Request, Response

    from geodata.accounts.users import User
    from geodata.database import Database

COOKIE: Final = "wangge_session"
REFRESH: Final = timedelta(minutes=5)
"""How often, at most, the end of a session that is used is moved on."""
WITHOUT: Final = ("/static/", "/healthz", "/readyz", "/metrics", "/open311/")


class WebSession(CallbackDict[str, Any], SessionMixin):
    """A session in a request: its content, its user, and how it stands in the table."""

    user: User | None = None
    versions: Mapping[str, int] | None = None
    trouble: Exception | None = None
    stored = False
    due = False
    modified = False

    def __init__(self, content: dict[str, Any] | None = None, *, identifier: str) -> None:
        """Begin with ``content``; ``identifier`` is what the cookie holds."""

        def note(session: Self) -> None:
            session.modified = True

        super().__init__(content, note)
        self.identifier = identifier


class Sessions(SessionInterface):
    """Opens and keeps the sessions of one application."""

    def __init__(self, database: Database) -> None:
        """Keep them in ``database``."""
        self.database = database

    def get_cookie_secure(self, app: Flask) -> bool:
        """Only over TLS, if this request came over TLS."""
        del app
        return request.is_secure

    def open_session(self, app: Flask, request: Request) -> WebSession:
        """The session of the cookie, or an empty one. Never raises: see ``trouble``."""
        fresh = WebSession(identifier=secrets.token_urlsafe(32))
        identifier = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if not identifier or request.path.startswith(WITHOUT) or "Authorization" in request.headers:
            return fresh
        try:
            found = sessions.open_session(self.database, identifier)
        except Exception as error:  # noqa: BLE001 - raised again where a handler can answer it
            fresh.trouble = error
            return fresh
        if found is None:
            return fresh
        session = WebSession(orjson.loads(found.content), identifier=identifier)
        session.user = found.user
        session.versions = found.versions
        session.stored = True
        session.due = found.expires_at - datetime.now(UTC) < sessions.IDLE - REFRESH
        return session

    def start(self, session: WebSession, user: User) -> None:
        """Sign the user in: everything anew, the identifier too."""
        if session.stored:
            sessions.end_session(self.database, session.identifier)
        session.clear()
        session.identifier = secrets.token_urlsafe(32)
        session.stored = False
        session.user = user
        session["started"] = datetime.now(UTC).timestamp()

    def end(self, session: WebSession) -> None:
        """Sign out."""
        actor = None if session.user is None else session.user.actor()
        sessions.end_session(self.database, session.identifier, actor=actor)
        session.clear()
        session.user = None
        session.stored = False

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """Keep what changed, and set or take away the cookie."""
        if session.user is not None:
            response.vary.add("Cookie")
        name = app.config["SESSION_COOKIE_NAME"]
        if session.user is None:
            if session.modified and name in request.cookies:
                response.delete_cookie(
                    name, httponly=True, samesite="Lax", secure=self.get_cookie_secure(app)
                )
            return
        if not (session.modified or session.due):
            return
        content = orjson.dumps(dict(session))
        if session.stored:
            started = datetime.fromtimestamp(session["started"], UTC)
            sessions.keep_session(
                self.database, session.identifier, started=started, content=content
            )
            return
        sessions.start_session(
            self.database, session.identifier, user_id=session.user.id, content=content
        )
        response.set_cookie(
            name,
            session.identifier,
            httponly=True,
            samesite="Lax",
            secure=self.get_cookie_secure(app),
        )


def join(app: Flask, database: Database) -> None:
    """Let ``flask.session`` be ours."""
    app.config["SESSION_COOKIE_NAME"] = COOKIE
    app.session_interface = Sessions(database)
