"""What went wrong, said as a problem (RFC 9457) or as a page, in the user's language.

One table, ``STATUSES``, gives each refusal of ``geodata.errors`` its HTTP status. Nothing of the
inside (SQL, paths, traces) leaves with an answer; the log has it under the same request id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import orjson
import psycopg
import psycopg_pool
import pydantic
import sqlalchemy.exc
import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from api.languages import language
from api.words import field_words
from geodata import errors
from geodata.words import explain, quotable, translate
from geodata.words import sentence as _

if TYPE_CHECKING:
    from apiflask.exceptions import HTTPError

log = logging.getLogger("wangge.api")

STATUSES: Final[dict[type[errors.WanggeError], int]] = {
    errors.InvalidInput: 400,
    errors.SignInNeeded: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Cancelled: 409,
    errors.StaleRevision: 412,
    errors.TooLarge: 413,
    errors.RevisionNeeded: 428,
    errors.TooManyAttempts: 429,
    errors.SetUpIncomplete: 503,
    errors.Unavailable: 503,
    errors.WanggeError: 500,
}

# The title says what kind of problem it is, whatever the detail.
TITLES: Final = {
    "invalid-input": _("The request makes no sense"),
    "sign-in-needed": _("Sign in first"),
    "wrong-password": _("Not signed in"),
    "not-allowed": _("Not allowed"),
    "csrf": _("The form is out of date"),
    "not-found": _("Not found"),
    "method-not-allowed": _("Not possible here"),
    "conflict": _("This cannot be done now"),
    "cancelled": _("Stopped"),
    "stale-revision": _("Changed in the meantime"),
    "revision-needed": _("The revision is missing"),
    "too-large": _("Too large"),
    "media-type": _("This kind of content is not taken"),
    "too-many-attempts": _("Too many attempts"),
    "unavailable": _("The system is not available right now"),
    "set-up-incomplete": _("The system is not set up completely"),
    "internal": _("Something went wrong"),
}

_HTTP_KINDS: Final = {
    400: ("invalid-input", _("The request could not be read.")),
    401: ("sign-in-needed", _("Sign in first.")),
    403: ("not-allowed", _("This is not allowed.")),
    404: ("not-found", _("There is nothing at this address.")),
    405: ("method-not-allowed", _("This address does not take %(method)s.")),
    406: ("not-found", _("This cannot be given in the wished form.")),
    409: ("conflict", _("This cannot be done now.")),
    413: ("too-large", _("The request is larger than this system takes.")),
    415: ("media-type", _("Send it as application/json.")),
    429: ("too-many-attempts", _("Too many attempts; wait a while.")),
    503: ("unavailable", _("The system is not available right now; try again in a moment.")),
}

_GONE: Final = (
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.TimeoutError,
    psycopg.OperationalError,
    psycopg_pool.PoolTimeout,
)

RETRY_SECONDS: Final = 5
_KEPT_HEADERS: Final = ("Allow", "Retry-After", "WWW-Authenticate", "Content-Range")
PAGE_HOOK: Final = "wangge-problem-page"


class Problem(NamedTuple):
    """A problem as people and programs read it."""

    kind: str
    status: int
    detail: str
    params: dict[str, Any]
    fields: dict[str, list[str]]
    headers: dict[str, str]
    members: dict[str, Any] = {}  # noqa: RUF012 - never changed

    def body(self) -> dict[str, Any]:
        """The members of the JSON document."""
        members: dict[str, Any] = {
            "type": f"/problems/{self.kind}",
            "title": translate(TITLES.get(self.kind, TITLES["internal"]), language()),
            "status": self.status,
            "detail": self.detail,
            "instance": request_id(),
        }
        if self.params:
            members["params"] = {name: _readable(one) for name, one in self.params.items()}
        if self.fields:
            members["fields"] = self.fields
        return members | self.members


def _readable(value: Any) -> Any:
    """A value as JSON can carry it."""
    plain = isinstance(value, float | str | bool | None) or _is_short(value)
    return quotable(value if plain else str(value))


def _is_short(value: Any) -> bool:
    return isinstance(value, int) and abs(value) < 1 << 53


def request_id() -> str:
    """What the log calls this request."""
    return str(structlog.contextvars.get_contextvars().get("request_id") or "")


def wants_problem() -> bool:
    """Whether this address speaks to programs; the others get pages."""
    return request.path.startswith(("/api/", "/ogc", "/open311")) or g.get("speaks_json", False)


def answer(problem: Problem) -> Response:
    """The problem as an answer: JSON for programs, a page for people."""
    page = current_app.extensions.get(PAGE_HOOK)
    if wants_problem() or page is None:
        response = Response(
            orjson.dumps(problem.body(), option=orjson.OPT_NON_STR_KEYS, default=str),
            status=problem.status,
            mimetype="application/problem+json",
        )
    else:
        make_page = cast("Callable[[dict[str, Any]], Response]", page)
        response = make_page(problem.body())
        response.status_code = problem.status
    response.headers.extend(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def status_of(error: errors.WanggeError) -> int:
    """The status of the nearest class in the table."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def of_error(error: errors.WanggeError) -> Problem:
    """One of our own refusals as a problem."""
    headers = {}
    if isinstance(error, errors.TooManyAttempts):
        headers["Retry-After"] = str(error.params.get("seconds", RETRY_SECONDS))
    if isinstance(error, errors.Unavailable):
        headers["Retry-After"] = str(RETRY_SECONDS)
    if isinstance(error, errors.SignInNeeded) and not isinstance(error, errors.WrongPassword):
        headers["WWW-Authenticate"] = "Bearer"
    fields = error.params.get("fields")
    params = {key: value for key, value in error.params.items() if key != "fields"}
    return Problem(
        error.kind,
        status_of(error),
        explain(error, language()),
        params,
        fields if isinstance(fields, dict) else {},
        headers,
        _members(error),
    )


def _members(error: errors.WanggeError) -> dict[str, Any]:
    """What programs are told beside the sentence."""
    reason = getattr(error, "reason", None)
    return error.members | ({} if reason is None else {"reason": reason})


def _refused(error: errors.WanggeError) -> Response:
    return answer(of_error(error))


def _gone(error: Exception) -> Response:
    log.warning("the database does not answer: %s", type(error).__name__, exc_info=error)
    return answer(
        of_error(errors.Unavailable("The database does not answer; try again in a moment."))
    )


def _http(error: HTTPException) -> Response:
    """What Flask and Werkzeug refuse by themselves."""
    if error.code is not None and error.code < 400:
        return cast("Response", error.get_response())
    original = getattr(error, "original_exception", None)
    if isinstance(original, errors.WanggeError):
        return _refused(original)
    if isinstance(original, _GONE):
        return _gone(original)
    status = error.code or 500
    if status not in _HTTP_KINDS and status >= 500:
        return _unexpected(error)
    kind, message = _HTTP_KINDS.get(status, _HTTP_KINDS[400])
    detail = translate(message, language(), method=request.method)
    headers = {
        name: value for name, value in error.get_headers(request.environ) if name in _KEPT_HEADERS
    }
    return answer(Problem(kind, status, detail, {}, {}, headers))


def _unexpected(error: Exception) -> Response:
    log.error("unexpected: %s", type(error).__name__, exc_info=error)
    message = _("This was not expected; the operator finds it in the log under this number.")
    return answer(Problem("internal", 500, translate(message, language()), {}, {}, {}))


def _invalid(error: HTTPError) -> Response:
    """What APIFlask found wrong with body, query or path: the fields, in the user's words."""
    cause = error.__cause__
    if not isinstance(cause, pydantic.ValidationError):
        kind, message = _HTTP_KINDS.get(error.status_code, _HTTP_KINDS[400])
        detail = translate(message, language(), method=request.method)
        given = cast("dict[str, str]", dict(error.headers or {}))
        headers = {str(name): given[name] for name in _KEPT_HEADERS if name in given}
        return answer(Problem(kind, error.status_code, detail, {}, {}, headers))
    return answer(of_findings(cause))


def of_findings(error: pydantic.ValidationError) -> Problem:
    """What pydantic found wrong, as a problem that lists the fields."""
    fields: dict[str, list[str]] = {}
    for finding in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in finding["loc"]) or "body"
        fields.setdefault(name, []).append(field_words(finding))
    detail = translate("Check these fields: %(fields)s.", language(), fields=", ".join(fields))
    return Problem("invalid-input", 400, detail, {}, fields, {})


def _unstorable(error: Exception) -> Response:
    log.info("a value that the database cannot hold: %s", error)
    refusal = errors.InvalidInput(
        "One of the values is too large, or holds a sign that no text has."
    )
    return answer(of_error(refusal))


def join(app: Flask) -> None:
    """Answer every failure of ``app``."""
    app.config["VALIDATION_ERROR_STATUS_CODE"] = 400
    app.register_error_handler(errors.WanggeError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
    app.register_error_handler(sqlalchemy.exc.DataError, _unstorable)
    app.register_error_handler(psycopg.DataError, _unstorable)
    app.register_error_handler(pydantic.ValidationError, lambda error: answer(of_findings(error)))
    for gone in _GONE:
        app.register_error_handler(gone, _gone)
    processor = getattr(app, "error_processor", None)
    if processor is not None:
        processor(_invalid)
