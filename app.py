"""The one place where the rooms are joined: ``create_app`` and the command line ``wangge``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from geodata.database import Database
    from geodata.settings import Settings


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The whole system as a WSGI application.

    Opens the database of ``settings`` unless one is given; the caller closes what it gave.
    """
    import api  # noqa: PLC0415 - the command line must answer without it
    import webmap  # noqa: PLC0415
    from geodata.database import open_database  # noqa: PLC0415
    from geodata.profiles import load_profile  # noqa: PLC0415

    profile = load_profile(settings.profile)
    database = database or open_database(settings)
    app = api.application("app")
    for room in (api, webmap):
        if hasattr(room, "register"):
            room.register(app, database, settings, profile)
    return app


def main() -> None:
    """Run the command line."""
