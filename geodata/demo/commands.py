"""``wangge demo``: the generated city from the terminal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from geodata.accounts.permissions import ROLE_NAMES
from geodata.database import open_database
from geodata.database.migrations import upgrade
from geodata.demo.city import DEFAULT_SEED, LARGEST_SCALE
from geodata.demo.jobs import STAGES
from geodata.demo.loading import Loaded, load
from geodata.profiles import load_profile
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.settings import Settings


@click.group(help="The generated city.")
def demo() -> None:
    """Commands about the demo city."""


@demo.command("load", help="Generate the city and store it in an empty database.")
@click.option(
    "--scale",
    type=click.IntRange(1, LARGEST_SCALE),
    default=1,
    show_default=True,
    help="Districts of 49 communities and 220 compounds; 20 is a city.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=DEFAULT_SEED, show_default=True, help="Another city."
)
@click.option("--cases", type=click.IntRange(0), help="Cases in all; 100,000 a district.")
@click.option("--until", type=click.DateTime(), help="The city's now; the present hour.")
@click.option("--replace", is_flag=True, help="Replace a generated city by this one.")
@click.pass_context
def load_command(
    context: click.Context,
    scale: int = 1,
    seed: int = DEFAULT_SEED,
    cases: int | None = None,
    until: datetime | None = None,
    *,
    replace: bool = False,
) -> None:
    """Load the demo city and say how to sign in."""
    settings: Settings = context.obj
    language = settings.language
    profile = load_profile(settings.profile)
    given = settings.demo_password
    with (
        open_database(settings, pool_size=2) as database,
        Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), transient=True
        ) as bar,
    ):
        upgrade(database)
        task = bar.add_task("", total=1.0)

        def tell(stage: str, share: float) -> None:
            words = translate(STAGES.get(stage, stage), language)
            bar.update(task, description=words, completed=share)

        loaded = load(
            database,
            scale=scale,
            seed=seed,
            cases=cases,
            until=None if until is None else until.replace(tzinfo=profile.zone),
            password=None if given is None else given.get_secret_value(),
            replace=replace,
            profile=profile,
            progress=tell,
        )
    _tell(loaded, language, shown=given is None)


def _tell(loaded: Loaded, language: str, *, shown: bool) -> None:
    console = Console()
    console.print(
        translate(
            "The demo city is loaded: %(communities)s areas, %(grids)s grids, %(compounds)s "
            "compounds, %(buildings)s buildings, %(facilities)s facilities, %(streets)s pieces of "
            "street, %(cases)s cases, in %(seconds)s seconds. All of it is generated.",
            language,
            communities=f"{loaded.counts['areas']:,}",
            grids=f"{loaded.counts['grids']:,}",
            compounds=f"{loaded.counts['compounds']:,}",
            buildings=f"{loaded.counts['buildings']:,}",
            facilities=f"{loaded.counts['facilities']:,}",
            streets=f"{loaded.counts['streets']:,}",
            cases=f"{loaded.counts['cases']:,}",
            seconds=f"{loaded.seconds:.0f}",
        )
    )
    table = Table(title=translate("Demo accounts", language))
    for head in (_("User name"), _("Role"), _("Person"), _("Areas of duty")):
        table.add_column(translate(head, language))
    for user in loaded.users:
        role = translate(ROLE_NAMES[user.role], language)
        table.add_row(user.name, role, user.display_name, ", ".join(user.areas) or "—")
    console.print(table)
    if shown:
        console.print(
            translate(
                "Password of all demo accounts, shown this once: %(password)s",
                language,
                password=loaded.password,
            ),
            highlight=False,
            markup=False,
        )
    else:
        console.print(
            translate("The password of all demo accounts is WANGGE_DEMO_PASSWORD.", language)
        )
