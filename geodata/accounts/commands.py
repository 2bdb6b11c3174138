"""``wangge user`` and ``wangge token``: accounts from the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from geodata.accounts import passwords, tokens, users
from geodata.accounts.permissions import ROLE_NAMES, ROLES, Actor
from geodata.database import Database, open_database
from geodata.database.migrations import upgrade
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.settings import Settings


@contextmanager
def _opened(context: click.Context) -> Iterator[tuple[Database, str]]:
    """The database with all its tables, and the terminal's language."""
    settings: Settings = context.obj
    with open_database(settings, pool_size=2) as database:
        upgrade(database)
        yield database, settings.language


def _password(context: click.Context, *, from_stdin: bool, invent: bool) -> tuple[str, bool]:
    """A new password: typed twice, read from standard input, or made (the second value)."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if invent or not sys.stdin.isatty():
        return passwords.invent(), True
    typed: str = click.prompt(
        translate("New password", context.obj.language),
        hide_input=True,
        confirmation_prompt=True,
    )
    return typed, False


def _show_once(name: str, password: str, language: str) -> None:
    click.echo(
        translate(
            "Password of %(name)s, shown this once: %(password)s",
            language,
            name=name,
            password=password,
        )
    )


_PASSWORD_OPTIONS = (
    click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
    click.option("--generate", is_flag=True, help="Make a password and print it once."),
)


@click.group()
def user() -> None:
    """Accounts: add, list, change, disable."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="The role of the account.")
@click.option("--area", "areas", multiple=True, help="Code of an area of duty; may be repeated.")
@click.option("--display-name", default="", help="The name of the person.")
@_PASSWORD_OPTIONS[0]
@_PASSWORD_OPTIONS[1]
@click.pass_context
def add(
    context: click.Context,
    *,
    name: str,
    role: str,
    areas: tuple[str, ...],
    display_name: str,
    password_stdin: bool,
    generate: bool,
) -> None:
    """Add an account."""
    with _opened(context) as (database, language):
        password, invented = _password(context, from_stdin=password_stdin, invent=generate)
        made = users.add_user(
            database,
            Actor.terminal(),
            name,
            role=role,
            areas=areas,
            password=password,
            display_name=display_name,
        )
        click.echo(
            translate(
                "Added %(name)s as %(role)s.",
                language,
                name=made.name,
                role=translate(ROLE_NAMES[made.role], language),
            )
        )
        if invented:
            _show_once(made.name, password, language)


@user.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List the accounts."""
    with _opened(context) as (database, language):
        table = Table(
            translate("User name", language),
            translate("Person", language),
            translate("Role", language),
            translate("Areas of duty", language),
            translate("State", language),
        )
        for one in users.list_users(database, Actor.terminal()):
            state = translate("on", language) if one.active else translate("off", language)
            role = translate(ROLE_NAMES[one.role], language)
            table.add_row(one.name, one.display_name, role, " ".join(one.areas), state)
        Console().print(table)


@user.command("disable")
@click.argument("name")
@click.pass_context
def disable(context: click.Context, *, name: str) -> None:
    """Switch an account off; its sessions end, its tokens stop working."""
    _switch(context, name, active=False)


@user.command("enable")
@click.argument("name")
@click.pass_context
def enable(context: click.Context, *, name: str) -> None:
    """Switch an account on again."""
    _switch(context, name, active=True)


def _switch(context: click.Context, name: str, *, active: bool) -> None:
    with _opened(context) as (database, language):
        users.change_user(database, Actor.terminal(), name, active=active)
        words = (
            translate("%(name)s is on.", language, name=name)
            if active
            else translate("%(name)s is off.", language, name=name)
        )
        click.echo(words)


@user.command("password")
@click.argument("name")
@_PASSWORD_OPTIONS[0]
@_PASSWORD_OPTIONS[1]
@click.pass_context
def password(context: click.Context, *, name: str, password_stdin: bool, generate: bool) -> None:
    """Give an account a new password; its sessions end."""
    with _opened(context) as (database, language):
        fresh, invented = _password(context, from_stdin=password_stdin, invent=generate)
        users.set_password(database, Actor.terminal(), name, fresh)
        click.echo(translate("The password of %(name)s is changed.", language, name=name))
        if invented:
            _show_once(name, fresh, language)


@click.command()
@click.argument("name")
@click.option("--for", "purpose", default="", help="What the token is for.")
@click.option("--days", type=int, help="How long it holds; else until it is revoked.")
@click.pass_context
def token(context: click.Context, *, name: str, purpose: str, days: int | None) -> None:
    """Make an API token of the user NAME and print it; it is not shown again."""
    with _opened(context) as (database, _):
        owner = users.user_named(database, name)
        _, secret = tokens.make_token(
            database, Actor.terminal(), name=purpose, days=days, user_id=owner.id
        )
        click.echo(secret)
