"""One's own API tokens."""

from __future__ import annotations

from datetime import datetime

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.serving import database
from api.signing_in import current_actor
from geodata.accounts import tokens

blueprint = APIBlueprint("tokens", __name__, url_prefix="/api/v1", tag="Tokens")


class NewToken(BaseModel):
    """What the token is for and how long it holds."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=80)
    days: int | None = Field(
        default=None, ge=1, le=tokens.LONGEST_DAYS, description="absent: until it is revoked"
    )


class Token(BaseModel):
    """A token without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class MadeToken(Token):
    """A new token with its secret."""

    token: str = Field(description="shown this once; goes into Authorization: Bearer")


class Tokens(BaseModel):
    """A list of tokens."""

    tokens: list[Token]


@blueprint.post("/tokens")
@blueprint.input(NewToken)
@blueprint.output(MadeToken, status_code=201)
@blueprint.doc(summary="Make a token")
def make(json_data: NewToken) -> MadeToken:
    """A token for programs, with all the rights of its owner."""
    made, secret = tokens.make_token(
        database, current_actor(), name=json_data.name, days=json_data.days
    )
    return MadeToken(**Token.model_validate(made).model_dump(), token=secret)


@blueprint.get("/tokens")
@blueprint.output(Tokens)
@blueprint.doc(summary="One's own tokens")
def list_own() -> Tokens:
    """Those that are not revoked, newest first."""
    found = tokens.list_tokens(database, current_actor())
    return Tokens(tokens=[Token.model_validate(token) for token in found])


@blueprint.delete("/tokens/<int:token_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Revoke a token")
def revoke(token_id: int) -> str:
    """It is useless from now on."""
    tokens.revoke_token(database, current_actor(), token_id)
    return ""
