"""The two forms that must work without JavaScript: signing in and signing out.

The pages that show them belong to the pages' room; a refusal goes back there in the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, redirect, request

from api.signing_in import own_path, sign_in, sign_out
from geodata.errors import TooManyAttempts, WrongPassword

if TYPE_CHECKING:
    from werkzeug import Response

blueprint = Blueprint("forms", __name__)


@blueprint.post("/login")
def enter() -> Response:
    """From the form to where the user wanted to go, or back to the form with the reason."""
    wanted = own_path(request.form.get("next"))
    try:
        sign_in(request.form.get("username", "").strip(), request.form.get("password", ""))
    except (WrongPassword, TooManyAttempts) as error:
        reason = {"refused": error.kind, "next": wanted}
        if isinstance(error, TooManyAttempts):
            reason["seconds"] = str(error.params["seconds"])
        return redirect(f"/login?{urlencode(reason)}", 303)
    return redirect(wanted, 303)


@blueprint.post("/logout")
def leave() -> Response:
    """Back to the form."""
    sign_out()
    return redirect("/login", 303)
