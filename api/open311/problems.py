"""What went wrong, as the specification wants it.

403 for the key, 404 for what is not there, 400 for whatever else the sender can mend.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import psycopg
import psycopg_pool
import sqlalchemy.exc
from werkzeug.exceptions import HTTPException

from api.languages import language
from api.open311.answering import answer, wished_form
from geodata import errors
from geodata.words import explain, translate
from geodata.words import sentence as _

if TYPE_CHECKING:
    from flask import Blueprint, Response

log = logging.getLogger("wangge.open311")

STATUSES: Final[dict[type[errors.WanggeError], int]] = {
    errors.SignInNeeded: 403,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.TooManyAttempts: 429,
    errors.Unavailable: 503,
    errors.SetUpIncomplete: 503,
    errors.WanggeError: 400,
}
_GONE: Final = (
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.TimeoutError,
    psycopg.OperationalError,
    psycopg_pool.PoolTimeout,
)


def nowhere(address: str = "") -> Response:
    """No such address."""
    raise errors.NotFound(
        "There is nothing at %(address)s; begin at /open311/discovery.xml.", address=f"/{address}"
    )


def _problem(status: int, description: str) -> Response:
    entry = {"code": str(status), "description": description}
    response = answer(wished_form(), "errors", [entry], status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(error: errors.WanggeError) -> Response:
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    response = _problem(status, explain(error, language()))
    if status in {429, 503}:
        response.headers["Retry-After"] = str(error.params.get("seconds", 5))
    return response


def _http(error: HTTPException) -> Response:
    original = getattr(error, "original_exception", None)
    if isinstance(original, errors.WanggeError):
        return _refused(original)
    if (error.code or 500) >= 500:
        return _unexpected(error)
    words = _("The request could not be read.")
    if error.code == 413:
        words = _("The request is larger than this system takes.")
    return _problem(400, translate(words, language()))


def _gone(error: Exception) -> Response:
    log.warning("the database does not answer: %s", type(error).__name__, exc_info=error)
    return _refused(errors.Unavailable("The database does not answer; try again in a moment."))


def _unexpected(error: Exception) -> Response:
    log.error("unexpected: %s", type(error).__name__, exc_info=error)
    message = _("This was not expected; the operator finds it in the log under this number.")
    return _problem(500, translate(message, language()))


def _unstorable(error: Exception) -> Response:
    log.info("a value that the database cannot hold: %s", error)
    return _refused(
        errors.InvalidInput("One of the values is too large, or holds a sign that no text has.")
    )


def join(blueprint: Blueprint) -> None:
    """Answer every failure under the blueprint's addresses."""
    blueprint.register_error_handler(errors.WanggeError, _refused)
    blueprint.register_error_handler(HTTPException, _http)
    blueprint.register_error_handler(Exception, _unexpected)
    blueprint.register_error_handler(sqlalchemy.exc.DataError, _unstorable)
    blueprint.register_error_handler(psycopg.DataError, _unstorable)
    for gone in _GONE:
        blueprint.register_error_handler(gone, _gone)
