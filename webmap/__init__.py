"""What people look at: pages, Folium maps, the browser's modules and styles.

``register`` joins the pages to an application. A page is a blueprint in a module of its own and
is shown by ``webmap.pages.show``; its map is a ``PageMap`` with elements of ``webmap.elements``,
its behaviour an ES module of ``static/js/modes``. Pages hold no data of their own: the browser
asks ``/api`` and ``/ogc``. Nothing is ever loaded from another host, a basemap apart.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from webmap import comparing, entry, pages, planner

if TYPE_CHECKING:
    from flask import Flask

    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.settings import Settings

_MORE = (
    "webmap.reporting",
    "webmap.sending",
    "webmap.reviewing",
    "webmap.keeping",
    "webmap.rooms",
    "webmap.reach_sheets",
)


def register(app: Flask, database: Database, settings: Settings, profile: Profile) -> None:
    """Join the pages and their files to ``app``."""
    pages.join(app, database, settings, profile)
    for page in (entry, planner, comparing):
        app.register_blueprint(page.blueprint)
    for name in (*("webmap.command", "webmap.login", "webmap.importing"), *_MORE):
        if find_spec(name):
            app.register_blueprint(import_module(name).blueprint)
