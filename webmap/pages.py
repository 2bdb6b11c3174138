"""How a page is shown: the frame around it, who looks at it, its map and its modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from flask import Blueprint, Flask, Response, current_app, g, render_template, send_from_directory
from flask_babel import get_locale, gettext
from markupsafe import Markup

from geodata.accounts.permissions import ROLE_NAMES
from geodata.errors import Unavailable
from geodata.places.querying import district_name, is_synthetic
from webmap import assets
from webmap.figure import LocalFigure, as_json
from webmap.files import FOR_EVER, Files

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.settings import Settings
    from webmap.elements import PageMap

NAME = "webmap"
PROBLEM_PAGE = "wangge-problem-page"

blueprint = Blueprint("pages", __name__, template_folder="templates")


@dataclass(frozen=True)
class Joined:
    """What the pages work with."""

    database: Database
    settings: Settings
    profile: Profile


@dataclass(frozen=True)
class Place:
    """An entry of the bar at the top."""

    page: str
    href: str
    name: str


def join(app: Flask, database: Database, settings: Settings, profile: Profile) -> None:
    """Remember what the pages work with, and serve the files."""
    app.extensions[NAME] = Joined(database, settings, profile)
    app.extensions[PROBLEM_PAGE] = problem_page
    app.register_blueprint(blueprint)
    app.wsgi_app = Files(  # type: ignore[method-assign]
        app.wsgi_app, assets.STATIC, prefix=assets.base_address()
    )


def joined() -> Joined:
    """What this application's pages work with."""
    return cast("Joined", current_app.extensions[NAME])


@blueprint.get("/static/<version>/<path:path>")
def static(version: str, path: str) -> Response:
    """One of our files; its address changes with its content, so it may be kept for ever."""
    response = send_from_directory(assets.STATIC, path)
    if version == assets.version():
        response.headers["Cache-Control"] = f"public, max-age={FOR_EVER}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response


def language() -> Literal["zh", "en"]:
    """The language of this request."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def actor() -> Actor | None:
    """Who looks at the page."""
    return cast("Actor | None", g.get("actor"))


def nonce() -> str:
    """What the scripts of this answer carry, so that the browser runs them and no others."""
    make = current_app.jinja_env.globals.get("csp_nonce")
    return str(make()) if callable(make) else ""


def _csrf() -> str:
    make = current_app.jinja_env.globals.get("csrf_token")
    return str(make()) if callable(make) and actor() is not None else ""


def _navigation() -> list[Place]:
    person = actor()
    if person is None:
        return []
    places = [
        Place("planner", "/planner", gettext("Planning")),
        Place("command", "/command", gettext("Command centre")),
    ]
    if person.may("report_case"):
        places.append(Place("report", "/report", gettext("Report a case")))
    places.append(Place("review", "/review", gettext("Reviews")))
    if joined().profile.departments:
        places.append(Place("whistles", "/whistles", gettext("Whistle")))
    if person.may("import"):
        places.append(Place("import", "/import", gettext("Import")))
    return places


def role_names() -> dict[str, str]:
    """What the roles are called in the language of this request."""
    return {role: gettext(name) for role, name in ROLE_NAMES.items()}


def _place_name() -> str:
    """The district's own name; the configured city's while there is none."""
    here = joined()
    try:
        own = district_name(here.database, here.profile)
    except Unavailable:
        own = ""
    return own or here.profile.name.read(language())


def _frame() -> dict[str, Any]:
    """What the frame of every page shows."""
    person = actor()
    user = None
    if person is not None:
        user = {
            "name": person.name,
            "manages": person.may("manage_users"),
            "handles": person.may("handle_case"),
            "role_name": role_names()[person.role],
        }
    return {
        "language": language(),
        "static": assets.base_address(),
        "nonce": nonce(),
        "csrf": _csrf(),
        "user": user,
        "navigation": _navigation(),
        "place_name": _place_name(),
        "synthetic": person is not None and is_synthetic(joined().database, person),
    }


def show(
    template: str,
    *,
    page: str,
    module: str | None = None,
    page_map: PageMap | None = None,
    data: dict[str, Any] | None = None,
    theme: Literal["light", "dark"] = "light",
    **context: Any,
) -> str:
    """A page as HTML.

    Args:
        template: A file of ``templates`` that extends ``base.html``. It places the map by
            ``{{ map.body }}``.
        page: Its name: marks it in the bar and keeps its theme apart from the other pages'.
        module: The ES module that makes it live, such as ``wangge/modes/planner.js``.
        page_map: Its map, in any figure; the page gives it one of its own.
        data: What the module is told: ``pageData()`` of ``wangge/core/elements.js``.
        theme: The page's own theme, until its user chooses.
        context: What the template takes besides.
    """
    figure = LocalFigure(
        mode="served", language=language(), nonce=nonce(), modules=(module,) if module else ()
    )
    if page_map is not None:
        figure.add_child(page_map)
    parts = figure.parts()
    told = Markup(as_json(data or {}))  # noqa: S704 - JSON with every < escaped
    return render_template(
        template,
        page=page,
        module=assets.base_address() + assets.path_of(module) if module else None,
        map=parts,
        data=told,
        default_theme=theme,
        **{**_frame(), **context},
    )


def problem_page(problem: dict[str, Any]) -> Response:
    """What went wrong, for people: what happened and what to do."""
    return Response(
        show("problem.html", page="problem", problem=problem), mimetype="text/html; charset=utf-8"
    )
