"""Accounts, for who manages them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.serving import database, profile
from api.signing_in import current_actor
from geodata.accounts import users

blueprint = APIBlueprint("users", __name__, url_prefix="/api/v1", tag="Users")

Role = Literal["admin", "planner", "commander", "worker", "viewer"]


class User(BaseModel):
    """An account without its secrets."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    display_name: str
    role: Role
    areas: Sequence[str] = Field(description="codes of the areas of duty; empty: everywhere")
    language: str | None
    active: bool
    created_at: datetime
    department: str | None = Field(description="for which it acts where departments are called")
    telephone: str | None = Field(description="of duty")


class Users(BaseModel):
    """A list of accounts."""

    users: list[User]


class NewUser(BaseModel):
    """What an account begins with."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=40)
    role: Role
    password: str = Field(max_length=1000)
    areas: list[str] = Field(default=[], max_length=100)
    display_name: str = Field(default="", max_length=80)


class UserChange(BaseModel):
    """What changes; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    areas: list[str] | None = Field(default=None, max_length=100)
    active: bool | None = None
    display_name: str | None = Field(default=None, max_length=80)
    department: str | None = Field(
        default=None, max_length=40, description="a department key; empty: none"
    )
    telephone: str | None = Field(default=None, max_length=30, description="of duty")


class SetPassword(BaseModel):
    """A new password."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(max_length=1000)


@blueprint.get("/users")
@blueprint.output(Users)
@blueprint.doc(summary="All accounts")
def list_all() -> Users:
    """By name; for administrators."""
    found = users.list_users(database, current_actor())
    return Users(users=[_shown(user) for user in found])


@blueprint.post("/users")
@blueprint.input(NewUser)
@blueprint.output(User, status_code=201)
@blueprint.doc(summary="Add an account")
def add(json_data: NewUser) -> User:
    """For administrators."""
    user = users.add_user(
        database,
        current_actor(),
        json_data.name,
        role=json_data.role,
        password=json_data.password,
        areas=json_data.areas,
        display_name=json_data.display_name,
    )
    return _shown(user)


@blueprint.patch("/users/<name>")
@blueprint.input(UserChange)
@blueprint.output(User)
@blueprint.doc(summary="Change an account")
def change(name: str, json_data: UserChange) -> User:
    """Role, areas of duty, on or off; for administrators."""
    if json_data.department:
        profile.department(json_data.department)
    user = users.change_user(database, current_actor(), name, **json_data.model_dump())
    return _shown(user)


@blueprint.put("/users/<name>/password")
@blueprint.input(SetPassword)
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Give a user a new password")
def set_password(name: str, json_data: SetPassword) -> str:
    """The user's sessions end; for administrators."""
    users.set_password(database, current_actor(), name, json_data.password)
    return ""


def _shown(user: users.User) -> User:
    return User.model_validate(user)
