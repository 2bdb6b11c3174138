"""What an operator sees of the running server: ids, one log line a request, health, counters.

``/metrics`` wants an account that may ``see_metrics`` (a token in Prometheus' configuration):
behind a proxy every request comes from this machine, so the address proves nothing.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from typing import TYPE_CHECKING

import prometheus_client
import structlog
from flask import Blueprint, Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import multiprocess as several

from api.serving import database
from api.signing_in import current_actor, open_to_all
from geodata.accounts import require
from geodata.database.migrations import is_current
from geodata.errors import Unavailable

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

REQUEST_ID = "X-Request-ID"
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SPEAK_JSON = frozenset({"/healthz", "/readyz", "/metrics"})
QUIET = frozenset({"observing.healthz", "observing.readyz", "observing.metrics", "static"})
"""Asked every few seconds by machines: counted, not logged unless they fail."""

log = structlog.get_logger("wangge.requests")
blueprint = Blueprint("observing", __name__)

requests_total = Counter(
    "wangge_requests_total", "Requests answered", ["endpoint", "method", "status"]
)
request_seconds = Histogram(
    "wangge_request_seconds",
    "Seconds until an answer began",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
kept_tiles_total = Counter("wangge_kept_tiles_total", "Tiles answered without drawing", ["status"])


@blueprint.get("/healthz")
@open_to_all
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@open_to_all
def readyz() -> ResponseReturnValue:
    """The database answers and has all tables."""
    if not is_current(database):
        raise Unavailable("The database is not migrated yet: wangge db upgrade")
    return jsonify(status="ok")


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """The counters of all server processes, for Prometheus."""
    require(current_actor(), "see_metrics")
    registry = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        several.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(prometheus_client.generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def identified(given: str) -> str:
    """The request's id: what a proxy gave, if that is a sensible one, or a new one."""
    return given if ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex


def _begin() -> None:
    identifier = identified(request.headers.get(REQUEST_ID, ""))
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=identifier)
    g.request_id = identifier
    g.began = time.perf_counter()
    g.speaks_json = request.path in SPEAK_JSON


def _end(response: Response) -> Response:
    if "began" not in g:
        return response
    seconds = time.perf_counter() - g.began
    endpoint = request.endpoint or "none"
    requests_total.labels(endpoint, request.method, str(response.status_code)).inc()
    request_seconds.labels(endpoint).observe(seconds)
    response.headers[REQUEST_ID] = g.request_id
    if endpoint not in QUIET or response.status_code >= 500:
        actor = g.get("actor")
        log.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            user=actor.user_id if actor is not None else None,
        )
    return response


def join(app: Flask) -> None:
    """Watch every request of ``app``; to be joined before all else."""
    app.before_request(_begin)
    app.after_request(_end)
    app.register_blueprint(blueprint)
