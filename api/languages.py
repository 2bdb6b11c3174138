"""The language of an answer: asked for, chosen by the user, kept in a cookie, or the system's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, g, request
from flask_babel import Babel

from api.serving import profile, settings
from geodata.words import LANGUAGES, TRANSLATIONS, compile_catalogue

if TYPE_CHECKING:
    from flask import Response

COOKIE = "wangge_language"
A_YEAR = 365 * 24 * 3600


def language() -> str:
    """The language of this request: ``?lang=``, the user's, the cookie's, the system's."""
    actor = g.get("actor")
    wishes = (
        request.args.get("lang"),
        actor.language if actor is not None else None,
        request.cookies.get(COOKIE),
    )
    return next((wish for wish in wishes if wish in LANGUAGES), settings.language)


def _timezone() -> str:
    return profile.timezone


def _remember(response: Response) -> Response:
    """A language asked for by ``?lang=`` on a page stays for the next pages."""
    wish = request.args.get("lang")
    if wish in LANGUAGES and response.mimetype == "text/html":
        keep(response, wish)
    return response


def keep(response: Response, chosen: str) -> None:
    """Keep the language in this browser for a year."""
    response.set_cookie(
        COOKIE, chosen, max_age=A_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
    )


def join(app: Flask) -> None:
    """Let Flask-Babel read our one catalogue."""
    compile_catalogue()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, locale_selector=language, timezone_selector=_timezone)
    app.after_request(_remember)
