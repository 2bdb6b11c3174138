"""``wangge calendar``: which days are worked, from the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from geodata.accounts import Actor
from geodata.cases.clocks import calendar as days
from geodata.cases.clocks import jobs as clock_jobs  # noqa: F401 - registers the work that is asked for
from geodata.database import Database, open_database
from geodata.database.migrations import upgrade
from geodata.profiles import load_profile
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.settings import Settings

_KEPT = _("Kept; open cases are reckoned anew by the worker.")


@contextmanager
def _opened(context: click.Context) -> Iterator[tuple[Database, str]]:
    settings: Settings = context.obj
    with open_database(settings, pool_size=2) as database:
        upgrade(database)
        yield database, settings.language


@click.group()
def calendar() -> None:
    """Which days are worked: show, set, remove."""


@calendar.command("show")
@click.argument("year", type=int)
@click.pass_context
def show(context: click.Context, year: int) -> None:
    """The days of a year that differ from the plain week."""
    with _opened(context) as (database, language):
        profile = load_profile(context.obj.profile)
        found = days.year_of(database, Actor.terminal(), profile, year)
    if not found["announced"]:
        words = _("The days off of %(year)s are not announced yet; these are those of the law.")
        click.echo(translate(words, language, year=year))
    for one in found["days"]:
        word = translate(_("worked") if one["works"] else _("day off"), language)
        own = translate(_("set here"), language) if one["own"] else ""
        click.echo("  ".join(part for part in (one["day"], word, one["name"], own) if part))


@calendar.command("set")
@click.argument("day")
@click.option("--worked/--off", "works", required=True, help="Whether people work on that day.")
@click.option("--name", default="", help="What the day is called.")
@click.pass_context
def set_one(context: click.Context, day: str, *, works: bool, name: str) -> None:
    """Say whether a DAY (2027-03-08) is worked; open cases are reckoned anew."""
    with _opened(context) as (database, language):
        actor = Actor.terminal()
        days.set_day(database, actor, days.day_of(day), works=works, name=name)
        click.echo(translate(_KEPT, language))


@calendar.command("remove")
@click.argument("day")
@click.pass_context
def remove(context: click.Context, day: str) -> None:
    """Let a DAY be again what it is without your word."""
    with _opened(context) as (database, language):
        days.remove_day(database, Actor.terminal(), days.day_of(day))
        click.echo(translate(_KEPT, language))
