"""HTTP in and out: read the request, call one verb of geodata, answer.

``application`` makes the Flask application with our answers' habits; ``register`` joins the
database, the settings and the city's profile to it. Every address needs an account unless
``api.signing_in`` lists it. Whatever goes wrong under ``/api``, ``/ogc`` and ``/open311`` is
answered as a problem (RFC 9457).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiflask import APIFlask

from api import (
    answers,
    description,
    docs,
    forms,
    languages,
    ogc,
    open311,
    problems,
    security,
    serving,
    sessions,
    signing_in,
)
from api.v1 import BLUEPRINTS

if TYPE_CHECKING:
    from flask import Flask

    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.settings import Settings


def application(import_name: str) -> APIFlask:
    """An empty application; ``api.docs`` describes it at ``/api/openapi.json``."""
    app = APIFlask(
        import_name,
        title="Wangge",
        version="1",
        spec_path=None,
        docs_path=None,
        json_errors=False,
        static_folder=None,  # type: ignore[arg-type]
    )
    app.json = answers.Json(app)
    description.join(app)
    return app


def register(app: Flask, database: Database, settings: Settings, profile: Profile) -> None:
    """Join the API and what guards the whole application to ``app``."""
    serving.join(app, database, settings, profile)
    problems.join(app)
    security.join(app, settings)
    sessions.join(app, database)
    languages.join(app)
    signing_in.join(app)
    app.register_blueprint(forms.blueprint)
    app.register_blueprint(docs.blueprint)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    ogc.join(app, database)
    open311.join(app)
