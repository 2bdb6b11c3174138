"""The way in: from ``/`` to the page of one's role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect

from webmap.pages import actor

if TYPE_CHECKING:
    from werkzeug import Response

blueprint = Blueprint("entry", __name__)

FIRST_PAGES = {"commander": "/command", "worker": "/command"}


@blueprint.get("/")
def enter() -> Response:
    """To the command centre for those who handle cases, to the planner for the others."""
    person = actor()
    if person is None:
        return redirect("/login")
    return redirect(FIRST_PAGES.get(person.role, "/planner"))
