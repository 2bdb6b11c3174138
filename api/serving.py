"""What a request needs of the application that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.settings import Settings

NAME = "wangge"


@dataclass(frozen=True)
class Serving:
    """What the application was joined with."""

    database: Database
    settings: Settings
    profile: Profile


def join(app: Flask, database: Database, settings: Settings, profile: Profile) -> None:
    """Remember what the requests of ``app`` work with."""
    app.extensions[NAME] = Serving(database, settings, profile)


def serving() -> Serving:
    """The things themselves, for what outlives the request: the names below end with it."""
    return cast("Serving", current_app.extensions[NAME])


database: Database = cast("Database", LocalProxy(lambda: serving().database))
settings: Settings = cast("Settings", LocalProxy(lambda: serving().settings))
profile: Profile = cast("Profile", LocalProxy(lambda: serving().profile))
