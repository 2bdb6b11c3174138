"""Signing in and out, who one is, one's own password and language."""

from __future__ import annotations

from typing import Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from api import signing_in
from api.languages import keep, language
from api.serving import database
from api.signing_in import current_actor
from geodata.accounts import PERMISSIONS, users

blueprint = APIBlueprint("signing_in", __name__, url_prefix="/api/v1", tag="Signing in")


class SignIn(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=1000)


class Me(BaseModel):
    """Who is signed in and what they may do."""

    name: str
    role: str
    areas: list[str] = Field(description="codes of the areas of duty; empty: everywhere")
    permissions: list[str]
    language: str


class SignedIn(BaseModel):
    """The answer to a sign-in."""

    csrf: str = Field(description="goes into the header X-CSRF-Token of later writes")
    user: Me


class NewPassword(BaseModel):
    """The password until now and the one from now on."""

    model_config = ConfigDict(extra="forbid")

    current: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


class Language(BaseModel):
    """One of the languages of the interface."""

    model_config = ConfigDict(extra="forbid")

    language: Literal["zh", "en"]


def _me() -> Me:
    actor = current_actor()
    return Me(
        name=actor.name,
        role=actor.role,
        areas=sorted(actor.areas),
        permissions=sorted(PERMISSIONS[actor.role]),
        language=language(),
    )


@blueprint.post("/login")
@blueprint.input(SignIn)
@blueprint.output(SignedIn)
@blueprint.doc(summary="Sign in", security=[])
@signing_in.open_to_all
def sign_in(json_data: SignIn) -> SignedIn:
    """Start a session, kept in a cookie."""
    _, csrf = signing_in.sign_in(json_data.username, json_data.password)
    return SignedIn(csrf=csrf, user=_me())


@blueprint.post("/logout")
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Sign out")
def sign_out() -> str:
    """End the session of this cookie; a bearer token stays."""
    signing_in.sign_out()
    return ""


@blueprint.get("/me")
@blueprint.output(SignedIn)
@blueprint.doc(summary="Who is signed in")
def me() -> SignedIn:
    """The user, and the token that this session's writes must carry."""
    return SignedIn(csrf=signing_in.own_csrf_token(), user=_me())


@blueprint.put("/me/password")
@blueprint.input(NewPassword)
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Change one's own password")
def change_password(json_data: NewPassword) -> str:
    """The user's other sessions end."""
    users.change_own_password(
        database,
        current_actor(),
        current=json_data.current,
        new=json_data.new,
        keep_session=signing_in.session_key(),
    )
    return ""


@blueprint.post("/language")
@blueprint.input(Language)
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Choose a language")
def choose_language(json_data: Language) -> Response:
    """Keep it with the account and in this browser."""
    users.choose_language(database, current_actor(), json_data.language)
    answer = Response(status=204)
    keep(answer, json_data.language)
    return answer
